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
  Holdings holdings(nullptr, 1);
  holdings.ReadHistory(GoesOnAt(2));
  CHECK(holdings
            .Recall(people.Next({{"a", Person{"330102", 1}}}), people.plan_for)
            .ok());
  const absl::Status full = holdings.Recall(
      people.Next({{"b", Person{"330102", 1}}}), people.plan_for);
  CHECK(ReasonOf(full) == status::v1::REASON_CODE_TOO_LARGE);
}

}  // namespace
}  // namespace sluice::delivery
