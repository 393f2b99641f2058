// What a rocksdb::Status means to the person who runs Sluice. The one place
// that translates it.
#ifndef SLUICE_LIBS_STORAGE_ROCKSDB_STATUS_H_
#define SLUICE_LIBS_STORAGE_ROCKSDB_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rocksdb/status.h"

namespace sluice::storage {

// "cannot <action> <path>: <what happened>: <what to do>" with the reason:
//   NOT_FOUND       no such row or file
//   CORRUPT         stored bytes fail their checksum or do not parse
//   WRONG_STATE     the options or column families do not fit what is stored
//   STORAGE_FAILED  a full disk, another process on the same folder, any I/O
//   error,
//                   and all the rest
// RocksDB's own words are kept unless they may quote a key, because a key may
// hold a record's value. OK stays OK.
absl::Status FromRocksdb(const rocksdb::Status& status,
                         absl::string_view action, absl::string_view path);

}  // namespace sluice::storage

#endif  // SLUICE_LIBS_STORAGE_ROCKSDB_STATUS_H_
