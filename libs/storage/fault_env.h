// A disk that fails when a test says so: full, or with I/O errors.
//
//   FaultEnv disk;
//   options.env = disk.env();
//   ...
//   disk.FailWrites(DiskFault::kFull);   // from now on
//   disk.Heal();
#ifndef SLUICE_LIBS_STORAGE_FAULT_ENV_H_
#define SLUICE_LIBS_STORAGE_FAULT_ENV_H_

#include <cstdint>
#include <memory>

#include "rocksdb/env.h"

namespace sluice::storage {

enum class DiskFault {
  kNone,
  kFull,     // ENOSPC
  kIoError,  // EIO
};

// Files are the machine's own; only writes, new files and syncs can fail.
// Thread-safe. Outlives every database opened on it.
class FaultEnv {
 public:
  FaultEnv();
  ~FaultEnv();
  FaultEnv(const FaultEnv&) = delete;
  FaultEnv& operator=(const FaultEnv&) = delete;

  rocksdb::Env* env() const { return env_.get(); }

  // After `bytes_left` more bytes every write fails. The write that crosses the
  // bound stores what fits first, as a disk that runs full does.
  void FailWrites(DiskFault fault, uint64_t bytes_left = 0);

  // From now on every sync of a file or folder fails; writes still succeed.
  void FailSyncs(DiskFault fault);

  // No more failures.
  void Heal();

  // Writes and syncs that were made to fail so far.
  uint64_t failures() const;

 private:
  struct Faults;
  class File;
  class Folder;
  class Files;

  std::shared_ptr<Faults> faults_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace sluice::storage

#endif  // SLUICE_LIBS_STORAGE_FAULT_ENV_H_
