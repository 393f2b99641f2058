#include "libs/desensitize/date_floor.h"

#include <catch2/catch.hpp>
#include <limits>
#include <random>

#include "absl/time/civil_time.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;

constexpr DatePart::Unit kUnits[] = {DatePart::YEAR, DatePart::QUARTER,
                                     DatePart::MONTH};

int64_t DayNumber(absl::CivilDay day) {
  return day - absl::CivilDay(1970, 1, 1);
}

// By absl's calendar, which shares no code with the one tested.
int64_t FloorSlowly(int64_t days, DatePart::Unit unit) {
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + days;
  int month = 1;
  if (unit == DatePart::MONTH) month = day.month();
  if (unit == DatePart::QUARTER) {
    month = day.month() >= 10  ? 10
            : day.month() >= 7 ? 7
            : day.month() >= 4 ? 4
                               : 1;
  }
  return DayNumber(absl::CivilDay(day.year(), month, 1));
}

TEST_CASE("a date is floored to the first day of its year, quarter and month") {
  const int64_t day = DayNumber(absl::CivilDay(1987, 8, 23));
  CHECK(FloorDays(day, DatePart::YEAR) ==
        DayNumber(absl::CivilDay(1987, 1, 1)));
  CHECK(FloorDays(day, DatePart::QUARTER) ==
        DayNumber(absl::CivilDay(1987, 7, 1)));
  CHECK(FloorDays(day, DatePart::MONTH) ==
        DayNumber(absl::CivilDay(1987, 8, 1)));
}

TEST_CASE("leap days and the days around them are floored within their month") {
  for (const int year : {-400, -4, 0, 4, 1600, 1900, 1972, 2000, 2024, 2100}) {
    const int64_t march = DayNumber(absl::CivilDay(year, 3, 1));
    CAPTURE(year);
    CHECK(FloorDays(march, DatePart::MONTH) == march);
    CHECK(FloorDays(march - 1, DatePart::MONTH) ==
          DayNumber(absl::CivilDay(year, 2, 1)));
    CHECK(FloorDays(march - 1, DatePart::YEAR) ==
          DayNumber(absl::CivilDay(year, 1, 1)));
  }
}

TEST_CASE("every day of 900 years agrees with another calendar") {
  const int64_t first = DayNumber(absl::CivilDay(1569, 12, 31));
  const int64_t last = DayNumber(absl::CivilDay(2470, 1, 1));
  for (const DatePart::Unit unit : kUnits) {
    bool equal = true;
    for (int64_t day = first; day <= last; ++day) {
      equal = equal && FloorDays(day, unit) == FloorSlowly(day, unit);
    }
    CHECK(equal);
  }
}

TEST_CASE("random and extreme days agree with another calendar") {
  std::mt19937_64 random(20240229);
  std::uniform_int_distribution<int64_t> any(
      std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max());
  for (const DatePart::Unit unit : kUnits) {
    bool equal = true;
    for (int i = 0; i < 20'000; ++i) {
      const int64_t day = any(random);
      equal = equal && FloorDays(day, unit) == FloorSlowly(day, unit);
    }
    CHECK(equal);
    for (const int64_t day : {any.min(), any.max(), int64_t{-1}, int64_t{0},
                              int64_t{-106'751'992}, int64_t{106'751'991}}) {
      CAPTURE(day);
      CHECK(FloorDays(day, unit) == FloorSlowly(day, unit));
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
