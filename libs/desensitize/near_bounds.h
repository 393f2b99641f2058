// Numbers between bounds without a branch. Each returns flags as
// TreatEveryNumber asks for.
#ifndef SLUICE_LIBS_DESENSITIZE_NEAR_BOUNDS_H_
#define SLUICE_LIBS_DESENSITIZE_NEAR_BOUNDS_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"

namespace sluice::desensitize {

// Below `least` it is raised, above `most` lowered. A NaN is not taken, and
// nothing is if `none` has its highest bit.
template <typename T>
struct NearClamp {
  T least;
  T most;
  uint64_t none;

  SLUICE_ANY_LEVEL uint64_t operator()(T value, T* out) const {
    const T raised = value < least ? least : value;
    *out = raised > most ? most : raised;
    if constexpr (std::is_floating_point_v<T>) {
      return std::isnan(value) ? ~uint64_t{0} : none;
    }
    return none;
  }
};

// More are found faster by halves.
inline constexpr size_t kNearBoundsMax = 16;

// The highest of up to `kCount` bounds that is not above a number. One below
// them all is not taken, nor a NaN.
template <typename T, size_t kCount>
class NearBounds {
 public:
  // `bounds` ascend; there is one at least.
  explicit NearBounds(const std::vector<T>& bounds) {
    assert(!bounds.empty() && bounds.size() <= kCount);
    bounds_.fill(bounds.back());
    std::copy(bounds.begin(), bounds.end(), bounds_.begin());
  }

  SLUICE_ANY_LEVEL uint64_t operator()(T value, T* out) const {
    *out = HighestOf(value, std::make_index_sequence<kCount - 1>());
    return value >= bounds_[0] ? 0 : ~uint64_t{0};
  }

 private:
  template <size_t... kIndex>
  SLUICE_ANY_LEVEL T HighestOf(T value, std::index_sequence<kIndex...>) const {
    T highest = bounds_[0];
    ((highest = value >= bounds_[kIndex + 1] ? bounds_[kIndex + 1] : highest),
     ...);
    return highest;
  }

  std::array<T, kCount> bounds_;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_NEAR_BOUNDS_H_
