#include "libs/desensitize/date_floor.h"

#include "libs/desensitize/civil_date.h"

namespace sluice::desensitize {

using agreement::v1::DatePart;

int64_t FloorDays(int64_t days, DatePart::Unit unit) {
  if (unit == DatePart::DAY) return days;
  const CivilDate date = DateOf(days);
  if (unit == DatePart::MONTH) return days - (date.day - 1);
  const uint32_t month =
      unit == DatePart::QUARTER ? (date.month - 1) / 3 * 3 + 1 : 1;
  return DaysOf({date.year, month, 1});
}

}  // namespace sluice::desensitize
