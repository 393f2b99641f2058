// The checks that the fault tests rest on find what they are there to find.
#include "tests/fault/ledger.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::fault {
namespace {

JournalDelivery Delivery(const std::string& audit_id,
                         std::vector<KeyedNumber> records) {
  JournalDelivery delivery;
  delivery.audit_id = audit_id;
  delivery.records = std::move(records);
  return delivery;
}

audit::v1::Entry Disclosed(int64_t at_s, uint32_t rows) {
  audit::v1::Entry entry;
  entry.mutable_time()->set_seconds(at_s);
  entry.mutable_disclosure()->set_agreement("a");
  entry.mutable_disclosure()->set_row_count(rows);
  return entry;
}

TEST_CASE("what is whole and in order is complete") {
  const std::vector<JournalDelivery> kept = {
      Delivery("t/1", {{"x", 0}, {"y", 0}}), Delivery("t/2", {{"x", 1}})};
  CHECK(CheckComplete(kept, {{"x", 2}, {"y", 1}}).empty());
}

TEST_CASE("a gap, a repetition, a wrong order and a missing end are found") {
  CHECK(CheckOrder({Delivery("t/1", {{"x", 0}, {"x", 2}})}).size() == 1);
  CHECK(CheckOrder({Delivery("t/1", {{"x", 0}, {"x", 0}})}).size() == 1);
  CHECK_FALSE(CheckOrder({Delivery("t/1", {{"x", 1}, {"x", 0}})}).empty());
  CHECK(CheckComplete({Delivery("t/1", {{"x", 0}})}, {{"x", 2}}).size() == 1);
  CHECK(CheckComplete({}, {{"x", 1}}).size() == 1);
  CHECK(CheckComplete({Delivery("t/1", {{"x", 0}})}, {}).size() == 1);
}

TEST_CASE("a delivery without its entry, and an entry of another, are found") {
  Disclosures disclosures;
  disclosures["t/1"] = Disclosed(1, 1);
  CHECK(CheckAudited({Delivery("t/1", {{"x", 0}})}, disclosures).empty());
  CHECK(CheckAudited({Delivery("t/2", {{"x", 0}})}, disclosures).size() == 1);
  CHECK(CheckAudited({Delivery("t/1", {})}, disclosures).size() == 1);
}

TEST_CASE("a day's limit may be used up and not passed") {
  Disclosures disclosures;
  disclosures["t/1"] = Disclosed(1, 60);
  disclosures["t/2"] = Disclosed(2, 40);
  CHECK(CheckDay(disclosures, "a", 100).empty());
  CHECK(CheckDay(disclosures, "a", 99).size() == 1);
  CHECK(CheckDay(disclosures, "b", 0).empty());
}

TEST_CASE("a rate is held over every span, not only over all of the time") {
  Disclosures even;
  Disclosures burst;
  for (int second = 0; second < 100; ++second) {
    even[absl::StrCat("t/", second)] = Disclosed(second, 100);
    // Nothing for long, then three times as much for ten seconds.
    burst[absl::StrCat("t/", second)] =
        Disclosed(second, second >= 50 && second < 60 ? 300 : 10);
  }
  CHECK(CheckRate(even, "a", 100, 1).empty());
  CHECK(CheckRate(even, "a", 90, 1).size() == 1);
  CHECK(CheckRate(burst, "a", 100, 1).size() == 1);
  CHECK(CheckRate(burst, "a", 300, 1).empty());
}

}  // namespace
}  // namespace sluice::fault
