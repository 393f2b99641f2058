#include "libs/desensitize/civil_date.h"

#include <cstddef>

#include "libs/desensitize/ascii_digits.h"

namespace sluice::desensitize {
namespace {

// Counting is in years that start on 1 March: the leap day is the last of its
// year, so that the length of all months before a day is the same in every
// year.
constexpr int64_t kYearsPerEra = 400;
constexpr int64_t kDaysPerEra = 146097;
// From 0000-03-01 to 1970-01-01.
constexpr int64_t kDaysBeforeEpoch = 719468;

constexpr int64_t FloorDivide(int64_t value, int64_t by) {
  return (value >= 0 ? value : value - (by - 1)) / by;
}

}  // namespace

MarchYear MarchYearOf(int64_t days) {
  const int64_t from_march = days + kDaysBeforeEpoch;
  int64_t era = 0;
  // Of the years 0 to 2399 without a division of 64 bits.
  constexpr int64_t kNearEras = 6;
  if (from_march >= 0 && from_march < kNearEras * kDaysPerEra) {
    era = static_cast<uint32_t>(from_march) / uint32_t{kDaysPerEra};
  } else {
    era = FloorDivide(from_march, kDaysPerEra);
  }
  const auto day_of_era = static_cast<uint32_t>(from_march - era * kDaysPerEra);
  const uint32_t year_of_era = (day_of_era - day_of_era / 1460 +
                                day_of_era / 36524 - day_of_era / 146096) /
                               365;
  const uint32_t century = year_of_era / 100;
  const bool is_leap = year_of_era % 4 == 0 &&
                       (year_of_era != century * 100 || century % 4 == 0);
  return {era * kYearsPerEra + year_of_era,
          day_of_era - (365 * year_of_era + year_of_era / 4 - century),
          is_leap};
}

CivilDate DateOf(int64_t days) {
  const MarchYear year = MarchYearOf(days);
  const uint32_t months_from_march = (5 * year.day + 2) / 153;
  const uint32_t month =
      months_from_march < 10 ? months_from_march + 3 : months_from_march - 9;
  return {year.year + (month <= 2 ? 1 : 0), month,
          year.day - (153 * months_from_march + 2) / 5 + 1};
}

int64_t DaysOf(const CivilDate& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = FloorDivide(year, kYearsPerEra);
  const auto year_of_era = static_cast<uint32_t>(year - era * kYearsPerEra);
  const uint32_t months_from_march =
      date.month > 2 ? date.month - 3 : date.month + 9;
  const uint32_t day_of_year = (153 * months_from_march + 2) / 5 + date.day - 1;
  const uint32_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysBeforeEpoch;
}

std::optional<int64_t> ParseDate(absl::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' ||
      !AreDigits(text.data(), 4) || !AreDigits(text.data() + 5, 2) ||
      !AreDigits(text.data() + 8, 2)) {
    return std::nullopt;
  }
  const auto number = [text](size_t at, size_t size) {
    uint32_t value = 0;
    for (size_t i = at; i < at + size; ++i) {
      value = value * 10 + static_cast<uint32_t>(text[i] - '0');
    }
    return value;
  };
  const CivilDate date = {number(0, 4), number(5, 2), number(8, 2)};
  if (date.month < 1 || date.month > 12 || date.day < 1) return std::nullopt;
  // A day that the month has not lies in the next.
  const int64_t days = DaysOf(date);
  if (DateOf(days) != date) return std::nullopt;
  return days;
}

}  // namespace sluice::desensitize
