// Dates near today without a division. From 1900 on every fourth year is a leap
// year up to 2100, and each number on the way is one that a float holds
// exactly.
#ifndef SLUICE_LIBS_DESENSITIZE_NEAR_DATES_H_
#define SLUICE_LIBS_DESENSITIZE_NEAR_DATES_H_

#include <algorithm>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/beyond_bit.h"
#include "libs/desensitize/civil_date.h"

namespace sluice::desensitize {

inline constexpr float kDaysOfYear = 365.25F;

// The whole years in `days` and `more` days, a multiple of 1/4. Another eighth
// keeps the quotient further from whole numbers than a float is from the truth.
SLUICE_ANY_LEVEL inline int32_t WholeYears(uint32_t days, float more) {
  return static_cast<int32_t>(static_cast<float>(static_cast<int32_t>(days)) *
                                  (1 / kDaysOfYear) +
                              (more + 0.125F) * (1 / kDaysOfYear));
}

// The first day of the year that a day lies in, from 1900-01-01 to 2100-12-31.
struct NearYearFloor {
  static constexpr int32_t kFirst = -25'567;
  static constexpr uint32_t kDays = 73'414;
  // Counted from here the long year is the last of four. It would be 1900 too,
  // which was not long and so begins a day later.
  static constexpr int32_t kCountedBefore = 1'096;

  SLUICE_ANY_LEVEL uint32_t operator()(int32_t day, int32_t* out) const {
    const uint32_t since =
        static_cast<uint32_t>(day) - static_cast<uint32_t>(kFirst);
    const auto years =
        static_cast<float>(WholeYears(since, kCountedBefore + 0.75F));
    const auto begin = static_cast<int32_t>(years * kDaysOfYear);
    *out = std::max(begin, kCountedBefore) + (kFirst - kCountedBefore);
    return BeyondBit(since, kDays);
  }
};

// The years completed on a day from 1900-03-01 to 2100-02-28, down to a
// multiple of some years, of who was born between these days and not later.
class NearAge {
 public:
  // `band_years` is not 0.
  NearAge(int64_t as_of_day, uint32_t band_years)
      : as_of_(static_cast<uint32_t>(as_of_day)),
        days_(as_of_day >= kFirst && as_of_day <= kLast
                  ? static_cast<uint32_t>(as_of_day - kFirst) + 1
                  : 0),
        quarters_(LeapQuarters(DateOf(as_of_day))),
        band_(static_cast<float>(band_years)),
        per_band_(1 / band_) {}

  SLUICE_ANY_LEVEL uint32_t operator()(int32_t born, int64_t* out) const {
    const uint32_t lived = as_of_ - static_cast<uint32_t>(born);
    const auto years = static_cast<float>(WholeYears(lived, quarters_));
    const auto bands = static_cast<int32_t>((years + 0.5F) * per_band_);
    *out = static_cast<int32_t>(static_cast<float>(bands) * band_);
    return BeyondBit(lived, days_);
  }

 private:
  static constexpr int64_t kFirst = -25'508;
  static constexpr int64_t kLast = 47'540;

  // Years since the last 29 February, in quarters of a day: the longer ago, the
  // sooner one more lies between a birthday and the one before.
  static float LeapQuarters(const CivilDate& as_of) {
    const bool behind_february =
        as_of.month > 2 || (as_of.month == 2 && as_of.day == 29);
    const int64_t year = behind_february ? as_of.year : as_of.year - 1;
    return static_cast<float>(year & 3) / 4;
  }

  uint32_t as_of_;
  uint32_t days_;
  float quarters_;
  float band_;
  float per_band_;
};

// 1, Monday, to 7, of a day from 1789-04-13 to 2148-02-22.
struct NearWeekday {
  // A Monday.
  static constexpr int32_t kFirst = -66'006;
  static constexpr uint32_t kDays = uint32_t{1} << 17;

  SLUICE_ANY_LEVEL uint32_t operator()(int32_t day, int64_t* out) const {
    const uint32_t since =
        static_cast<uint32_t>(day) - static_cast<uint32_t>(kFirst);
    const auto days = static_cast<float>(static_cast<int32_t>(since));
    const auto weeks = static_cast<int32_t>((days + 0.5F) * (1.0F / 7));
    *out = static_cast<int32_t>(since) - 7 * weeks + 1;
    return BeyondBit(since, kDays);
  }
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NEAR_DATES_H_
