// Multiples of a width without a division: doubles hold integers up to 2^53
// exactly, and their products and differences as long as these stay below.
#ifndef SLUICE_LIBS_DESENSITIZE_NEAR_MULTIPLES_H_
#define SLUICE_LIBS_DESENSITIZE_NEAR_MULTIPLES_H_

#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/beyond_bit.h"
#include "libs/desensitize/shifted_number.h"

namespace sluice::desensitize {

// Quotients of numbers of up to 2^50 around 0 and widths of 1 to 2^50.
class NearQuotients {
 public:
  static constexpr int64_t kMax = int64_t{1} << 50;

  explicit NearQuotients(int64_t width)
      : per_width_(1 / static_cast<double>(width)),
        to_floor_(per_width_ / 2 - 0.5),
        to_nearest_(width % 2 == 0 ? per_width_ / 2 : 0) {}

  // Rounded down.
  SLUICE_ANY_LEVEL double Floor(int64_t number) const {
    return Rounded(number, to_floor_);
  }

  // Rounded to the nearest; a half goes up.
  SLUICE_ANY_LEVEL double Nearest(int64_t number) const {
    return Rounded(number, to_nearest_);
  }

 private:
  // With `to_round` added, a quotient is as far from where rounding goes the
  // other way as half a unit of the number makes, or farther. What is lost is
  // less: 2^-53 of the quotient with each of factor, product and sum, as 3/8 of
  // a unit make, and less than 2^-53 beside, as 1/8 makes of the largest width.
  SLUICE_ANY_LEVEL double Rounded(int64_t number, double to_round) const {
    constexpr double kShift = Shifted<double>::kShift;
    const double exact =
        Shifted<double>::Of(static_cast<uint64_t>(number)) - kShift;
    return (exact * per_width_ + to_round + kShift) - kShift;
  }

  double per_width_;
  // Half a unit above the number no quotient is near a whole one. Half a
  // multiple below, it is rounded down.
  double to_floor_;
  // What is half an even width above a multiple must not be in the middle.
  double to_nearest_;
};

// Takes numbers of up to 2^50 around 0, and widths of 1 to 2^50.
class NearMultiples {
 public:
  static constexpr int64_t kMax = NearQuotients::kMax;

  // One width that is not within bounds leaves no number that is taken.
  explicit NearMultiples(int64_t width)
      : quotients_(width),
        width_(static_cast<double>(width)),
        bound_(width >= 1 && width <= kMax ? uint64_t{2} * kMax : 0) {}

  // The multiple at or below `value`.
  SLUICE_ANY_LEVEL uint64_t Floor(int64_t value, int64_t* out) const {
    *out = MultipleOf(quotients_.Floor(value));
    return FarBit(value);
  }

  // The nearest multiple; of two the upper one.
  SLUICE_ANY_LEVEL uint64_t Round(int64_t value, int64_t* out) const {
    *out = MultipleOf(quotients_.Nearest(value));
    return FarBit(value);
  }

 private:
  SLUICE_ANY_LEVEL int64_t MultipleOf(double quotient) const {
    constexpr double kShift = Shifted<double>::kShift;
    return static_cast<int64_t>(
        Shifted<double>::NumberOf(quotient * width_ + kShift));
  }
  SLUICE_ANY_LEVEL uint64_t FarBit(int64_t value) const {
    return BeyondBit(static_cast<uint64_t>(value) + kMax, bound_);
  }

  NearQuotients quotients_;
  double width_;
  uint64_t bound_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NEAR_MULTIPLES_H_
