#include "libs/registry/store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/endian.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "rocksdb/cache.h"
#include "rocksdb/iterator.h"
#include "rocksdb/write_batch.h"

namespace sluice::registry {
namespace {

constexpr size_t kStateFamily = 0;
constexpr size_t kCommandsFamily = 1;
constexpr size_t kNoticesFamily = 2;
constexpr size_t kCacheBytes = size_t{4} << 20;
constexpr size_t kMemtableBytesMax = size_t{16} << 20;

constexpr absl::string_view kFormat = "sluice registry 1";

// First byte of a row's key.
constexpr char kAgreementRow = 'a';
constexpr char kDepartmentRow = 'd';
constexpr char kFormatRow = 'f';
constexpr char kGenesisRow = 'g';
constexpr char kKeyRow = 'k';
constexpr char kProgressRow = 'p';
constexpr char kResourceRow = 'r';
constexpr char kRulesRow = 'v';

constexpr size_t kAcceptedBytes = 2 * sizeof(uint64_t) + crypto::kDigestBytes;

std::string RowKey(char row, const std::string& id = "") {
  return absl::StrCat(absl::string_view(&row, 1), id);
}

// Versions of one id stand in order behind it; an id holds no zero byte.
std::string VersionedRowKey(char row, const std::string& id, uint32_t version) {
  std::string key = RowKey(row, id);
  key.push_back('\0');
  AppendBig32(version, &key);
  return key;
}

std::string SerializeAccepted(const AcceptedCommand& accepted) {
  std::string bytes;
  AppendBig64(static_cast<uint64_t>(accepted.offset), &bytes);
  AppendBig64(static_cast<uint64_t>(absl::ToUnixNanos(accepted.log_time)),
              &bytes);
  const absl::string_view digest = crypto::DigestView(accepted.digest);
  bytes.append(digest.data(), digest.size());
  return bytes;
}

absl::Status Corrupt(absl::string_view path, absl::string_view what) {
  return Error(
      status::v1::REASON_CODE_CORRUPT,
      absl::StrCat("the registry's state in ", path, " is damaged (", what,
                   "): stop the broker and delete that folder; it is "
                   "rebuilt from the bus"));
}

// Adds one row to what Commit takes. False if it does not parse.
bool AddRow(absl::string_view key, absl::string_view value, Changes* changes,
            Progress* progress) {
  const auto parse = [&](auto* message) {
    return message->ParseFromArray(value.data(),
                                   static_cast<int>(value.size()));
  };
  switch (key[0]) {
    case kFormatRow:
      return true;
    case kGenesisRow:
      return parse(&changes->genesis.emplace());
    case kRulesRow:
      if (value.size() != sizeof(uint32_t)) return false;
      changes->rules_version = LoadBig32(value.data());
      return true;
    case kDepartmentRow:
      return parse(&changes->departments.emplace_back());
    case kKeyRow: {
      v1::SigningKey info;
      if (!parse(&info)) return false;
      auto known = MakeKnownKey(std::move(info));
      if (!known.ok()) return false;
      changes->keys.push_back(*std::move(known));
      return true;
    }
    case kResourceRow: {
      auto resource = std::make_shared<catalog::v1::Resource>();
      changes->resources.push_back(resource);
      return parse(resource.get());
    }
    case kAgreementRow: {
      auto record = std::make_shared<agreement::v1::AgreementRecord>();
      changes->agreements.push_back(record);
      return parse(record.get());
    }
    case kProgressRow: {
      const auto parsed = ParseProgress(value);
      if (parsed.ok()) *progress = *parsed;
      return parsed.ok();
    }
    default:
      return false;
  }
}

// Versions stand one behind the other from 1 on.
bool HasAllVersions(const Changes& changes) {
  const agreement::v1::Agreement* before = nullptr;
  for (const AgreementPtr& record : changes.agreements) {
    const agreement::v1::Agreement& current = record->agreement();
    const bool is_same = before != nullptr && before->id() == current.id();
    const uint32_t expected = is_same ? before->version() + 1 : 1;
    if (current.version() != expected) return false;
    before = &current;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path,
                                                   rocksdb::Env* env) {
  const auto cache = rocksdb::NewLRUCache(kCacheBytes);
  storage::DatabaseOptions options;
  options.path = path;
  options.families = {{"state", storage::SmallRowOptions(cache)},
                      {"commands", storage::SmallRowOptions(cache)},
                      {"notices", storage::SmallRowOptions(cache)}};
  options.memtable_bytes_max = kMemtableBytesMax;
  options.env = env;
  ASSIGN_OR_RETURN(auto database, storage::Database::Open(std::move(options)));
  std::unique_ptr<Store> store(new Store(std::move(database)));
  RETURN_IF_ERROR(store->CheckFormat());
  return store;
}

absl::Status Store::CheckFormat() {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  rocksdb::ColumnFamilyHandle* family = session.family(kStateFamily);
  const std::string key = RowKey(kFormatRow);
  ASSIGN_OR_RETURN(const auto format, session.Get(kStateFamily, AsView(key)));
  if (format.has_value()) {
    if (AsView(*format) == kFormat) return absl::OkStatus();
    return Error(
        status::v1::REASON_CODE_WRONG_STATE,
        absl::StrCat("the registry's state in ", database_->path(),
                     " was written by another release: run that one, or "
                     "delete the folder; it is rebuilt from the bus"));
  }
  rocksdb::WriteBatch batch;
  batch.Put(family, key, storage::AsSlice(kFormat));
  return session.Write(&batch, storage::Durability::kProcessCrash);
}

absl::Status Store::Load(State* state, Progress* progress) const {
  Changes changes;
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  const std::unique_ptr<rocksdb::Iterator> row(session.db()->NewIterator(
      rocksdb::ReadOptions(), session.family(kStateFamily)));
  for (row->SeekToFirst(); row->Valid(); row->Next()) {
    if (row->key().empty() ||
        !AddRow(AsView(row->key()), AsView(row->value()), &changes, progress)) {
      return Corrupt(database_->path(), "a row does not parse");
    }
  }
  RETURN_IF_ERROR(database_->Translate(row->status(), "read"));
  if (!HasAllVersions(changes)) {
    return Corrupt(database_->path(), "a version is missing");
  }
  if (changes.genesis.has_value() != (progress->offset >= 0)) {
    return Corrupt(database_->path(), "the genesis is missing");
  }
  state->Commit(changes);
  return absl::OkStatus();
}

absl::Status Store::VisitNoticeRows(absl::string_view prefix,
                                    const NoticeRowVisitor& visit) const {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  const std::unique_ptr<rocksdb::Iterator> row(session.db()->NewIterator(
      rocksdb::ReadOptions(), session.family(kNoticesFamily)));
  for (row->Seek(storage::AsSlice(prefix)); row->Valid(); row->Next()) {
    if (!row->key().starts_with(storage::AsSlice(prefix)) ||
        !visit(AsView(row->key()), AsView(row->value()))) {
      break;
    }
  }
  return database_->Translate(row->status(), "read");
}

absl::StatusOr<std::optional<std::string>> Store::FindNoticeRow(
    absl::string_view key) const {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  return session.Get(kNoticesFamily, key);
}

absl::Status Store::WriteNotice(const NoticeRows& rows,
                                const Progress& progress) {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  rocksdb::ColumnFamilyHandle* family = session.family(kNoticesFamily);
  rocksdb::WriteBatch batch;
  for (const std::string& key : rows.erase) batch.Delete(family, key);
  for (const auto& [key, value] : rows.put) batch.Put(family, key, value);
  batch.Put(session.family(kStateFamily), RowKey(kProgressRow),
            SerializeProgress(progress));
  return session.Write(&batch, storage::Durability::kProcessCrash);
}

absl::Status Store::WriteNoticeRow(absl::string_view key,
                                   absl::string_view value) {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  rocksdb::WriteBatch batch;
  batch.Put(session.family(kNoticesFamily), storage::AsSlice(key),
            storage::AsSlice(value));
  return session.Write(&batch, storage::Durability::kSynced);
}

absl::Status Store::Write(const Changes& changes, const Progress& progress,
                          const AcceptedCommand* accepted) {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  rocksdb::ColumnFamilyHandle* family = session.family(kStateFamily);
  rocksdb::WriteBatch batch;
  if (changes.genesis.has_value()) {
    batch.Put(family, RowKey(kGenesisRow),
              changes.genesis->SerializeAsString());
  }
  if (changes.rules_version.has_value()) {
    std::string version;
    AppendBig32(*changes.rules_version, &version);
    batch.Put(family, RowKey(kRulesRow), version);
  }
  for (const v1::Department& department : changes.departments) {
    batch.Put(family, RowKey(kDepartmentRow, department.id()),
              department.SerializeAsString());
  }
  for (const KeyPtr& key : changes.keys) {
    batch.Put(family, RowKey(kKeyRow, key->info.id()),
              key->info.SerializeAsString());
  }
  for (const ResourcePtr& resource : changes.resources) {
    batch.Put(family,
              VersionedRowKey(kResourceRow, resource->id(),
                              resource->schema_version()),
              resource->SerializeAsString());
  }
  for (const AgreementPtr& record : changes.agreements) {
    batch.Put(family,
              VersionedRowKey(kAgreementRow, record->agreement().id(),
                              record->agreement().version()),
              record->SerializeAsString());
  }
  batch.Put(family, RowKey(kProgressRow), SerializeProgress(progress));
  if (accepted != nullptr) {
    batch.Put(session.family(kCommandsFamily), accepted->id,
              SerializeAccepted(*accepted));
  }
  return session.Write(&batch, storage::Durability::kProcessCrash);
}

absl::StatusOr<std::optional<AcceptedCommand>> Store::FindAccepted(
    absl::string_view id) const {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  ASSIGN_OR_RETURN(const auto value, session.Get(kCommandsFamily, id));
  if (!value.has_value()) return std::nullopt;
  if (value->size() != kAcceptedBytes) {
    return Corrupt(database_->path(), "an accepted command has a wrong length");
  }
  const char* at = value->data();
  AcceptedCommand accepted;
  accepted.id = std::string(id);
  accepted.offset = static_cast<int64_t>(LoadBig64(at));
  accepted.log_time = absl::FromUnixNanos(
      static_cast<int64_t>(LoadBig64(at + sizeof(uint64_t))));
  accepted.digest = crypto::DigestFrom(
      absl::string_view(at + 2 * sizeof(uint64_t), crypto::kDigestBytes));
  return accepted;
}

}  // namespace sluice::registry
