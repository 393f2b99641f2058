#include "libs/storage/fault_env.h"

#include <algorithm>
#include <string>
#include <utility>

#include "libs/base/mutex.h"
#include "rocksdb/file_system.h"

namespace sluice::storage {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSDirectory;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus StatusOf(DiskFault fault) {
  switch (fault) {
    case DiskFault::kNone:
      return IOStatus::OK();
    case DiskFault::kFull:
      return IOStatus::NoSpace("injected: No space left on device");
    case DiskFault::kIoError:
      return IOStatus::IOError("injected: Input/output error");
  }
  return IOStatus::OK();
}

}  // namespace

struct FaultEnv::Faults {
  mutable Mutex mutex;
  DiskFault writes ABSL_GUARDED_BY(mutex) = DiskFault::kNone;
  DiskFault syncs ABSL_GUARDED_BY(mutex) = DiskFault::kNone;
  uint64_t bytes_left ABSL_GUARDED_BY(mutex) = 0;
  uint64_t failures ABSL_GUARDED_BY(mutex) = 0;

  // How many of `size` bytes may be written; what of the rest fails, with what.
  size_t Admit(size_t size, IOStatus* rest) {
    const MutexLock lock(&mutex);
    if (writes == DiskFault::kNone) return size;
    const size_t fits = std::min<uint64_t>(size, bytes_left);
    bytes_left -= fits;
    if (fits < size || size == 0) {
      ++failures;
      *rest = StatusOf(writes);
    }
    return fits;
  }

  IOStatus OnSync() {
    const MutexLock lock(&mutex);
    if (syncs != DiskFault::kNone) ++failures;
    return StatusOf(syncs);
  }

  bool IsFull() const {
    const MutexLock lock(&mutex);
    return writes == DiskFault::kFull || syncs == DiskFault::kFull;
  }

  IOStatus OnNewFile() {
    const MutexLock lock(&mutex);
    if (writes == DiskFault::kNone || bytes_left > 0) return IOStatus::OK();
    ++failures;
    return StatusOf(writes);
  }
};

class FaultEnv::File : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  File(std::unique_ptr<FSWritableFile> target, std::shared_ptr<Faults> faults)
      : FSWritableFileOwnerWrapper(std::move(target)),
        faults_(std::move(faults)) {}

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* dbg) override {
    IOStatus rest;
    const size_t fits = faults_->Admit(data.size(), &rest);
    IOStatus written = target()->Append(Slice(data.data(), fits), options, dbg);
    return written.ok() ? rest : written;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*verification*/,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset,
                            const IOOptions& options,
                            IODebugContext* dbg) override {
    IOStatus rest;
    const size_t fits = faults_->Admit(data.size(), &rest);
    IOStatus written = target()->PositionedAppend(Slice(data.data(), fits),
                                                  offset, options, dbg);
    return written.ok() ? rest : written;
  }
  IOStatus PositionedAppend(
      const Slice& data, uint64_t offset, const IOOptions& options,
      const rocksdb::DataVerificationInfo& /*verification*/,
      IODebugContext* dbg) override {
    return PositionedAppend(data, offset, options, dbg);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    IOStatus fault = faults_->OnSync();
    return fault.ok() ? target()->Sync(options, dbg) : fault;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    IOStatus fault = faults_->OnSync();
    return fault.ok() ? target()->Fsync(options, dbg) : fault;
  }

 private:
  const std::shared_ptr<Faults> faults_;
};

class FaultEnv::Folder : public FSDirectory {
 public:
  Folder(std::unique_ptr<FSDirectory> target, std::shared_ptr<Faults> faults)
      : target_(std::move(target)), faults_(std::move(faults)) {}

  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    IOStatus fault = faults_->OnSync();
    return fault.ok() ? target_->Fsync(options, dbg) : fault;
  }
  IOStatus Close(const IOOptions& options, IODebugContext* dbg) override {
    return target_->Close(options, dbg);
  }
  size_t GetUniqueId(char* id, size_t max_size) const override {
    return target_->GetUniqueId(id, max_size);
  }

 private:
  const std::unique_ptr<FSDirectory> target_;
  const std::shared_ptr<Faults> faults_;
};

class FaultEnv::Files : public rocksdb::FileSystemWrapper {
 public:
  explicit Files(std::shared_ptr<Faults> faults)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        faults_(std::move(faults)) {}

  const char* Name() const override { return "FaultFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<FSWritableFile>* result,
                           IODebugContext* dbg) override {
    IOStatus fault = faults_->OnNewFile();
    if (!fault.ok()) return fault;
    return Wrap(target()->NewWritableFile(name, options, result, dbg), result);
  }
  IOStatus ReopenWritableFile(const std::string& name,
                              const FileOptions& options,
                              std::unique_ptr<FSWritableFile>* result,
                              IODebugContext* dbg) override {
    return Wrap(target()->ReopenWritableFile(name, options, result, dbg),
                result);
  }
  IOStatus ReuseWritableFile(const std::string& name,
                             const std::string& old_name,
                             const FileOptions& options,
                             std::unique_ptr<FSWritableFile>* result,
                             IODebugContext* dbg) override {
    return Wrap(
        target()->ReuseWritableFile(name, old_name, options, result, dbg),
        result);
  }
  IOStatus NewDirectory(const std::string& name, const IOOptions& options,
                        std::unique_ptr<FSDirectory>* result,
                        IODebugContext* dbg) override {
    IOStatus status = target()->NewDirectory(name, options, result, dbg);
    if (status.ok()) {
      *result = std::make_unique<Folder>(std::move(*result), faults_);
    }
    return status;
  }

  IOStatus GetFreeSpace(const std::string& path, const IOOptions& options,
                        uint64_t* free, IODebugContext* dbg) override {
    IOStatus status = target()->GetFreeSpace(path, options, free, dbg);
    if (status.ok() && faults_->IsFull()) *free = 0;
    return status;
  }

 private:
  IOStatus Wrap(IOStatus opened, std::unique_ptr<FSWritableFile>* file) {
    if (opened.ok()) {
      *file = std::make_unique<File>(std::move(*file), faults_);
    }
    return opened;
  }

  const std::shared_ptr<Faults> faults_;
};

FaultEnv::FaultEnv()
    : faults_(std::make_shared<Faults>()),
      env_(rocksdb::NewCompositeEnv(std::make_shared<Files>(faults_))) {}

FaultEnv::~FaultEnv() = default;

void FaultEnv::FailWrites(DiskFault fault, uint64_t bytes_left) {
  const MutexLock lock(&faults_->mutex);
  faults_->writes = fault;
  faults_->bytes_left = bytes_left;
}

void FaultEnv::FailSyncs(DiskFault fault) {
  const MutexLock lock(&faults_->mutex);
  faults_->syncs = fault;
}

void FaultEnv::Heal() {
  FailWrites(DiskFault::kNone);
  FailSyncs(DiskFault::kNone);
}

uint64_t FaultEnv::failures() const {
  const MutexLock lock(&faults_->mutex);
  return faults_->failures;
}

}  // namespace sluice::storage
