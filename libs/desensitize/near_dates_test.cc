#include "libs/desensitize/near_dates.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <vector>

namespace sluice::desensitize {
namespace {

template <typename Flags>
bool IsTaken(Flags flags) {
  return flags >> (8 * sizeof(flags) - 1) == 0;
}

constexpr int32_t kNearFirst = -25'567;
constexpr int32_t kNearLast = kNearFirst + 73'413;
constexpr int32_t kLow = std::numeric_limits<int32_t>::min();
constexpr int32_t kHigh = std::numeric_limits<int32_t>::max();

// The moments of a day that are looked at: its first, its last, and two
// between.
std::vector<int64_t> MomentsOf(int64_t day) {
  const int64_t begin = day * kMicrosecondsPerDay;
  return {begin, begin + 1, begin + kMicrosecondsPerDay / 2,
          begin + kMicrosecondsPerDay - 1};
}

// Asks both about a day: `dates(day, &out)` and `times(moment, &out)`.
template <typename Dates, typename Times>
void CheckFloor(const Dates& dates, const Times& times, int32_t day,
                int64_t expected) {
  int32_t first = 0;
  const bool taken = IsTaken(dates(day, &first));
  if (!taken || first != expected) FAIL(day);
  for (const int64_t time : MomentsOf(day)) {
    int64_t midnight = 0;
    const bool time_taken = IsTaken(times(time, &midnight));
    if (!time_taken || midnight != expected * kMicrosecondsPerDay) FAIL(time);
  }
}

template <typename Dates, typename Times>
void CheckEnds(const Dates& dates, const Times& times, int32_t first,
               int32_t last) {
  CheckFloor(dates, times, first, first);
  int32_t out = 0;
  for (const int32_t day : {kLow, first - 1, last + 1, kHigh}) {
    CHECK_FALSE(IsTaken(dates(day, &out)));
  }
  int64_t midnight = 0;
  for (const int64_t time :
       {std::numeric_limits<int64_t>::min(), first * kMicrosecondsPerDay - 1,
        (last + 1) * kMicrosecondsPerDay,
        std::numeric_limits<int64_t>::max()}) {
    CHECK_FALSE(IsTaken(times(time, &midnight)));
  }
}

TEST_CASE("every near day has the year that the calendar says") {
  REQUIRE(DateOf(kNearFirst) == CivilDate{1900, 1, 1});
  REQUIRE(DateOf(kNearLast) == CivilDate{2100, 12, 31});
  const NearYearFloor<int32_t> dates;
  const NearYearFloor<int64_t> times;
  for (int32_t day = kNearFirst; day <= kNearLast; ++day) {
    CheckFloor(dates, times, day, DaysOf({DateOf(day).year, 1, 1}));
  }
  CheckEnds(dates, times, kNearFirst, kNearLast);
}

TEST_CASE("every near day has the month that the calendar says") {
  const auto first = static_cast<int32_t>(DaysOf({1900, 3, 1}));
  const auto last = static_cast<int32_t>(DaysOf({2100, 2, 28}));
  const auto& dates = kNearMonths<int32_t>;
  const auto& times = kNearMonths<int64_t>;
  for (int32_t day = first; day <= last; ++day) {
    const CivilDate date = DateOf(day);
    CheckFloor(dates, times, day, DaysOf({date.year, date.month, 1}));
  }
  CheckEnds(dates, times, first, last);
}

TEST_CASE("every near day has the quarter that the calendar says") {
  const auto first = static_cast<int32_t>(DaysOf({1900, 4, 1}));
  const auto last = static_cast<int32_t>(DaysOf({2100, 2, 28}));
  const auto& dates = kNearQuarters<int32_t>;
  const auto& times = kNearQuarters<int64_t>;
  for (int32_t day = first; day <= last; ++day) {
    const CivilDate date = DateOf(day);
    const uint32_t month = (date.month - 1) / 3 * 3 + 1;
    CheckFloor(dates, times, day, DaysOf({date.year, month, 1}));
  }
  CheckEnds(dates, times, first, last);
}

TEST_CASE("every near moment has the midnight that lies before it") {
  const NearMidnight midnight;
  int64_t out = 0;
  for (int32_t day = kNearFirst; day <= kNearLast; ++day) {
    for (const int64_t time : MomentsOf(day)) {
      const bool taken = IsTaken(midnight(time, &out));
      if (!taken || out != day * kMicrosecondsPerDay) FAIL(time);
    }
  }
}

TEST_CASE("every near day has the weekday that the calendar says") {
  const NearWeekday<int32_t> dates;
  const NearWeekday<int64_t> times;
  int32_t taken = 0;
  for (int32_t day = -80'000; day < 80'000; ++day) {
    // 1970-01-01 was a Thursday; 700,000 is a multiple of seven.
    const int64_t expected = (day + 700'000 + 3) % 7 + 1;
    int64_t number = 0;
    const bool is_near = IsTaken(dates(day, &number));
    taken += is_near ? 1 : 0;
    if (is_near && number != expected) FAIL(day);
    for (const int64_t time : MomentsOf(day)) {
      if (IsTaken(times(time, &number)) != is_near) FAIL(time);
      if (is_near && number != expected) FAIL(time);
    }
  }
  CHECK(taken == 1 << 17);
  int64_t number = 0;
  CHECK_FALSE(IsTaken(dates(kLow, &number)));
  CHECK_FALSE(IsTaken(dates(kHigh, &number)));
}

// The first moment of a day, or of the furthest day that a TIMESTAMP holds.
int64_t BeginOf(int32_t day) {
  constexpr int32_t kDaysMax = 106'751'991;
  return std::clamp(day, -kDaysMax, kDaysMax) * kMicrosecondsPerDay;
}

int64_t YearsBetween(const CivilDate& born, const CivilDate& as_of) {
  const bool had_birthday =
      born.month < as_of.month ||
      (born.month == as_of.month && born.day <= as_of.day);
  return as_of.year - born.year - (had_birthday ? 0 : 1);
}

void CheckAges(int32_t as_of, int32_t step) {
  const CivilDate date = DateOf(as_of);
  for (const uint32_t band : {1u, 2u, 5u, 7u, 100u}) {
    const NearAge<int32_t> age(as_of, band);
    const NearAge<int64_t> age_of_time(as_of, band);
    for (int32_t born = as_of; born >= -25'508; born -= step) {
      int64_t years = 0;
      int64_t years_of_time = 0;
      const int64_t time =
          born * kMicrosecondsPerDay + (born & 1) * (kMicrosecondsPerDay - 1);
      const bool taken = IsTaken(age(born, &years)) &&
                         IsTaken(age_of_time(time, &years_of_time));
      const int64_t expected = YearsBetween(DateOf(born), date) / band * band;
      if (!taken || years != expected || years_of_time != expected) {
        CAPTURE(as_of, band);
        FAIL(born);
      }
    }
    int64_t years = 0;
    for (const int32_t born : {kLow, -25'509, as_of + 1, kHigh}) {
      CHECK_FALSE(IsTaken(age(born, &years)));
      CHECK_FALSE(IsTaken(age_of_time(BeginOf(born), &years)));
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
    const NearAge<int32_t> age(DaysOf(as_of), 1);
    const NearAge<int64_t> age_of_time(DaysOf(as_of), 1);
    for (const int32_t born : {kLow, -25'508, 0, 47'540, kHigh}) {
      int64_t years = 0;
      CHECK_FALSE(IsTaken(age(born, &years)));
      CHECK_FALSE(IsTaken(age_of_time(BeginOf(born), &years)));
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
