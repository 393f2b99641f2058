// A department's file while it is being published: opened once, held to the
// size it had then or to its whole lines, and watched for changes under the
// reader.
#ifndef SLUICE_LIBS_PUBLISH_INPUT_FILE_H_
#define SLUICE_LIBS_PUBLISH_INPUT_FILE_H_

#include <sys/stat.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/crypto/sha256.h"
#include "libs/publish/byte_source.h"

namespace sluice::publish {

// What tells one state of a file from another without reading it.
struct FileStamp {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// NOT_FOUND, STORAGE_FAILED, or MALFORMED for what is no regular file.
absl::StatusOr<FileStamp> StampOf(const std::string& path);

// Not thread-safe.
class InputFile : public ByteSource {
 public:
  // Errors as StampOf.
  static absl::StatusOr<std::unique_ptr<InputFile>> Open(std::string path);

  ~InputFile() override;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  // The size when it was opened, or of the lines that were whole then.
  uint64_t size() const override { return size_; }
  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* to,
                                size_t count) override;

  const std::string& path() const { return path_; }
  const FileStamp& stamp() const { return stamp_; }

  // From here on the file ends behind its last line break: who writes what is
  // there behind it may not have finished. Reads from the end to that line
  // break, asks `stop` (null: nothing) before each chunk and ends with
  // SHUTTING_DOWN when it says true.
  absl::Status KeepWholeLines(const std::function<bool()>& stop);

  // WRONG_STATE if the file behind the open descriptor is not as it was when it
  // was opened. A file that was replaced by renaming another over it has not
  // changed.
  absl::Status CheckUnchanged() const;

  // As CheckUnchanged, but the file may have grown at its end.
  absl::Status CheckNotCut() const;

  // SHA-256 of the first `first` bytes and of the whole file, in one pass.
  // `first` is at most size(). Asks `stop` now and then and gives up with
  // SHUTTING_DOWN when it says true.
  struct Digests {
    crypto::Digest first;
    crypto::Digest whole;
  };
  absl::StatusOr<Digests> ComputeDigests(uint64_t first,
                                         const std::function<bool()>& stop);

 private:
  InputFile(std::string path, int fd, FileStamp stamp)
      : path_(std::move(path)), fd_(fd), stamp_(stamp), size_(stamp.size) {}

  absl::StatusOr<FileStamp> StampNow() const;
  absl::Status ChangedError() const;
  absl::Status StoppedError() const;

  const std::string path_;
  const int fd_;
  const FileStamp stamp_;
  uint64_t size_;
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_INPUT_FILE_H_
