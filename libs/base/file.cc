#include "libs/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status.h"

namespace sluice {
namespace {

absl::string_view AdviceFor(int error_number) {
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return "check the path";
    case EMFILE:
    case ENFILE:
      return "too many files are open, raise the limit (ulimit -n)";
    case EACCES:
    case EPERM:
      return "check its owner and mode";
    case ENOSPC:
    case EDQUOT:
      return "the disk is full, make room and start again";
    case EROFS:
      return "choose a writable folder";
    default:
      return "check the disk";
  }
}

absl::Status WriteAll(int fd, absl::string_view content,
                      const std::string& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrnoError(errno, "write", path);
    content.remove_prefix(written);
  }
  if (::fsync(fd) != 0) return ErrnoError(errno, "sync", path);
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "open", folder);
  auto closer = absl::MakeCleanup([fd] { ::close(fd); });
  if (::fsync(fd) != 0) return ErrnoError(errno, "sync", folder);
  return absl::OkStatus();
}

// Makes durable that `path` has its name.
absl::Status SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return SyncFolder(folder.empty() ? "." : folder);
}

absl::StatusOr<std::string> ReadRegularFile(const std::string& path,
                                            bool must_be_private) {
  // O_NONBLOCK: opening a named pipe must fail below, not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return ErrnoError(errno, "open", path);
  auto closer = absl::MakeCleanup([fd] { ::close(fd); });
  struct stat info;
  if (::fstat(fd, &info) != 0) return ErrnoError(errno, "stat", path);
  if (!S_ISREG(info.st_mode)) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat(path, " is not a regular file: name a file"));
  }
  if (must_be_private && (info.st_mode & 077) != 0) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrFormat("%s holds a secret and has mode %04o: run "
                                 "`chmod 600 %s`",
                                 path, info.st_mode & 07777, path));
  }
  if (static_cast<size_t>(info.st_size) > kReadFileBytesMax) {
    return Error(status::v1::REASON_CODE_TOO_LARGE,
                 absl::StrCat(path, " has ", info.st_size, " bytes; at most ",
                              kReadFileBytesMax, " are read"));
  }
  std::string content(info.st_size, '\0');
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t got =
        ::read(fd, content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(errno, "read", path);
    if (got == 0) break;
    done += got;
  }
  content.resize(done);
  return content;
}

}  // namespace

absl::Status ErrnoError(int error_number, absl::string_view action,
                        absl::string_view path) {
  return Error(
      error_number == ENOENT ? status::v1::REASON_CODE_NOT_FOUND
                             : status::v1::REASON_CODE_STORAGE_FAILED,
      absl::StrCat("cannot ", action, " ", path, ": ",
                   std::strerror(error_number), ": ", AdviceFor(error_number)));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  return ReadRegularFile(path, /*must_be_private=*/false);
}

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path) {
  return ReadRegularFile(path, /*must_be_private=*/true);
}

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view content, int mode) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "create", path);
  auto remover = absl::MakeCleanup([&] { ::unlink(temporary.c_str()); });
  absl::Status status = absl::OkStatus();
  if (::fchmod(fd, mode) != 0) status = ErrnoError(errno, "chmod", path);
  if (status.ok()) status = WriteAll(fd, content, path);
  if (::close(fd) != 0 && status.ok())
    status = ErrnoError(errno, "close", path);
  RETURN_IF_ERROR(status);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    return ErrnoError(errno, "rename to", path);
  }
  std::move(remover).Cancel();
  return SyncFolderOf(path);
}

absl::Status MakeFolders(const std::string& path, int mode) {
  const std::filesystem::path folder(path);
  if (::mkdir(path.c_str(), mode) == 0) return SyncFolderOf(path);
  if (errno == ENOENT && folder.has_parent_path() &&
      folder.parent_path() != folder) {
    RETURN_IF_ERROR(MakeFolders(folder.parent_path().string(), mode));
    if (::mkdir(path.c_str(), mode) == 0) return SyncFolderOf(path);
  }
  if (errno == EEXIST) {
    struct stat info;
    if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
      return absl::OkStatus();
    }
    return Error(status::v1::REASON_CODE_STORAGE_FAILED,
                 absl::StrCat(path,
                              " is there and is not a folder: move it "
                              "away or choose another path"));
  }
  return ErrnoError(errno, "make folder", path);
}

absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder,
                                                   absl::string_view suffix) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) return ErrnoError(error.value(), "list", folder);
  std::vector<std::string> paths;
  while (entries != std::filesystem::directory_iterator()) {
    std::string path = entries->path().string();
    if (absl::EndsWith(path, suffix)) {
      const std::filesystem::file_status info = entries->status(error);
      // A file that is gone by now, or a link to one, is no error.
      if (error && info.type() != std::filesystem::file_type::not_found) {
        return ErrnoError(error.value(), "stat", path);
      }
      if (info.type() == std::filesystem::file_type::regular) {
        paths.push_back(std::move(path));
      }
    }
    entries.increment(error);
    // A failed increment also ends the iteration: nothing may be missing then.
    if (error) return ErrnoError(error.value(), "list", folder);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string ResolvePath(const std::string& base_file, const std::string& path) {
  const std::filesystem::path wanted(path);
  if (wanted.is_absolute()) return path;
  return (std::filesystem::path(base_file).parent_path() / wanted)
      .lexically_normal()
      .string();
}

}  // namespace sluice
