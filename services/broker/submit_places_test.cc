#include "services/broker/submit_places.h"

#include <catch2/catch.hpp>
#include <utility>

#include "libs/base/status.h"

namespace sluice::broker {
namespace {

TEST_CASE("who finds no place is refused, to try again, until one is free") {
  SubmitPlaces places(2);
  auto first = places.Take();
  REQUIRE(first.ok());
  const auto second = places.Take();
  REQUIRE(second.ok());
  for (int i = 0; i < 2; ++i) {
    const absl::Status refused = places.Take().status();
    CHECK(ReasonOf(refused) == status::v1::REASON_CODE_TOO_MANY);
    CHECK(IsRetriable(refused));
  }
  // A place that changes hands is one place.
  SubmitPlaces::Place moved = *std::move(first);
  CHECK_FALSE(places.Take().ok());
  moved.reset();
  const auto third = places.Take();
  CHECK(third.ok());
  CHECK_FALSE(places.Take().ok());
}

}  // namespace
}  // namespace sluice::broker
