#include "libs/audit/trail_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/endian.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/storage/rocksdb_status.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "rocksdb/write_batch.h"

namespace sluice::audit {
namespace {

using storage::FromRocksdb;

// Rows sort in the order in which they are written, the tree's as well as the
// few others behind it, so that compaction has next to nothing to merge.
constexpr char kTreePrefix = 0x01;
constexpr char kEntryTag = 0x00;
constexpr char kFormatKey[] =
    "\x02"
    "format";
constexpr char kOriginKey[] =
    "\x02"
    "origin";
constexpr char kSizeKey[] =
    "\x02"
    "size";
constexpr char kFormat[] = "sluice-audit-1";

// Two of these bound the write-ahead logs; see kEntriesCheckedAtOpen.
constexpr size_t kMemtableBytes = size_t{16} << 20;
constexpr int kOpenFilesMax = 512;
constexpr size_t kLogFileBytesMax = size_t{4} << 20;
constexpr size_t kLogFilesKept = 4;

std::string TreeKey(uint64_t leaf, char tag) {
  std::string key(1, kTreePrefix);
  AppendBig64(leaf, &key);
  key.push_back(tag);
  return key;
}

std::string EntryKey(uint64_t index) { return TreeKey(index, kEntryTag); }

// A node stands behind the leaf that completed it.
std::string NodeKey(NodeId id) {
  const uint64_t last_leaf = ((id.index + 1) << id.level) - 1;
  return TreeKey(last_leaf, static_cast<char>(id.level + 1));
}

rocksdb::Slice AsSlice(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

rocksdb::Slice AsSlice(absl::string_view view) {
  return {view.data(), view.size()};
}

rocksdb::Options MakeOptions(rocksdb::Env* env) {
  rocksdb::Options options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  // The default would open a log damaged in the middle and silently drop what
  // was synced behind the damage.
  options.wal_recovery_mode =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.track_and_verify_wals_in_manifest = true;
  options.recycle_log_file_num = 0;
  // What is recovered goes into a new, synced table before Open returns: after
  // a failed sync the log may be readable and still not be on the disk.
  options.avoid_flush_during_recovery = false;
  // RocksDB must not resume by itself after an error: AuditLog opens again.
  options.max_bgerror_resume_count = 0;
  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = 2;
  options.max_open_files = kOpenFilesMax;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = kLogFilesKept;
  options.max_log_file_size = kLogFileBytesMax;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

absl::Status Corrupt(const std::string& path, absl::string_view what) {
  return Error(status::v1::REASON_CODE_CORRUPT,
               absl::StrCat("the audit trail in ", path, " is damaged: ", what,
                            ": keep a copy of the folder and check the disk; "
                            "then restore the folder or start a new trail "
                            "with another origin in another folder"));
}

// Whether `row` stands on `key` with `value`.
bool Holds(const rocksdb::Iterator& row, const std::string& key,
           rocksdb::Slice value) {
  return row.Valid() && row.key() == key && row.value() == value;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrailStore>> TrailStore::Open(
    const std::string& path, const std::string& origin, rocksdb::Env* env) {
  RETURN_IF_ERROR(MakeFolders(path, 0700));
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(MakeOptions(env), path, &db);
  if (!status.ok()) return FromRocksdb(status, "open audit trail", path);
  std::unique_ptr<TrailStore> store(
      new TrailStore(path, std::unique_ptr<rocksdb::DB>(db)));
  RETURN_IF_ERROR(store->Load(origin));
  return store;
}

TrailStore::TrailStore(std::string path, std::unique_ptr<rocksdb::DB> db)
    : path_(std::move(path)), db_(std::move(db)) {}

TrailStore::~TrailStore() = default;

absl::Status TrailStore::WriteIdentity(const std::string& origin) {
  rocksdb::WriteBatch batch;
  std::string zero;
  AppendBig64(0, &zero);
  rocksdb::Status status = batch.Put(kFormatKey, kFormat);
  if (status.ok()) status = batch.Put(kOriginKey, origin);
  if (status.ok()) status = batch.Put(kSizeKey, zero);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = db_->Write(synced, &batch);
  return FromRocksdb(status, "write to audit trail", path_);
}

absl::Status TrailStore::Load(const std::string& origin) {
  const rocksdb::ReadOptions options;
  const auto get = [&](const char* key, std::string* value) {
    return FromRocksdb(db_->Get(options, key, value), "read audit trail",
                       path_);
  };
  std::string format;
  absl::Status status = get(kFormatKey, &format);
  if (absl::IsNotFound(status)) {
    const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(options));
    row->SeekToFirst();
    if (row->Valid()) {
      return Error(status::v1::REASON_CODE_WRONG_STATE,
                   absl::StrCat(path_,
                                " holds a database that is no audit "
                                "trail: choose another folder"));
    }
    RETURN_IF_ERROR(FromRocksdb(row->status(), "read audit trail", path_));
    return WriteIdentity(origin);
  }
  RETURN_IF_ERROR(status);
  if (format != kFormat) {
    return Error(status::v1::REASON_CODE_WRONG_STATE,
                 absl::StrCat("the audit trail in ", path_,
                              " has a format this version does not know: use "
                              "the version that wrote it"));
  }
  std::string stored_origin;
  std::string size;
  if (!get(kOriginKey, &stored_origin).ok() || !get(kSizeKey, &size).ok() ||
      size.size() != sizeof(uint64_t)) {
    return Corrupt(path_, "its origin or size is missing");
  }
  if (stored_origin != origin) {
    return Error(status::v1::REASON_CODE_WRONG_STATE,
                 absl::StrCat("the audit trail in ", path_, " is that of ",
                              stored_origin, ", not of ", origin,
                              ": correct the origin or choose another folder"));
  }
  return CheckTail(LoadBig64(size.data()));
}

absl::Status TrailStore::CheckTail(uint64_t size) {
  const uint64_t first =
      size > kEntriesCheckedAtOpen ? size - kEntriesCheckedAtOpen : 0;
  const auto start = FrontierAt(first, [this](NodeId id) { return Node(id); });
  if (!start.ok()) return start.status();
  Frontier frontier = *start;
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> row(db_->NewIterator(options));
  row->Seek(EntryKey(first));
  for (uint64_t index = first; index < size; ++index) {
    bool fits = row->Valid() && row->key() == EntryKey(index);
    if (fits) {
      const Digest leaf = LeafHash(AsView(row->value()));
      row->Next();
      frontier.Append(leaf, [&](NodeId id, const Digest& hash) {
        fits = fits && Holds(*row, NodeKey(id), AsSlice(hash));
        if (fits) row->Next();
      });
    }
    if (!fits) {
      RETURN_IF_ERROR(FromRocksdb(row->status(), "read audit trail", path_));
      return Corrupt(path_, absl::StrCat("entry ", index,
                                         " is missing or does not match the "
                                         "hashes stored with it"));
    }
  }
  if (row->Valid() && row->key()[0] == kTreePrefix) {
    return Corrupt(path_, absl::StrCat("there are rows behind its end at ",
                                       size, " entries"));
  }
  RETURN_IF_ERROR(FromRocksdb(row->status(), "read audit trail", path_));
  frontier_ = std::move(frontier);
  return absl::OkStatus();
}

absl::Status TrailStore::Commit(const std::vector<absl::string_view>& entries) {
  rocksdb::WriteBatch batch;
  rocksdb::Status status;
  const auto put = [&](const std::string& key, rocksdb::Slice value) {
    if (status.ok()) status = batch.Put(key, value);
  };
  Frontier next = frontier_;
  const std::function<void(NodeId, const Digest&)> put_node =
      [&](NodeId id, const Digest& hash) { put(NodeKey(id), AsSlice(hash)); };
  for (absl::string_view entry : entries) {
    put(EntryKey(next.size()), AsSlice(entry));
    next.Append(LeafHash(entry), put_node);
  }
  std::string size;
  AppendBig64(next.size(), &size);
  put(kSizeKey, size);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = db_->Write(synced, &batch);
  RETURN_IF_ERROR(FromRocksdb(status, "write to audit trail", path_));
  frontier_ = std::move(next);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> TrailStore::Read(uint64_t first,
                                                          size_t count) const {
  std::vector<std::string> entries;
  const std::unique_ptr<rocksdb::Iterator> row(
      db_->NewIterator(rocksdb::ReadOptions()));
  // Rows of hashes stand between the entries.
  for (row->Seek(EntryKey(first)); entries.size() < count && row->Valid();
       row->Next()) {
    const rocksdb::Slice key = row->key();
    if (key[key.size() - 1] != kEntryTag) continue;
    if (key != EntryKey(first + entries.size())) break;
    entries.push_back(row->value().ToString());
  }
  RETURN_IF_ERROR(FromRocksdb(row->status(), "read audit trail", path_));
  if (entries.size() < count) {
    return Corrupt(
        path_, absl::StrCat("entry ", first + entries.size(), " is missing"));
  }
  return entries;
}

absl::StatusOr<Digest> TrailStore::Node(NodeId id) const {
  rocksdb::PinnableSlice hash;
  const rocksdb::Status status = db_->Get(
      rocksdb::ReadOptions(), db_->DefaultColumnFamily(), NodeKey(id), &hash);
  if (!status.ok() && !status.IsNotFound()) {
    return FromRocksdb(status, "read audit trail", path_);
  }
  if (!status.ok() || hash.size() != crypto::kDigestBytes) {
    return Corrupt(path_, absl::StrCat("the hash of subtree ", id.level, "/",
                                       id.index, " is missing"));
  }
  return crypto::DigestFrom(AsView(hash));
}

}  // namespace sluice::audit
