// Multiples of a width without a division: doubles hold integers up to 2^53
// exactly, and their products and differences as long as these stay below.
#ifndef SLUICE_LIBS_DESENSITIZE_NEAR_MULTIPLES_H_
#define SLUICE_LIBS_DESENSITIZE_NEAR_MULTIPLES_H_

#include <bit>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/beyond_bit.h"
#include "libs/desensitize/shifted_number.h"

namespace sluice::desensitize {

// Takes numbers of up to 2^50 around 0, and widths of 1 to 2^50.
class NearMultiples {
 public:
  static constexpr int64_t kMax = int64_t{1} << 50;

  // One width that is not within bounds leaves no number that is taken.
  explicit NearMultiples(int64_t width)
      : width_(static_cast<double>(width)),
        per_width_(1 / width_),
        bound_(width >= 1 && width <= kMax ? uint64_t{2} * kMax : 0) {}

  // The multiple at or below `value`.
  SLUICE_ANY_LEVEL uint64_t Floor(int64_t value, int64_t* out) const {
    const double number = ToDouble(value);
    *out = ToInteger(number - RestOf(number));
    return FarBit(value);
  }

  // The nearest multiple; of two the upper one.
  SLUICE_ANY_LEVEL uint64_t Round(int64_t value, int64_t* out) const {
    const double number = ToDouble(value);
    const double rest = RestOf(number);
    *out = ToInteger(number - rest + width_ -
                     IfNegative(rest + rest - width_, width_));
    return FarBit(value);
  }

 private:
  static constexpr double kShift = Shifted<double>::kShift;

  SLUICE_ANY_LEVEL static double ToDouble(int64_t value) {
    return Shifted<double>::Of(static_cast<uint64_t>(value)) - kShift;
  }
  SLUICE_ANY_LEVEL static int64_t ToInteger(double number) {
    return static_cast<int64_t>(Shifted<double>::NumberOf(number + kShift));
  }
  // `value` or 0. Compilers make branches of comparisons of doubles.
  SLUICE_ANY_LEVEL static double IfNegative(double number, double value) {
    const uint64_t negative = std::bit_cast<uint64_t>(number) >> 63;
    return std::bit_cast<double>(std::bit_cast<uint64_t>(value) &
                                 (0 - negative));
  }
  SLUICE_ANY_LEVEL uint64_t FarBit(int64_t value) const {
    return BeyondBit(static_cast<uint64_t>(value) + kMax, bound_);
  }

  // What `number` is above the multiple below it. The quotient, rounded, is at
  // most 1 from the true one, so that what is left is -width to width.
  SLUICE_ANY_LEVEL double RestOf(double number) const {
    const double multiples = (number * per_width_ + kShift) - kShift;
    double rest = number - multiples * width_;
    rest += IfNegative(rest, width_);
    return rest - width_ + IfNegative(rest - width_, width_);
  }

  double width_;
  double per_width_;
  uint64_t bound_;
};

// Quotients rounded down: half the work, for numbers of up to 2^40 around 0 and
// widths of 1 to 2^40.
class NearQuotients {
 public:
  explicit NearQuotients(int64_t width)
      : per_width_(1 / static_cast<double>(width)),
        to_round_(per_width_ / 2 - 0.5) {}

  SLUICE_ANY_LEVEL double Of(int64_t number) const {
    constexpr double kShift = Shifted<double>::kShift;
    const double exact =
        Shifted<double>::Of(static_cast<uint64_t>(number)) - kShift;
    return (exact * per_width_ + to_round_ + kShift) - kShift;
  }

 private:
  double per_width_;
  // Half a unit above the number no quotient is near a whole one. Half a
  // multiple below, it is rounded down.
  double to_round_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NEAR_MULTIPLES_H_
