// A RocksDB as Sluice uses it: opened with strict and bounded settings, its
// errors translated. Everything else is RocksDB's own interface, through db().
#ifndef SLUICE_LIBS_STORAGE_DATABASE_H_
#define SLUICE_LIBS_STORAGE_DATABASE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/mutex.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/options.h"
#include "rocksdb/slice.h"
#include "rocksdb/write_batch.h"

namespace sluice::storage {

struct ColumnFamily {
  std::string name;
  rocksdb::ColumnFamilyOptions options;
};

struct DatabaseOptions {
  // The folder; made with mode 0700 if it is not there. One process at a time.
  std::string path;

  // Every family the database has, RocksDB's "default" apart. Missing ones are
  // made.
  std::vector<ColumnFamily> families;

  // What a damaged write-ahead log means. Sluice promises that what it
  // acknowledged is there, so the bus, the registry and the audit trail all
  // take this default: a last record that a crash cut short was never
  // acknowledged and is dropped; damage anywhere else is CORRUPT. RocksDB's own
  // default (kPointInTimeRecovery) opens such a log and silently drops synced
  // writes after the damage; kAbsoluteConsistency would refuse to start after
  // any power cut.
  rocksdb::WALRecoveryMode wal_recovery =
      rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;

  // Write-ahead log kept before the families are flushed to let it go: bounds
  // disk and the time to open after a crash.
  uint64_t wal_bytes_max = uint64_t{256} << 20;

  // Memory for what is written and not yet flushed, all families together.
  size_t memtable_bytes_max = size_t{128} << 20;

  // Open files at most; 0 is no bound.
  int files_open_max = 512;

  // Threads for flushes and compactions, shared by all databases of the
  // process.
  int background_threads = 2;

  // Not owned, outlives the database; null is the machine's. For fault
  // injection.
  rocksdb::Env* env = nullptr;
};

// Options for a family of small rows that are looked up by key: a bloom filter
// and blocks in `cache`.
rocksdb::ColumnFamilyOptions SmallRowOptions(
    const std::shared_ptr<rocksdb::Cache>& cache);

enum class Durability {
  kSynced,        // on the disk when Write returns
  kProcessCrash,  // survives the process, not the machine
};

inline rocksdb::Slice AsSlice(absl::string_view view) {
  return rocksdb::Slice(view.data(), view.size());
}

// Thread-safe.
//
// RocksDB refuses every write after one that failed, and in this version
// nothing short of opening again helps. After a write that failed for want of
// space this class does that by itself, as soon as there is space, at the next
// Use; until then reads go on. After any other I/O error writes stay refused
// until the process opens the database anew: what the disk has kept is not
// known before then.
class Database {
 public:
  // Access to RocksDB while it lives. The database is not reopened meanwhile,
  // so keep it for one operation or one iterator, and call Use only when this
  // thread has no other Session: it might wait for that one for ever. Iterators
  // and snapshots must be gone before it is.
  class Session {
   public:
    Session(Session&& other) noexcept;
    Session& operator=(Session&&) = delete;
    ~Session();

    rocksdb::DB* db() const;

    // The family that stands at `index` in DatabaseOptions::families.
    rocksdb::ColumnFamilyHandle* family(size_t index) const;

    // Nothing if there is no such row.
    absl::StatusOr<std::optional<std::string>> Get(size_t family,
                                                   absl::string_view key) const;

    // All of `batch` or nothing. A batch whose Write failed is never visible in
    // this process, nor after it once a later write has succeeded. If the
    // process ends before, the batch may be found, whole, at the next Open.
    absl::Status Write(rocksdb::WriteBatch* batch, Durability durability) const;

   private:
    friend class Database;
    explicit Session(Database* database) : database_(database) {}

    Database* database_;
  };

  // Errors as FromRocksdb says; a lock held by another process is
  // STORAGE_FAILED.
  static absl::StatusOr<std::unique_ptr<Database>> Open(
      DatabaseOptions options);

  // No Session may be left.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Fails only while the database cannot be opened again after a full disk.
  absl::StatusOr<Session> Use();

  const std::string& path() const { return options_.path; }

  // `status` of an operation on this database, as FromRocksdb.
  absl::Status Translate(const rocksdb::Status& status,
                         absl::string_view action) const;

 private:
  explicit Database(DatabaseOptions options);

  // Opens RocksDB, leaving out logged writes after `newest`, which failed. No
  // Session exists and none is given out meanwhile.
  absl::Status OpenRocksdb(uint64_t newest);
  void CloseRocksdb();

  // Whether what is in memory and the next writes fit on the disk.
  bool HasSpace() const;
  void NoteWriteFailure(const rocksdb::Status& status);
  void EndSession();

  const DatabaseOptions options_;

  // Change only in OpenRocksdb and CloseRocksdb; otherwise RocksDB synchronizes
  // itself.
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;

  Mutex mutex_;
  CondVar changed_;
  int sessions_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reopening_ ABSL_GUARDED_BY(mutex_) = false;
  // A write failed for want of space; everything up to newest_ was
  // acknowledged.
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t newest_ ABSL_GUARDED_BY(mutex_) = 0;
  // Why there is no db_, if there is none.
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::storage

#endif  // SLUICE_LIBS_STORAGE_DATABASE_H_
