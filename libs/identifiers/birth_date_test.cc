#include "libs/identifiers/birth_date.h"

#include <catch2/catch.hpp>

namespace sluice::identifiers {
namespace {

TEST_CASE("a day is written with or without hyphens and exists") {
  CHECK(ParseDay("1987-08-23") == absl::CivilDay(1987, 8, 23));
  CHECK(ParseDay("19870823") == absl::CivilDay(1987, 8, 23));
  CHECK(ParseDay("2000-02-29") == absl::CivilDay(2000, 2, 29));
  for (const char* wrong :
       {"", "1987", "1987-8-23", "1987/08/23", "1987-08-23 ", "1987-13-01",
        "1987-00-01", "1987-01-00", "1900-02-29", "19870832", "198708",
        "1987-0823", "1987x08x23", "1987-08-2x"}) {
    INFO(wrong);
    CHECK_FALSE(ParseDay(wrong).has_value());
  }
}

TEST_CASE("a person was born since 1850 and not later than today, anywhere") {
  const absl::CivilDay today(2026, 3, 31);
  CHECK(IsBirthDate(absl::CivilDay(1850, 1, 1), today));
  CHECK(IsBirthDate(today, today));
  CHECK(IsBirthDate(absl::CivilDay(2026, 4, 1), today));
  CHECK_FALSE(IsBirthDate(absl::CivilDay(2026, 4, 2), today));
  CHECK_FALSE(IsBirthDate(absl::CivilDay(1849, 12, 31), today));
  CHECK_FALSE(IsBirthDate(absl::CivilDay(1, 1, 1), today));
}

}  // namespace
}  // namespace sluice::identifiers
