#include "libs/base/clock.h"

#include <catch2/catch.hpp>

#include "absl/time/clock.h"

namespace sluice {
namespace {

TEST_CASE("A manual clock moves only when it is told to") {
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  ManualClock clock(start);
  CHECK(clock.Now() == start);
  clock.Advance(absl::Milliseconds(1));
  CHECK(clock.Now() == start + absl::Milliseconds(1));
  clock.Advance(-absl::Hours(1));
  CHECK(clock.Now() == start + absl::Milliseconds(1) - absl::Hours(1));
  clock.Set(absl::UnixEpoch());
  CHECK(clock.Now() == absl::UnixEpoch());
}

TEST_CASE("The system clock is one object and tells the machine's time") {
  CHECK(Clock::System() == Clock::System());
  const absl::Time before = absl::Now();
  const absl::Time now = Clock::System()->Now();
  CHECK(before <= now);
  CHECK(now <= absl::Now());
}

}  // namespace
}  // namespace sluice
