#include "libs/storage/database.h"

#include <limits>
#include <utility>

#include "libs/base/endian.h"
#include "libs/base/file.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/storage/rocksdb_status.h"
#include "rocksdb/file_system.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "rocksdb/wal_filter.h"

namespace sluice::storage {
namespace {

constexpr size_t kLogFileBytesMax = size_t{4} << 20;
constexpr size_t kLogFilesKept = 4;
constexpr uint64_t kManifestBytesMax = uint64_t{64} << 20;
constexpr size_t kSmallRowMemtableBytes = size_t{8} << 20;
// Free space asked for, beyond what is in memory, before a full disk counts as
// healed.
constexpr uint64_t kSpareBytes = uint64_t{16} << 20;
constexpr int kBloomBitsPerKey = 10;
constexpr size_t kSmallRowBlockBytes = size_t{8} << 10;

rocksdb::DBOptions MakeDbOptions(const DatabaseOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  db.wal_recovery_mode = options.wal_recovery;
  // A log file that is missing as a whole is damage too.
  db.track_and_verify_wals_in_manifest = true;
  // With recycling, stale records could pass for a torn tail.
  db.recycle_log_file_num = 0;
  db.max_total_wal_size = options.wal_bytes_max;
  db.db_write_buffer_size = options.memtable_bytes_max;
  db.max_open_files = options.files_open_max == 0 ? -1 : options.files_open_max;
  db.max_background_jobs = options.background_threads;
  db.max_manifest_file_size = kManifestBytesMax;
  // Spreads write-back, so that one sync does not wait for a whole flushed
  // file.
  db.bytes_per_sync = uint64_t{1} << 20;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.keep_log_file_num = kLogFilesKept;
  db.max_log_file_size = kLogFileBytesMax;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

// Leaves out of a recovery what was logged after the last acknowledged write: a
// record whose write or sync failed can lie whole in the log.
class AcknowledgedOnly : public rocksdb::WalFilter {
 public:
  explicit AcknowledgedOnly(uint64_t newest) : newest_(newest) {}

  WalProcessingOption LogRecordFound(unsigned long long /*log_number*/,
                                     const std::string& /*log_file_name*/,
                                     const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* /*new_batch*/,
                                     bool* /*batch_changed*/) override {
    // A batch begins with its sequence number.
    return LoadLittle<uint64_t>(batch.Data().data()) > newest_
               ? WalProcessingOption::kIgnoreCurrentRecord
               : WalProcessingOption::kContinueProcessing;
  }

  const char* Name() const override { return "AcknowledgedOnly"; }

 private:
  const uint64_t newest_;
};

}  // namespace

rocksdb::ColumnFamilyOptions SmallRowOptions(
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kSmallRowBlockBytes;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = kSmallRowMemtableBytes;
  family.compression = rocksdb::kNoCompression;
  return family;
}

Database::Session::Session(Session&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Database::Session::~Session() {
  if (database_ != nullptr) database_->EndSession();
}

rocksdb::DB* Database::Session::db() const { return database_->db_.get(); }

rocksdb::ColumnFamilyHandle* Database::Session::family(size_t index) const {
  return database_->families_[index];
}

absl::StatusOr<std::optional<std::string>> Database::Session::Get(
    size_t family, absl::string_view key) const {
  std::string value;
  const rocksdb::Status status = db()->Get(
      rocksdb::ReadOptions(), this->family(family), AsSlice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return database_->Translate(status, "read from");
  return std::optional<std::string>(std::move(value));
}

absl::Status Database::Session::Write(rocksdb::WriteBatch* batch,
                                      Durability durability) const {
  rocksdb::WriteOptions options;
  options.sync = durability == Durability::kSynced;
  const rocksdb::Status status = db()->Write(options, batch);
  if (status.ok()) return absl::OkStatus();
  database_->NoteWriteFailure(status);
  return database_->Translate(status, "write to");
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    DatabaseOptions options) {
  RETURN_IF_ERROR(MakeFolders(options.path, 0700));
  std::unique_ptr<Database> database(new Database(std::move(options)));
  RETURN_IF_ERROR(database->OpenRocksdb(std::numeric_limits<uint64_t>::max()));
  return database;
}

Database::Database(DatabaseOptions options) : options_(std::move(options)) {}

Database::~Database() { CloseRocksdb(); }

absl::Status Database::OpenRocksdb(uint64_t newest) {
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName,
                           rocksdb::ColumnFamilyOptions());
  for (const ColumnFamily& family : options_.families) {
    descriptors.emplace_back(family.name, family.options);
  }
  AcknowledgedOnly filter(newest);
  rocksdb::DBOptions db_options = MakeDbOptions(options_);
  if (newest != std::numeric_limits<uint64_t>::max()) {
    db_options.wal_filter = &filter;
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(
      db_options, options_.path, descriptors, &families_, &db);
  if (!status.ok()) return Translate(status, "open");
  db_.reset(db);
  // The default family stays empty; nobody needs its handle.
  const rocksdb::Status released =
      db_->DestroyColumnFamilyHandle(families_.front());
  families_.erase(families_.begin());
  return Translate(released, "open");
}

void Database::CloseRocksdb() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    const rocksdb::Status status = db_->DestroyColumnFamilyHandle(family);
    if (!status.ok()) {
      LogWarning("column family not released",
                 {{"error", Translate(status, "close")}});
    }
  }
  families_.clear();
  const rocksdb::Status status = db_->Close();
  if (!status.ok()) {
    LogWarning("database not closed cleanly",
               {{"error", Translate(status, "close")}});
  }
  db_.reset();
}

absl::StatusOr<Database::Session> Database::Use() {
  mutex_.Lock();
  while (reopening_) changed_.Wait(&mutex_);
  if (full_ && HasSpace()) {
    reopening_ = true;
    while (sessions_ > 0) changed_.Wait(&mutex_);
    const uint64_t newest = newest_;
    mutex_.Unlock();
    CloseRocksdb();
    const absl::Status opened = OpenRocksdb(newest);
    mutex_.Lock();
    reopening_ = false;
    closed_ = opened;
    full_ = !opened.ok();
    changed_.SignalAll();
    if (opened.ok()) {
      LogInfo("database takes writes again", {{"path", options_.path}});
    }
  }
  absl::Status status = closed_;
  if (status.ok()) ++sessions_;
  mutex_.Unlock();
  if (!status.ok()) return status;
  return Session(this);
}

void Database::EndSession() {
  const MutexLock lock(&mutex_);
  if (--sessions_ == 0 && reopening_) changed_.SignalAll();
}

bool Database::HasSpace() const {
  uint64_t needed = kSpareBytes;
  uint64_t in_memory = 0;
  if (db_ != nullptr &&
      db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kSizeAllMemTables,
                                    &in_memory)) {
    needed += in_memory;
  }
  rocksdb::Env* env =
      options_.env != nullptr ? options_.env : rocksdb::Env::Default();
  uint64_t free = 0;
  const rocksdb::IOStatus status = env->GetFileSystem()->GetFreeSpace(
      options_.path, rocksdb::IOOptions(), &free, nullptr);
  return status.ok() && free >= needed;
}

void Database::NoteWriteFailure(const rocksdb::Status& status) {
  const MutexLock lock(&mutex_);
  if (!status.IsNoSpace() || full_) return;
  full_ = true;
  newest_ = db_->GetLatestSequenceNumber();
  LogError("database takes no writes until its disk has space",
           {{"path", options_.path}});
}

absl::Status Database::Translate(const rocksdb::Status& status,
                                 absl::string_view action) const {
  return FromRocksdb(status, action, options_.path);
}

}  // namespace sluice::storage
