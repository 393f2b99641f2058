#include "libs/storage/rocksdb_status.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::storage {
namespace {

using status::v1::REASON_CODE_CORRUPT;
using status::v1::REASON_CODE_NOT_FOUND;
using status::v1::REASON_CODE_STORAGE_FAILED;
using status::v1::REASON_CODE_WRONG_STATE;

bool IsLockHeld(const std::string& words) {
  return absl::StrContains(words, "While lock file") ||
         absl::StrContains(words, "lock hold by current process");
}

// RocksDB words an error about a row as "... key ...", with the key in it.
std::string SafeWords(const std::string& words) {
  if (absl::StrContains(absl::AsciiStrToLower(words), "key")) {
    return "RocksDB's words are withheld because they may quote a key";
  }
  return words;
}

}  // namespace

absl::Status FromRocksdb(const rocksdb::Status& status,
                         absl::string_view action, absl::string_view path) {
  if (status.ok()) return absl::OkStatus();
  const std::string words = status.ToString();
  const std::string what = absl::StrCat("cannot ", action, " ", path, ": ");
  if (status.IsNotFound()) {
    return Error(REASON_CODE_NOT_FOUND, absl::StrCat(what, "not found"));
  }
  if (status.IsNoSpace() ||
      status.subcode() == rocksdb::Status::SubCode::kSpaceLimit) {
    return Error(REASON_CODE_STORAGE_FAILED,
                 absl::StrCat(what,
                              "the disk is full: free space on it; nothing of "
                              "this write was taken, and it can be repeated"));
  }
  if (status.IsIOError() && IsLockHeld(words)) {
    return Error(REASON_CODE_STORAGE_FAILED,
                 absl::StrCat(what, "is another sluice process using ", path,
                              "? Stop it, or give each its own folder"));
  }
  if (status.IsCorruption()) {
    return Error(
        REASON_CODE_CORRUPT,
        absl::StrCat(
            what, SafeWords(words),
            ": keep a copy of the folder, check the disk, then restore "
            "the folder from a backup or rebuild it from the bus"));
  }
  if (status.IsInvalidArgument() || status.IsNotSupported()) {
    return Error(
        REASON_CODE_WRONG_STATE,
        absl::StrCat(what, SafeWords(words),
                     ": was this folder made by another program or version? "
                     "Use the version that made it, or another folder"));
  }
  return Error(
      REASON_CODE_STORAGE_FAILED,
      absl::StrCat(what, SafeWords(words),
                   ": check the disk, its mount and the permissions of "
                   "the folder, then restart"));
}

}  // namespace sluice::storage
