#include "libs/desensitize/date_floor.h"

#include "libs/desensitize/civil_date.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::DatePart;

// Days of a year that starts on 1 March before its January.
constexpr uint32_t kDaysToJanuary = 306;
// Days of January and February.
constexpr uint32_t kDaysToMarch = 59;

}  // namespace

int64_t FloorDays(int64_t days, DatePart::Unit unit) {
  if (unit == DatePart::DAY) return days;
  if (unit == DatePart::YEAR) {
    // The year alone, without its months: the commonest unit, and a third of
    // the work.
    const MarchYear year = MarchYearOf(days);
    return year.day >= kDaysToJanuary
               ? days - (year.day - kDaysToJanuary)
               : days - year.day - kDaysToMarch - (year.is_leap ? 1 : 0);
  }
  const CivilDate date = DateOf(days);
  if (unit == DatePart::MONTH) return days - (date.day - 1);
  return DaysOf({date.year, (date.month - 1) / 3 * 3 + 1, 1});
}

}  // namespace sluice::desensitize
