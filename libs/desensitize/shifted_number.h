// Integers as floating-point numbers, and back, by an addition: vectors of
// every CPU can do that, and a sum that is rounded is a division's quotient.
#ifndef SLUICE_LIBS_DESENSITIZE_SHIFTED_NUMBER_H_
#define SLUICE_LIBS_DESENSITIZE_SHIFTED_NUMBER_H_

#include <bit>
#include <cstdint>
#include <type_traits>

#include "libs/base/cpu_level.h"

namespace sluice::desensitize {

// `Real` is float or double. A shifted number is kShift + n for an integer n of
// up to 2^22 or 2^51: its lowest bits are n's. Adding kShift to any other
// number of that size rounds it to the nearest integer.
template <typename Real>
struct Shifted {
  using Bits = std::conditional_t<sizeof(Real) == 4, uint32_t, uint64_t>;

  // 1.5 * 2^23 and 1.5 * 2^52.
  static constexpr Real kShift = static_cast<Real>(
      sizeof(Real) == 4 ? 12'582'912.0 : 6'755'399'441'055'744.0);
  static constexpr Bits kShiftBits = std::bit_cast<Bits>(kShift);

  SLUICE_ANY_LEVEL static Real Of(Bits number) {
    return std::bit_cast<Real>(kShiftBits + number);
  }
  SLUICE_ANY_LEVEL static Bits NumberOf(Real shifted) {
    return std::bit_cast<Bits>(shifted) - kShiftBits;
  }
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SHIFTED_NUMBER_H_
