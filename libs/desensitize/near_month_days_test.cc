#include "libs/desensitize/near_month_days.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

#include "libs/desensitize/civil_date.h"

namespace sluice::desensitize {
namespace {

bool IsTaken(uint32_t flags) { return flags >> 31 == 0; }

TEST_CASE("every near day has the month and the day that the calendar says") {
  int32_t taken = 0;
  for (int32_t day = -40'000; day < 60'000; ++day) {
    int64_t month = 0;
    int64_t of_month = 0;
    if (!IsTaken(NearMonthDay<true>()(day, &month))) continue;
    ++taken;
    REQUIRE(IsTaken(NearMonthDay<false>()(day, &of_month)));
    const CivilDate date = DateOf(day);
    if (month != date.month || of_month != date.day) FAIL(day);
  }
  CHECK(taken == 73'049);
  int64_t out = 0;
  CHECK_FALSE(
      IsTaken(NearMonthDay<true>()(std::numeric_limits<int32_t>::min(), &out)));
  CHECK_FALSE(
      IsTaken(NearMonthDay<true>()(std::numeric_limits<int32_t>::max(), &out)));
}

}  // namespace
}  // namespace sluice::desensitize
