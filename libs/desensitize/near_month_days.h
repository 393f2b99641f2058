// Months and days of dates near today, in integers of 32 bits without a branch.
#ifndef SLUICE_LIBS_DESENSITIZE_NEAR_MONTH_DAYS_H_
#define SLUICE_LIBS_DESENSITIZE_NEAR_MONTH_DAYS_H_

#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/beyond_bit.h"

namespace sluice::desensitize {

// The month, 1 to 12, or the day of the month of a day from 1900-03-01 to
// 2100-02-28, between which every fourth February has 29 days. Years are
// counted from 1 March, so that this day is their last.
template <bool kIsMonth>
struct NearMonthDay {
  static constexpr int32_t kFirst = -25'508;
  static constexpr uint32_t kDays = 73'049;

  SLUICE_ANY_LEVEL uint32_t operator()(int32_t day, int64_t* out) const {
    const uint32_t since =
        static_cast<uint32_t>(day) - static_cast<uint32_t>(kFirst);
    const uint32_t quarters = since * 4 + 3;
    const uint32_t day_of_year = quarters % 1461 / 4;
    // From March on five months have 153 days, again and again.
    const uint32_t month = (5 * day_of_year + 2) / 153;
    if constexpr (kIsMonth) {
      *out = static_cast<int32_t>(month < 10 ? month + 3 : month - 9);
    } else {
      *out = static_cast<int32_t>(day_of_year - (153 * month + 2) / 5 + 1);
    }
    return BeyondBit(since, kDays);
  }
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NEAR_MONTH_DAYS_H_
