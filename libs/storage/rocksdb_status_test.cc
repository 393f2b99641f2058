#include "libs/storage/rocksdb_status.h"

#include <catch2/catch.hpp>
#include <string>

#include "absl/strings/match.h"
#include "libs/base/status.h"

namespace sluice::storage {
namespace {

using rocksdb::Status;

std::string Words(const absl::Status& status) {
  return std::string(status.message());
}

TEST_CASE("OK stays OK") {
  CHECK(FromRocksdb(Status::OK(), "read from", "/data/bus").ok());
}

TEST_CASE("each kind of failure has its reason") {
  const auto reason = [](const Status& status) {
    return ReasonOf(FromRocksdb(status, "read from", "/data/bus"));
  };
  CHECK(reason(Status::NotFound()) == status::v1::REASON_CODE_NOT_FOUND);
  CHECK(reason(Status::Corruption("x")) == status::v1::REASON_CODE_CORRUPT);
  CHECK(reason(Status::InvalidArgument("x")) ==
        status::v1::REASON_CODE_WRONG_STATE);
  CHECK(reason(Status::NotSupported("x")) ==
        status::v1::REASON_CODE_WRONG_STATE);
  CHECK(reason(Status::IOError("x")) == status::v1::REASON_CODE_STORAGE_FAILED);
  CHECK(reason(Status::NoSpace()) == status::v1::REASON_CODE_STORAGE_FAILED);
  CHECK(reason(Status::SpaceLimit()) == status::v1::REASON_CODE_STORAGE_FAILED);
  CHECK(reason(Status::Busy()) == status::v1::REASON_CODE_STORAGE_FAILED);
}

TEST_CASE("a full disk says so, names the folder and what to do") {
  const std::string words =
      Words(FromRocksdb(Status::NoSpace("While appending", "/data/bus/7.log"),
                        "write to", "/data/bus"));
  CHECK(absl::StartsWith(words,
                         "cannot write to /data/bus: the disk is full: free "
                         "space"));
}

TEST_CASE("a lock held by another process asks for that process") {
  for (const char* rocksdb_words :
       {"While lock file: /data/bus/LOCK", "lock hold by current process"}) {
    const std::string words =
        Words(FromRocksdb(Status::IOError(rocksdb_words), "open", "/data/bus"));
    CHECK(
        absl::StrContains(words, "is another sluice process using /data/bus?"));
  }
}

TEST_CASE("words that may quote a key are withheld") {
  const std::string words = Words(
      FromRocksdb(Status::Corruption("corrupted key for 11010519491231002X"),
                  "read from", "/data/state"));
  CHECK_FALSE(absl::StrContains(words, "11010519491231002X"));
  CHECK(absl::StrContains(words, "withheld"));
  const std::string kept =
      Words(FromRocksdb(Status::Corruption("block checksum mismatch in 7.sst"),
                        "read from", "/data/state"));
  CHECK(absl::StrContains(kept, "block checksum mismatch in 7.sst"));
}

}  // namespace
}  // namespace sluice::storage
