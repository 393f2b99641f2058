// The audit trail's rows in RocksDB (docs/formats/audit.md): entries, the hash
// of every perfect subtree, and the size. Knows no threads and no checkpoints.
#ifndef SLUICE_LIBS_AUDIT_TRAIL_STORE_H_
#define SLUICE_LIBS_AUDIT_TRAIL_STORE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/audit/merkle.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace sluice::audit {

// How many of the newest entries are read and hashed again at each Open: more
// than RocksDB's write-ahead logs can hold, so that whatever was recovered from
// one is checked.
inline constexpr uint64_t kEntriesCheckedAtOpen = 131'072;

// Read and Node may be called from any thread, also while another commits; the
// rest is for one thread.
class TrailStore {
 public:
  // Opens or makes the database. A write that a crash cut short is dropped, and
  // what was recovered is synced again. CORRUPT if RocksDB finds damage, or if
  // the newest entries and the stored hashes do not fit together; WRONG_STATE
  // if the folder holds something else or another origin's trail;
  // STORAGE_FAILED on I/O errors. `env` may be null.
  static absl::StatusOr<std::unique_ptr<TrailStore>> Open(
      const std::string& path, const std::string& origin, rocksdb::Env* env);

  ~TrailStore();
  TrailStore(const TrailStore&) = delete;
  TrailStore& operator=(const TrailStore&) = delete;

  // Appends `entries` in one synced write. After an error whether they are on
  // the disk is unknown: this store takes no further write, and opening it
  // again shows all of them or none.
  absl::Status Commit(const std::vector<absl::string_view>& entries);

  // Of everything committed.
  const Frontier& frontier() const { return frontier_; }

  // Entries [first, first + count), which must have been committed.
  absl::StatusOr<std::vector<std::string>> Read(uint64_t first,
                                                size_t count) const;

  // A NodeReader; the node must have been committed.
  absl::StatusOr<Digest> Node(NodeId id) const;

 private:
  TrailStore(std::string path, std::unique_ptr<rocksdb::DB> db);

  absl::Status WriteIdentity(const std::string& origin);
  // Reads size and frontier, and checks the newest entries against the stored
  // hashes.
  absl::Status Load(const std::string& origin);
  absl::Status CheckTail(uint64_t size);

  // Constant after construction; RocksDB synchronizes itself.
  const std::string path_;
  const std::unique_ptr<rocksdb::DB> db_;

  Frontier frontier_;
};

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_TRAIL_STORE_H_
