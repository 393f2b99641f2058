#include "libs/desensitize/civil_date.h"

#include <catch2/catch.hpp>

#include "absl/time/civil_time.h"

namespace sluice::desensitize {
namespace {

TEST_CASE("dates and days agree with Abseil's calendar") {
  const absl::CivilDay epoch(1970, 1, 1);
  for (int64_t days = -3'000'000; days < 3'000'000; days += 97) {
    const absl::CivilDay expected = epoch + days;
    const CivilDate date = DateOf(days);
    REQUIRE(date.year == expected.year());
    REQUIRE(static_cast<int>(date.month) == expected.month());
    REQUIRE(static_cast<int>(date.day) == expected.day());
    REQUIRE(DaysOf(date) == days);
  }
}

TEST_CASE("only dates that exist are read") {
  CHECK(ParseDate("1970-01-01") == 0);
  CHECK(ParseDate("1900-01-01") == -25'567);
  CHECK(ParseDate("2024-02-29") == 19'782);
  for (const char* wrong :
       {"", "2023-02-29", "2024-13-01", "2024-00-01", "2024-01-00",
        "2024-04-31", "2024-1-01", "24-01-01", "2024/01/01", "2024-01-01 "}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseDate(wrong));
  }
}

TEST_CASE("a moment before 1970 lies in the day it began in") {
  CHECK(DayOfMicroseconds(0) == 0);
  CHECK(DayOfMicroseconds(-1) == -1);
  CHECK(DayOfMicroseconds(kMicrosecondsPerDay - 1) == 0);
  CHECK(DayOfMicroseconds(-kMicrosecondsPerDay) == -1);
}

}  // namespace
}  // namespace sluice::desensitize
