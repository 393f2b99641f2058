#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/string_view.h"
#include "libs/desensitize/decimal_text.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_multiples.h"
#include "libs/desensitize/treat_every_number.h"
#include "libs/desensitize/treat_fixed.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Generalize;

// As wide as a DECIMAL128; g++ adds these without a call, unlike absl's.
__extension__ using Int128 = __int128;

// What a treatment's number is among values of type T.
template <typename T>
T Parse(const std::string& text, uint32_t scale) {
  if constexpr (std::is_same_v<T, double>) {
    return ParseDouble(AsView(text)).value_or(0);
  } else {
    return static_cast<T>(
        ParseDecimal(AsView(text), scale).value_or(absl::int128(0)));
  }
}

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

template <typename T>
struct BucketOf {
  T width;
  bool operator()(T value, T* out) const {
    return Subtract(value, RestOf(value, width), out);
  }
  auto Near() const {
    return [near = NearMultiples(width)](int64_t value, int64_t* out)
               SLUICE_ANY_LEVEL { return near.Floor(value, out); };
  }
};

template <typename T>
struct BetweenBounds {
  std::vector<T> bounds;
  bool operator()(T value, T* out) const {
    // False for a NaN, too.
    if (!(value >= bounds.front())) return false;
    *out = *(std::upper_bound(bounds.begin(), bounds.end(), value) - 1);
    return true;
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
    return [near = NearMultiples(step)](int64_t value, int64_t* out)
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
    return [least = min, most = max](int64_t value, int64_t* out)
               SLUICE_ANY_LEVEL -> uint64_t {
                 const int64_t raised = value < least ? least : value;
                 *out = raised > most ? most : raised;
                 return 0;
               };
  }
};

// Near() of a rule, for int64 alone, is its quick way in TreatEveryNumber.
template <typename T, typename Rule>
class NumberOperator : public Operator {
 public:
  explicit NumberOperator(Rule rule) : rule_(std::move(rule)) {}

  Treated Apply(const records::Column& column) const override {
    if constexpr (std::is_same_v<T, int64_t>) {
      if constexpr (requires(const Rule& rule) { rule.Near(); }) {
        auto near = TreatEveryNumber<T, T>(column, column.type, rule_.Near());
        if (near) return *std::move(near);
      }
    }
    const Rule& rule = rule_;
    return TreatFixed<T, T>(column, column.type, [&rule](T value, T* out) {
      return rule(value, out);
    });
  }

 private:
  const Rule rule_;
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
    return New<T>(RoundTo<T>{Parse<T>(resolved.round().step(), scale)});
  }
  if (resolved.has_clamp()) {
    const auto& clamp = resolved.clamp();
    return New<T>(ClampTo<T>{
        clamp.min().empty() ? Lowest<T>() : Parse<T>(clamp.min(), scale),
        clamp.max().empty() ? Highest<T>() : Parse<T>(clamp.max(), scale)});
  }
  const auto& bucket = resolved.bucket();
  if (!bucket.width().empty()) {
    return New<T>(BucketOf<T>{Parse<T>(bucket.width(), scale)});
  }
  BetweenBounds<T> between;
  for (const std::string& bound : bucket.bounds()) {
    between.bounds.push_back(Parse<T>(bound, scale));
  }
  return New<T>(std::move(between));
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
