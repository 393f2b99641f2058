#include "libs/delivery/holdings.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"
#include "libs/delivery/filtered_people.h"

namespace sluice::delivery {
namespace {

// The version of the agreement with the filter.
constexpr uint32_t kFiltered = 2;

struct FilteredPeople : DeliveryFixture {
  FilteredPeople() {
    ApproveFilter(kFiltered,
                  R"(prefix { field { id: 3 name: "district" }
                              prefix: "3301" })");
    plan_for = Context(kFiltered).plan_for;
  }

  records::OpenedEnvelope Next(const std::vector<PersonRow>& rows) {
    const auto envelope =
        records::OpenEnvelope(chains[0]->Seal(BatchOf(resource, rows)));
    REQUIRE(envelope.ok());
    return *envelope;
  }

  Holdings::PlanFor plan_for;
};

StartPoint GoesOnAt(int64_t offset) {
  StartPoint start;
  start.offset = offset;
  return start;
}

TEST_CASE("A history of more records than are counted ends the stream") {
  FilteredPeople people;
  Holdings holdings("partition 0", nullptr, 1);
  holdings.ReadHistory(GoesOnAt(2));
  CHECK(holdings
            .Recall(people.Next({{"a", Person{"330102", 1}}}), people.plan_for)
            .ok());
  const absl::Status full = holdings.Recall(
      people.Next({{"b", Person{"330102", 1}}}), people.plan_for);
  CHECK(ReasonOf(full) == status::v1::REASON_CODE_TOO_LARGE);
}

TEST_CASE("A history of which nothing is left says nothing") {
  Holdings holdings("partition 3 of people");
  StartPoint start = GoesOnAt(7);
  SECTION("where messages were removed before the place") {
    start.history_from = 7;
  }
  SECTION("where the consumer says what it has") {
    start.offset = 0;
    start.history_from = 0;
    start.after = 7;
  }
  holdings.ReadHistory(start);
  const absl::Status ended = holdings.EndHistory(BatchVerifier::Seen::kNothing);
  CHECK(ReasonOf(ended) == status::v1::REASON_CODE_POSITION_EXPIRED);
  CHECK_THAT(std::string(ended.message()),
             Catch::Contains("partition 3 of people"));
}

TEST_CASE("Before the first message of a chain there is nothing to know") {
  Holdings holdings("partition 0");
  StartPoint start = GoesOnAt(7);
  start.history_from = 0;
  holdings.ReadHistory(start);
  CHECK(holdings.EndHistory(BatchVerifier::Seen::kNothing).ok());
  REQUIRE(holdings.reads_history());
  SECTION("as that one shows") {
    CHECK(holdings.EndHistory(BatchVerifier::Seen::kFromTheFirst).ok());
    CHECK_FALSE(holdings.reads_history());
  }
  SECTION("unless another one comes") {
    CHECK(ReasonOf(holdings.EndHistory(BatchVerifier::Seen::kFromWithin)) ==
          status::v1::REASON_CODE_POSITION_EXPIRED);
  }
}

}  // namespace
}  // namespace sluice::delivery
