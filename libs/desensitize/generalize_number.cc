#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/string_view.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_bounds.h"
#include "libs/desensitize/near_doubles.h"
#include "libs/desensitize/near_multiples.h"
#include "libs/desensitize/treat_every_number.h"
#include "libs/desensitize/treat_fixed.h"
#include "libs/desensitize/treatment_number.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Generalize;

// As wide as a DECIMAL128; g++ adds these without a call, unlike absl's.
__extension__ using Int128 = __int128;

// value - subtrahend, or false if T cannot hold it.
template <typename T>
bool Subtract(T value, T subtrahend, T* out) {
  if constexpr (std::is_same_v<T, double>) {
    *out = value - subtrahend;
    return std::isfinite(*out);
  } else {
    return !__builtin_sub_overflow(value, subtrahend, out);
  }
}

// What `value` is above the next lower multiple of `width`: 0 to width, width
// left out.
template <typename T>
T RestOf(T value, T width) {
  if constexpr (std::is_same_v<T, double>) {
    const double rest = std::fmod(value, width);
    return rest < 0 ? rest + width : rest;
  } else {
    const T rest = value % width;
    return rest < 0 ? rest + width : rest;
  }
}

// Int64 by a multiplication instead of a division, which takes five times as
// long. The quotient is off by one at most, and then the rest shows it.
template <>
int64_t RestOf(int64_t value, int64_t width) {
  constexpr int64_t kExact = int64_t{1} << 52;
  if (value > kExact || value < -kExact) {
    const int64_t rest = value % width;
    return rest < 0 ? rest + width : rest;
  }
  const auto quotient = static_cast<int64_t>(static_cast<double>(value) /
                                             static_cast<double>(width));
  const int64_t rest = value - quotient * width;
  return rest < 0 ? rest + width : rest >= width ? rest - width : rest;
}

// What the quick way of TreatEveryNumber works on: money too has 64 bits, but
// for the sums of states.
template <typename T>
using Quick = std::conditional_t<std::is_same_v<T, double>, double, int64_t>;

bool FitsQuick(Int128 number) {
  return number == static_cast<Int128>(static_cast<int64_t>(number));
}

template <typename T>
auto NearMultiplesOf(T width) {
  if constexpr (std::is_same_v<T, double>) {
    return NearDoubles(width);
  } else {
    // Of a width of 0 nothing is near.
    return NearMultiples(FitsQuick(width) ? static_cast<int64_t>(width) : 0);
  }
}

// The rules. Near() is the quick way.
template <typename T>
struct BucketOf {
  T width;
  bool operator()(T value, T* out) const {
    return Subtract(value, RestOf(value, width), out);
  }
  auto Near() const {
    return [near = NearMultiplesOf(width)](Quick<T> value, Quick<T>* out)
               SLUICE_ANY_LEVEL { return near.Floor(value, out); };
  }
};

template <typename T>
struct RoundTo {
  T step;
  bool operator()(T value, T* out) const {
    const T rest = RestOf(value, step);
    const T missing = step - rest;
    // The half goes up.
    return missing > rest ? Subtract(value, rest, out)
                          : Subtract(value, static_cast<T>(-missing), out);
  }
  auto Near() const {
    return [near = NearMultiplesOf(step)](Quick<T> value, Quick<T>* out)
               SLUICE_ANY_LEVEL { return near.Round(value, out); };
  }
};

template <typename T>
struct ClampTo {
  T min;
  T max;
  bool operator()(T value, T* out) const {
    if constexpr (std::is_same_v<T, double>) {
      if (std::isnan(value)) return false;
    }
    *out = std::min(std::max(value, min), max);
    return true;
  }
  auto Near() const {
    if constexpr (std::is_same_v<T, double>) {
      return NearClamp<double>{min, max, 0};
    } else {
      constexpr Int128 kLeast = std::numeric_limits<int64_t>::min();
      constexpr Int128 kMost = std::numeric_limits<int64_t>::max();
      // Nothing is quick where the outcome may have more than 64 bits.
      const bool fits = Int128{min} <= kMost && Int128{max} >= kLeast;
      return NearClamp<int64_t>{
          static_cast<int64_t>(std::max<Int128>(min, kLeast)),
          static_cast<int64_t>(std::min<Int128>(max, kMost)),
          fits ? 0 : ~uint64_t{0}};
    }
  }
};

template <typename T, typename Rule>
class NumberOperator : public Operator {
 public:
  explicit NumberOperator(Rule rule) : rule_(std::move(rule)) {}

  Treated Apply(const records::Column& column) const override {
    return TreatEveryNumber<T, T>(column, column.type, rule_.Near(), rule_);
  }

 private:
  const Rule rule_;
};

template <typename T>
class BoundsOperator : public Operator {
 public:
  explicit BoundsOperator(std::vector<T> bounds) : bounds_(std::move(bounds)) {
    for (const T bound : bounds_) {
      if constexpr (!std::is_same_v<T, double>) {
        // What has 64 bits reaches no bound above, and may lie above one that
        // has more.
        if (bound > std::numeric_limits<int64_t>::max()) break;
        has_near_ = has_near_ && FitsQuick(bound);
      }
      near_.push_back(static_cast<Quick<T>>(bound));
    }
    has_near_ = has_near_ && !near_.empty();
  }

  Treated Apply(const records::Column& column) const override {
    const auto exact = [this](T value, T* out) {
      // False for a NaN, too.
      if (!(value >= bounds_.front())) return false;
      *out = *(std::upper_bound(bounds_.begin(), bounds_.end(), value) - 1);
      return true;
    };
    const auto with = [&](auto near) {
      return TreatEveryNumber<T, T>(column, column.type, near, exact);
    };
    const size_t count = has_near_ ? near_.size() : kNearBoundsMax + 1;
    if (count <= 4) return with(NearBounds<Quick<T>, 4>(near_));
    if (count <= 8) return with(NearBounds<Quick<T>, 8>(near_));
    if (count <= kNearBoundsMax) {
      return with(NearBounds<Quick<T>, kNearBoundsMax>(near_));
    }
    return TreatFixed<T, T>(column, column.type, exact);
  }

 private:
  const std::vector<T> bounds_;
  // Those of bounds_ that the quick way compares with.
  std::vector<Quick<T>> near_;
  bool has_near_ = true;
};

template <typename T, typename Rule>
std::unique_ptr<const Operator> New(Rule rule) {
  return std::make_unique<NumberOperator<T, Rule>>(std::move(rule));
}

template <typename T>
T Highest() {
  if constexpr (std::is_same_v<T, double>) {
    return std::numeric_limits<double>::infinity();
  } else if constexpr (sizeof(T) == sizeof(int64_t)) {
    return std::numeric_limits<int64_t>::max();
  } else {
    return static_cast<T>(absl::Int128Max());
  }
}

template <typename T>
T Lowest() {
  if constexpr (std::is_same_v<T, double>) {
    return -Highest<T>();
  } else {
    return -Highest<T>() - 1;
  }
}

template <typename T>
std::unique_ptr<const Operator> NewFor(const Generalize& resolved,
                                       uint32_t scale) {
  if (resolved.has_round()) {
    return New<T>(
        RoundTo<T>{TreatmentNumber<T>(resolved.round().step(), scale)});
  }
  if (resolved.has_clamp()) {
    const auto& clamp = resolved.clamp();
    return New<T>(ClampTo<T>{
        clamp.min().empty() ? Lowest<T>()
                            : TreatmentNumber<T>(clamp.min(), scale),
        clamp.max().empty() ? Highest<T>()
                            : TreatmentNumber<T>(clamp.max(), scale)});
  }
  const auto& bucket = resolved.bucket();
  if (!bucket.width().empty()) {
    return New<T>(BucketOf<T>{TreatmentNumber<T>(bucket.width(), scale)});
  }
  std::vector<T> bounds;
  bounds.reserve(static_cast<size_t>(bucket.bounds_size()));
  for (const std::string& bound : bucket.bounds()) {
    bounds.push_back(TreatmentNumber<T>(bound, scale));
  }
  return std::make_unique<BoundsOperator<T>>(std::move(bounds));
}

}  // namespace

std::unique_ptr<const Operator> NewNumberGeneralization(
    const Generalize& resolved, records::DataType type, uint32_t scale) {
  switch (type) {
    case records::v1::DATA_TYPE_DOUBLE:
      return NewFor<double>(resolved, 0);
    case records::v1::DATA_TYPE_DECIMAL128:
      return NewFor<Int128>(resolved, scale);
    default:
      return NewFor<int64_t>(resolved, 0);
  }
}

}  // namespace sluice::desensitize
