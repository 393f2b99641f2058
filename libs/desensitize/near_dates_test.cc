#include "libs/desensitize/near_dates.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <vector>

namespace sluice::desensitize {
namespace {

bool IsTaken(uint32_t flags) { return flags >> 31 == 0; }

constexpr int32_t kNearFirst = -25'567;
constexpr int32_t kNearLast = kNearFirst + 73'413;
constexpr int32_t kLow = std::numeric_limits<int32_t>::min();
constexpr int32_t kHigh = std::numeric_limits<int32_t>::max();

TEST_CASE("every near day has the year that the calendar says") {
  REQUIRE(DateOf(kNearFirst) == CivilDate{1900, 1, 1});
  REQUIRE(DateOf(kNearLast) == CivilDate{2100, 12, 31});
  const NearYearFloor floor;
  for (int32_t day = kNearFirst; day <= kNearLast; ++day) {
    int32_t first = 0;
    const bool taken = IsTaken(floor(day, &first));
    if (!taken || first != DaysOf({DateOf(day).year, 1, 1})) FAIL(day);
  }
  int32_t first = 0;
  for (const int32_t day : {kLow, kNearFirst - 1, kNearLast + 1, kHigh}) {
    CHECK_FALSE(IsTaken(floor(day, &first)));
  }
}

TEST_CASE("every near day has the weekday that the calendar says") {
  const NearWeekday weekday;
  int32_t taken = 0;
  for (int32_t day = -80'000; day < 80'000; ++day) {
    int64_t number = 0;
    if (!IsTaken(weekday(day, &number))) continue;
    ++taken;
    // 1970-01-01 was a Thursday; 700,000 is a multiple of seven.
    if (number != (day + 700'000 + 3) % 7 + 1) FAIL(day);
  }
  CHECK(taken == 1 << 17);
  int64_t number = 0;
  CHECK_FALSE(IsTaken(weekday(kLow, &number)));
  CHECK_FALSE(IsTaken(weekday(kHigh, &number)));
}

int64_t YearsBetween(const CivilDate& born, const CivilDate& as_of) {
  const bool had_birthday =
      born.month < as_of.month ||
      (born.month == as_of.month && born.day <= as_of.day);
  return as_of.year - born.year - (had_birthday ? 0 : 1);
}

void CheckAges(int32_t as_of, int32_t step) {
  const CivilDate date = DateOf(as_of);
  for (const uint32_t band : {1u, 5u, 7u, 100u, 250u, 4'000'000'000u}) {
    const NearAge age(as_of, band);
    for (int32_t born = as_of; born >= -25'508; born -= step) {
      int64_t years = 0;
      const bool taken = IsTaken(age(born, &years));
      if (!taken || years != YearsBetween(DateOf(born), date) / band * band) {
        CAPTURE(as_of, band);
        FAIL(born);
      }
    }
    int64_t years = 0;
    for (const int32_t born : {kLow, -25'509, as_of + 1, kHigh}) {
      CHECK_FALSE(IsTaken(age(born, &years)));
    }
  }
}

TEST_CASE("every near day of birth has its age, on leap days and others") {
  for (const CivilDate& as_of : std::vector<CivilDate>{{1900, 3, 1},
                                                       {1970, 1, 1},
                                                       {2023, 3, 1},
                                                       {2024, 2, 28},
                                                       {2024, 2, 29},
                                                       {2024, 3, 1},
                                                       {2026, 1, 31},
                                                       {2100, 2, 28}}) {
    CheckAges(static_cast<int32_t>(DaysOf(as_of)), 1);
  }
  for (int32_t as_of = -25'508; as_of <= 47'540; as_of += 163) {
    CheckAges(as_of, 97);
  }
}

TEST_CASE("an age on a day that is not near is left to others") {
  for (const CivilDate& as_of : std::vector<CivilDate>{
           {1900, 2, 28}, {2100, 3, 1}, {1, 1, 1}, {9999, 12, 31}}) {
    const NearAge age(DaysOf(as_of), 1);
    for (const int32_t born : {kLow, -25'508, 0, 47'540, kHigh}) {
      int64_t years = 0;
      CHECK_FALSE(IsTaken(age(born, &years)));
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
