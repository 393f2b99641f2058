#include "libs/publish/input_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/file.h"
#include "libs/base/status.h"

namespace sluice::publish {
namespace {

constexpr size_t kDigestChunkBytes = size_t{1} << 20;
constexpr size_t kLineChunkBytes = size_t{64} << 10;

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

absl::StatusOr<FileStamp> StampFrom(const struct stat& info,
                                    const std::string& path) {
  if (!S_ISREG(info.st_mode)) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(path, " is not a regular file: name a file"));
  }
  FileStamp stamp;
  stamp.device = info.st_dev;
  stamp.inode = info.st_ino;
  stamp.size = static_cast<uint64_t>(info.st_size);
  stamp.modified_ns = Nanoseconds(info.st_mtim);
  stamp.changed_ns = Nanoseconds(info.st_ctim);
  return stamp;
}

}  // namespace

absl::StatusOr<FileStamp> StampOf(const std::string& path) {
  struct stat info;
  if (::stat(path.c_str(), &info) != 0) return ErrnoError(errno, "read", path);
  return StampFrom(info, path);
}

absl::StatusOr<std::unique_ptr<InputFile>> InputFile::Open(std::string path) {
  // O_NONBLOCK: opening a named pipe must fail below, not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, "open", path);
  struct stat info;
  absl::StatusOr<FileStamp> stamp = FileStamp();
  if (::fstat(fd, &info) != 0) {
    stamp = ErrnoError(errno, "stat", path);
  } else {
    stamp = StampFrom(info, path);
  }
  if (!stamp.ok()) {
    ::close(fd);
    return stamp.status();
  }
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return std::unique_ptr<InputFile>(new InputFile(std::move(path), fd, *stamp));
}

InputFile::~InputFile() { ::close(fd_); }

absl::StatusOr<size_t> InputFile::ReadAt(uint64_t offset, char* to,
                                         size_t count) {
  if (offset >= size_) return 0;
  const auto wanted =
      static_cast<size_t>(std::min<uint64_t>(count, size_ - offset));
  while (true) {
    const ssize_t got = ::pread(fd_, to, wanted, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "read", path_);
    if (got == 0 && wanted != 0) return ChangedError();
    return static_cast<size_t>(got);
  }
}

absl::Status InputFile::KeepWholeLines(const std::function<bool()>& stop) {
  std::vector<char> chunk(kLineChunkBytes);
  for (uint64_t end = size_; end > 0;) {
    if (stop && stop()) return StoppedError();
    const uint64_t begin = end - std::min<uint64_t>(end, chunk.size());
    for (uint64_t at = begin; at < end;) {
      ASSIGN_OR_RETURN(const size_t got,
                       ReadAt(at, chunk.data() + (at - begin), end - at));
      at += got;
    }
    const size_t found =
        absl::string_view(chunk.data(), end - begin).rfind('\n');
    if (found != absl::string_view::npos) {
      size_ = begin + found + 1;
      return absl::OkStatus();
    }
    end = begin;
  }
  size_ = 0;
  return absl::OkStatus();
}

absl::StatusOr<FileStamp> InputFile::StampNow() const {
  struct stat info;
  if (::fstat(fd_, &info) != 0) return ErrnoError(errno, "stat", path_);
  return StampFrom(info, path_);
}

absl::Status InputFile::ChangedError() const {
  return Error(
      status::v1::REASON_CODE_WRONG_STATE,
      absl::StrCat(path_,
                   " was changed while it was being read: write the new "
                   "file under another name and rename it into place"));
}

absl::Status InputFile::StoppedError() const {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
               absl::StrCat("stopped while reading ", path_));
}

absl::Status InputFile::CheckUnchanged() const {
  ASSIGN_OR_RETURN(const FileStamp now, StampNow());
  // Renaming another file over it, or removing it, moves changed_ns alone.
  const bool unchanged =
      now.size == stamp_.size && now.modified_ns == stamp_.modified_ns;
  return unchanged ? absl::OkStatus() : ChangedError();
}

absl::Status InputFile::CheckNotCut() const {
  ASSIGN_OR_RETURN(const FileStamp now, StampNow());
  return now.size >= size_ ? absl::OkStatus() : ChangedError();
}

absl::StatusOr<InputFile::Digests> InputFile::ComputeDigests(
    uint64_t first, const std::function<bool()>& stop) {
  crypto::Sha256Hasher whole;
  crypto::Sha256Hasher prefix;
  // The prefix is hashed beside the whole only where the two differ in the end.
  const bool separate = first != size();
  std::vector<char> chunk(kDigestChunkBytes);
  for (uint64_t offset = 0; offset < size();) {
    if (stop && stop()) return StoppedError();
    ASSIGN_OR_RETURN(const size_t got,
                     ReadAt(offset, chunk.data(), chunk.size()));
    whole.Update(absl::string_view(chunk.data(), got));
    if (separate && offset < first) {
      prefix.Update(absl::string_view(chunk.data(),
                                      std::min<uint64_t>(got, first - offset)));
    }
    offset += got;
  }
  Digests digests;
  digests.whole = whole.Finish();
  digests.first = separate ? prefix.Finish() : digests.whole;
  return digests;
}

}  // namespace sluice::publish
