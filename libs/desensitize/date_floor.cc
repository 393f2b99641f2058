#include "libs/desensitize/date_floor.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;

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

// Days since 1970-01-01 of the first of `month`, 1 to 12.
int64_t FirstOfMonth(int64_t year, uint32_t month) {
  if (month <= 2) --year;
  const int64_t era = FloorDivide(year, kYearsPerEra);
  const auto year_of_era = static_cast<uint32_t>(year - era * kYearsPerEra);
  const uint32_t months_from_march = month > 2 ? month - 3 : month + 9;
  const uint32_t day_of_year = (153 * months_from_march + 2) / 5;
  const uint32_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * kDaysPerEra + day_of_era - kDaysBeforeEpoch;
}

}  // namespace

int64_t FloorDays(int64_t days, DatePart::Unit unit) {
  const int64_t from_march = days + kDaysBeforeEpoch;
  const int64_t era = FloorDivide(from_march, kDaysPerEra);
  const auto day_of_era = static_cast<uint32_t>(from_march - era * kDaysPerEra);
  const uint32_t year_of_era = (day_of_era - day_of_era / 1460 +
                                day_of_era / 36524 - day_of_era / 146096) /
                               365;
  const uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t months_from_march = (5 * day_of_year + 2) / 153;
  const uint32_t month =
      months_from_march < 10 ? months_from_march + 3 : months_from_march - 9;
  if (unit == DatePart::MONTH) {
    return days - (day_of_year - (153 * months_from_march + 2) / 5);
  }
  const int64_t year = era * kYearsPerEra + year_of_era + (month <= 2 ? 1 : 0);
  if (unit == DatePart::QUARTER) {
    return FirstOfMonth(year, (month - 1) / 3 * 3 + 1);
  }
  return FirstOfMonth(year, 1);
}

}  // namespace sluice::desensitize
