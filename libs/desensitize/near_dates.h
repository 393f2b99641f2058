// Dates near today without a division. Years, months and quarters begin on
// straight lines, rounded to whole days: from 1900 on every fourth year is a
// leap year up to 2100, and counted in years that end with the leap day the
// months are as long in one year as in another. (Neri and Schneider, "Euclidean
// affine functions and their application to calendar algorithms", 2022,
// explain such lines; these have coefficients of their own, for numbers that
// are rounded, not cut.)
//
// Each takes a DATE, which are days, or a TIMESTAMP, which are microseconds,
// and does with it what is done with floats or doubles, as wide as the value.
// It returns flags as TreatEveryNumber asks for.
#ifndef SLUICE_LIBS_DESENSITIZE_NEAR_DATES_H_
#define SLUICE_LIBS_DESENSITIZE_NEAR_DATES_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/beyond_bit.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/shifted_number.h"

namespace sluice::desensitize {

// Days that a rule takes.
struct NearSpan {
  int32_t first;
  uint32_t days;
};

// A moment as days from `origin` on: floats for DATE, doubles for TIMESTAMP.
template <typename Value>
struct NearDay;

template <>
struct NearDay<int32_t> {
  using Real = float;
  using Flags = uint32_t;

  SLUICE_ANY_LEVEL static Flags Beyond(int32_t day, const NearSpan& span) {
    return BeyondBit(
        static_cast<uint32_t>(day) - static_cast<uint32_t>(span.first),
        span.days);
  }
  SLUICE_ANY_LEVEL static float ShiftedFrom(int32_t origin, int32_t day) {
    return Shifted<float>::Of(static_cast<uint32_t>(day) -
                              static_cast<uint32_t>(origin));
  }
  SLUICE_ANY_LEVEL static int32_t ValueOf(float shifted, int32_t origin) {
    return static_cast<int32_t>(Shifted<float>::NumberOf(shifted) +
                                static_cast<uint32_t>(origin));
  }
};

template <>
struct NearDay<int64_t> {
  using Real = double;
  using Flags = uint64_t;

  SLUICE_ANY_LEVEL static Flags Beyond(int64_t time, const NearSpan& span) {
    return BeyondBit(
        static_cast<uint64_t>(time) - MicrosecondsOf(span.first),
        static_cast<uint64_t>(span.days) * uint64_t{kMicrosecondsPerDay});
  }
  // `time` is not before `origin`.
  SLUICE_ANY_LEVEL static double ShiftedFrom(int32_t origin, int64_t time) {
    const uint64_t ticks =
        (static_cast<uint64_t>(time) - MicrosecondsOf(origin)) >> kTickBits;
    // The middle of a tick, less half a day: to be rounded, not cut.
    constexpr double kHalfDay = (kTicksPerDay - 1.0) / 2;
    const double number =
        Shifted<double>::Of(ticks) - (Shifted<double>::kShift + kHalfDay);
    return number * (1 / kTicksPerDay) + Shifted<double>::kShift;
  }
  SLUICE_ANY_LEVEL static int64_t ValueOf(double shifted, int32_t origin) {
    const double ticks = (shifted - Shifted<double>::kShift) * kTicksPerDay +
                         Shifted<double>::kShift;
    return static_cast<int64_t>(
        (Shifted<double>::NumberOf(ticks) << kTickBits) +
        MicrosecondsOf(origin));
  }

 private:
  // Days are a multiple of 2^13 microseconds, a tick.
  static constexpr int kTickBits = 13;
  static constexpr double kTicksPerDay = 10'546'875;
  static_assert((int64_t{10'546'875} << kTickBits) == kMicrosecondsPerDay);

  SLUICE_ANY_LEVEL static uint64_t MicrosecondsOf(int32_t day) {
    return static_cast<uint64_t>(int64_t{day} * kMicrosecondsPerDay);
  }
};

// The first day of a year whose first days are 0, 365, 730, 1,096, 1,461 and so
// on, four years again and again, as a shifted number.
//
// `ahead` is how many of its days lie before the one that is given back.
template <typename Real>
SLUICE_ANY_LEVEL inline Real NearYearBegin(Real shifted_day, int ahead) {
  constexpr Real kShift = Shifted<Real>::kShift;
  // A day of a year is 0.625 days behind the line, or less; half a year less,
  // to be rounded.
  constexpr int kHalfYear = 182;
  const Real day =
      shifted_day - (kShift + static_cast<Real>(kHalfYear - ahead));
  const Real year = (day * static_cast<Real>(1 / 365.25) + kShift) - kShift;
  // A little less than 365.25, so that halves go down.
  return year * static_cast<Real>(365.2495) + kShift;
}

// The first day of the year that a day lies in, from 1900-01-01 to 2100-12-31.
template <typename Value>
struct NearYearFloor {
  static constexpr NearSpan kSpan = {-25'567, 73'414};

  SLUICE_ANY_LEVEL auto operator()(Value value, Value* out) const {
    using Day = NearDay<Value>;
    using Real = typename Day::Real;
    // 1898-01-01, had 1900 been a leap year. Since it was not, it begins a day
    // later than four years on the line.
    constexpr int32_t kOrigin = -26'298;
    const Real first_day = Shifted<Real>::Of(731);
    const Real begin = NearYearBegin<Real>(Day::ShiftedFrom(kOrigin, value), 0);
    *out = Day::ValueOf(begin < first_day ? first_day : begin, kOrigin);
    return Day::Beyond(value, kSpan);
  }
};

// The first day of the month or quarter that a day lies in: months from
// 1900-03-01 to 2100-02-28, quarters from 1900-04-01 on.
template <typename Value>
struct NearPartFloor;

inline constexpr NearSpan kNearMonthSpan = {-25'508, 73'049};
inline constexpr NearSpan kNearQuarterSpan = {-25'477, 73'018};

template <>
struct NearPartFloor<int64_t> {
  NearSpan span;
  // The day from which on years are counted, with a leap day in the third and
  // behind all else that has a length of its own.
  int32_t origin;
  // How much of a year lies before the day that it is counted by.
  int ahead;
  // Parts begin on the multiples of this, rounded.
  double part_days;
  // What a day of the year is less than half a part, to be rounded.
  double to_round;

  SLUICE_ANY_LEVEL uint64_t operator()(int64_t value, int64_t* out) const {
    using Day = NearDay<int64_t>;
    constexpr double kShift = Shifted<double>::kShift;
    const double day = Day::ShiftedFrom(origin, value);
    const double year = NearYearBegin<double>(day, ahead);
    const double day_of_year = (day - year) - to_round;
    const double part = (day_of_year * (1 / part_days) + kShift) - kShift;
    *out = Day::ValueOf(part * part_days + year, origin);
    return Day::Beyond(value, span);
  }
};

// With fewer steps. A shifted number is multiplied as it is: std::fma rounds
// once, so that nothing is lost. What is to be added to the product, to take
// its shift away and to round it the right way, must then be a float as large
// as the shift, which has nothing behind the point. A factor close by does it
// instead: multiplied with the shift, it has the right thing there. These were
// found by trying, and near_dates_test tries every day. Here shifts are 2^23.
template <>
struct NearPartFloor<int32_t> {
  NearSpan span;
  // Day 0 of years from March or April on.
  int32_t origin;
  float per_part;
  float part_shift;
  // The shifted number of the part that a year is counted by: its first, or the
  // third quarter, for parts begin on the multiples of `part_days` from there
  // on, rounded.
  float first_part;
  float part_days;
  // The bits of a shifted day that is 1970-01-01.
  uint32_t epoch;

  SLUICE_ANY_LEVEL uint32_t operator()(int32_t value, int32_t* out) const {
    constexpr uint32_t kShiftBits = std::bit_cast<uint32_t>(0x1p23F);
    const auto day =
        std::bit_cast<float>(static_cast<uint32_t>(value) -
                             static_cast<uint32_t>(origin) + kShiftBits);
    const float year = std::fma(day, 1 / 365.25F, 8'365'642.0F);
    const float year_begin =
        std::fma(year, 365.25F + 0x1p-15F, -3'055'485'952.0F);
    const float part = std::fma(day - year_begin, per_part, part_shift);
    const float begin = std::fma(part - first_part, part_days, year_begin);
    *out = static_cast<int32_t>(std::bit_cast<uint32_t>(begin) - epoch);
    return NearDay<int32_t>::Beyond(value, span);
  }
};

template <typename Value>
inline constexpr NearPartFloor<Value> kNearMonths;
template <typename Value>
inline constexpr NearPartFloor<Value> kNearQuarters;

// In years from March on: months begin on day 0, 31, 61, 92 and so on.
template <>
inline constexpr NearPartFloor<int64_t> kNearMonths<int64_t> = {
    kNearMonthSpan, -26'604, 0, 30.6, 14.8};
template <>
inline constexpr NearPartFloor<int32_t> kNearMonths<int32_t> = {
    kNearMonthSpan, -25'780, 0x1.0bb2aep-5F, 12'585'043.0F,
    12'582'912.0F,  30.6F,   1'258'382'207};
// In years from April on that are counted by their first day of October:
// quarters begin on day -183, -92, 0 and 92.
template <>
inline constexpr NearPartFloor<int64_t> kNearQuarters<int64_t> = {
    kNearQuarterSpan, -26'390, 183, 275.0 / 3, 45.0 + 1.0 / 3};
template <>
inline constexpr NearPartFloor<int32_t> kNearQuarters<int32_t> = {
    kNearQuarterSpan, -25'749,    0x1.656e7cp-7F, 12'583'623.0F,
    12'582'914.0F,    275.0F / 3, 1'258'381'993};

// The midnight that a moment lies behind, from 1900-01-01 to 2100-12-31.
struct NearMidnight {
  SLUICE_ANY_LEVEL uint64_t operator()(int64_t value, int64_t* out) const {
    using Day = NearDay<int64_t>;
    constexpr NearSpan kSpan = NearYearFloor<int64_t>::kSpan;
    *out = Day::ValueOf(Day::ShiftedFrom(kSpan.first, value), kSpan.first);
    return Day::Beyond(value, kSpan);
  }
};

// The years completed on a day from 1900-03-01 to 2100-02-28, down to a
// multiple of some years, of who was born between these days and not later.
template <typename Value>
class NearAge {
 public:
  using Day = NearDay<Value>;
  using Real = typename Day::Real;

  // `band_years`: 1 to 100.
  NearAge(int64_t as_of_day, uint32_t band_years)
      : span_{kFirst, as_of_day >= kFirst && as_of_day <= kLast
                          ? static_cast<uint32_t>(as_of_day - kFirst) + 1
                          : 0},
        lived_at_origin_(Shifted<Real>::kShift +
                         static_cast<Real>(as_of_day - kFirst)),
        band_(static_cast<Real>(band_years)),
        per_band_(1 / (kDaysOfYear * band_)),
        // Another eighth keeps the quotient further from whole numbers than a
        // float is from the truth. Half a band less, to be rounded.
        more_(LeapQuarters(DateOf(as_of_day)) + static_cast<Real>(0.125) -
              kDaysOfYear * band_ / 2) {}

  SLUICE_ANY_LEVEL auto operator()(Value born, int64_t* out) const {
    constexpr Real kShift = Shifted<Real>::kShift;
    const Real lived = lived_at_origin_ - Day::ShiftedFrom(kFirst, born);
    const Real bands = ((lived + more_) * per_band_ + kShift) - kShift;
    *out = static_cast<std::make_signed_t<typename Day::Flags>>(
        Shifted<Real>::NumberOf(bands * band_ + kShift));
    return Day::Beyond(born, span_);
  }

 private:
  static constexpr int32_t kFirst = -25'508;
  static constexpr int32_t kLast = 47'540;
  static constexpr Real kDaysOfYear = static_cast<Real>(365.25);

  // Years since the last 29 February, in quarters of a day: the longer ago, the
  // sooner one more lies between a birthday and the one before.
  static Real LeapQuarters(const CivilDate& as_of) {
    const bool behind_february =
        as_of.month > 2 || (as_of.month == 2 && as_of.day == 29);
    const int64_t year = behind_february ? as_of.year : as_of.year - 1;
    return static_cast<Real>(year & 3) / 4;
  }

  NearSpan span_;
  Real lived_at_origin_;
  Real band_;
  Real per_band_;
  Real more_;
};

// 1, Monday, to 7, of a day from 1789-04-13 to 2148-02-22.
template <typename Value>
struct NearWeekday {
  // It begins on a Monday.
  static constexpr NearSpan kSpan = {-66'006, uint32_t{1} << 17};

  SLUICE_ANY_LEVEL auto operator()(Value value, int64_t* out) const {
    using Day = NearDay<Value>;
    using Real = typename Day::Real;
    constexpr Real kShift = Shifted<Real>::kShift;
    const Real shifted = Day::ShiftedFrom(kSpan.first, value);
    // From the middle of the week, to be rounded.
    const Real day = shifted - (kShift + 3);
    const Real weeks = (day * (static_cast<Real>(1) / 7) + kShift) - kShift;
    *out = static_cast<std::make_signed_t<typename Day::Flags>>(
        Shifted<Real>::NumberOf(shifted - weeks * 7) + 1);
    return Day::Beyond(value, kSpan);
  }
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NEAR_DATES_H_
