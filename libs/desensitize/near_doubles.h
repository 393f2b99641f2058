// Multiples of a width below and near a double, as fmod gives them to the last
// bit, without its long division.
#ifndef SLUICE_LIBS_DESENSITIZE_NEAR_DOUBLES_H_
#define SLUICE_LIBS_DESENSITIZE_NEAR_DOUBLES_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/beyond_bit.h"
#include "libs/desensitize/shifted_number.h"

namespace sluice::desensitize {

// Takes finite numbers of up to 2^50 widths around 0, and widths that are far
// from the ends of what a double holds. Returns flags as TreatEveryNumber asks
// for.
class NearDoubles {
 public:
  // A width that is not within bounds leaves no number that is taken.
  explicit NearDoubles(double width) : width_(width), per_width_(1 / width) {
    constexpr double kWidthMax = 0x1p900;
    if (width >= 1 / kWidthMax && width <= kWidthMax) {
      bound_ = std::bit_cast<uint64_t>(width * 0x1p50) + 1;
    }
  }

  // The multiple at or below `value`.
  SLUICE_ANY_LEVEL uint64_t Floor(double value, double* out) const {
    *out = value - RestOf(value);
    return FarBit(value);
  }

  // The nearest multiple; of two the upper one.
  SLUICE_ANY_LEVEL uint64_t Round(double value, double* out) const {
    const double rest = RestOf(value);
    const double missing = width_ - rest;
    *out = value - Select(missing > rest, rest, -missing);
    return FarBit(value);
  }

 private:
  // What `value` is above the multiple below it. The quotient, rounded, is at
  // most half from the true one and a hair, so that what is left over is a
  // double and std::fma makes no mistake.
  SLUICE_ANY_LEVEL double RestOf(double value) const {
    constexpr double kShift = Shifted<double>::kShift;
    const double multiples = (value * per_width_ + kShift) - kShift;
    const double rest = std::fma(-multiples, width_, value);
    return rest - Select(rest < 0, -width_, 0);
  }
  // `a` if `first`, else `b`: by their bits, for compilers make branches of
  // choices between doubles.
  SLUICE_ANY_LEVEL static double Select(bool first, double a, double b) {
    const uint64_t mask = 0 - static_cast<uint64_t>(first);
    return std::bit_cast<double>((std::bit_cast<uint64_t>(a) & mask) |
                                 (std::bit_cast<uint64_t>(b) & ~mask));
  }
  // A NaN and the infinities have greater bits than every bound.
  SLUICE_ANY_LEVEL uint64_t FarBit(double value) const {
    constexpr uint64_t kSign = uint64_t{1} << 63;
    return BeyondBit(std::bit_cast<uint64_t>(value) & ~kSign, bound_);
  }

  double width_;
  double per_width_;
  uint64_t bound_ = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NEAR_DOUBLES_H_
