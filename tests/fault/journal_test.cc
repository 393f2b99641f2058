// A consumer that is killed while it writes goes on with the last whole line.
#include "tests/fault/journal.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "libs/storage/test_folder.h"

namespace sluice::fault {
namespace {

JournalDelivery Delivery(uint64_t sequence, const std::string& position) {
  JournalDelivery delivery;
  delivery.received = absl::FromUnixMicros(1'700'000'000'000'001);
  delivery.partition = 2;
  delivery.generation = 3;
  delivery.sequence = sequence;
  delivery.audit_id = "county.example/broker/17";
  delivery.position = position;
  delivery.records = {{"k1", 4}, {"k2", 5}};
  return delivery;
}

TEST_CASE("a journal is read as it was written, without what was cut off") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/journal";
  {
    const auto writer = JournalWriter::Open(path);
    REQUIRE(writer.ok());
    CHECK((*writer)->position().empty());
    REQUIRE((*writer)->Append(Delivery(1, std::string("\0\x01", 2))).ok());
    REQUIRE((*writer)->Append(Delivery(2, std::string("\0\x02", 2))).ok());
  }
  std::ofstream(path, std::ios::app) << "1700000000000001 2 3 3 county";
  {
    const auto writer = JournalWriter::Open(path);
    REQUIRE(writer.ok());
    CHECK((*writer)->position() == std::string("\0\x02", 2));
    REQUIRE((*writer)->Append(Delivery(3, "p")).ok());
  }
  const auto kept = ReadJournal(path);
  REQUIRE(kept.ok());
  REQUIRE(kept->size() == 3);
  CHECK((*kept)[2].sequence == 3);
  CHECK((*kept)[2].position == "p");
  CHECK((*kept)[2].records == Delivery(3, "").records);
  CHECK((*kept)[2].received == Delivery(3, "").received);
  CHECK((*kept)[2].partition == 2);
  CHECK((*kept)[2].generation == 3);
  CHECK((*kept)[2].audit_id == "county.example/broker/17");
}

TEST_CASE("what is no journal is refused") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/journal";
  std::ofstream(path) << "hello\n";
  CHECK_FALSE(ReadJournal(path).ok());
}

}  // namespace
}  // namespace sluice::fault
