// Files, with errors a person can act on: each names the path, what failed and
// what to do.
#ifndef SLUICE_LIBS_BASE_FILE_H_
#define SLUICE_LIBS_BASE_FILE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

// Largest file ReadFile takes; what is larger is not configuration.
inline constexpr size_t kReadFileBytesMax = size_t{16} << 20;

// The whole content of a regular file. NOT_FOUND, STORAGE_FAILED (permission,
// I/O), MALFORMED (not a regular file) or TOO_LARGE.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// As ReadFile, and MALFORMED for a file that group or others may touch: for
// keys.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path);

// Writes a temporary file beside `path`, syncs it, renames it over `path` and
// syncs the folder: after a crash `path` holds the old or the new content,
// whole. `mode` as for chmod, such as 0600.
absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view content, int mode);

// Makes a folder with its parents; new ones get `mode` and survive a crash once
// this returns. OK if it is there.
absl::Status MakeFolders(const std::string& path, int mode);

// Full paths of the regular files (or links to such) in `folder` whose name
// ends with `suffix`, sorted. All of them or an error, never a part.
absl::StatusOr<std::vector<std::string>> ListFiles(const std::string& folder,
                                                   absl::string_view suffix);

// `path` itself if absolute, else below the folder that `base_file` stands in.
std::string ResolvePath(const std::string& base_file, const std::string& path);

// STORAGE_FAILED or NOT_FOUND for a failed system call: "<action> <path>:
// <errno text>: <what to do>". ENOSPC says that the disk is full.
absl::Status ErrnoError(int error_number, absl::string_view action,
                        absl::string_view path);

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_FILE_H_
