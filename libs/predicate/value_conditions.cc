#include "libs/predicate/value_conditions.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "absl/numeric/int128.h"
#include "libs/predicate/fixed_conditions.h"
#include "libs/predicate/row_bits.h"
#include "libs/predicate/text_conditions.h"

namespace sluice::predicate {
namespace {

using records::Value;

// The member of `value` that a column with elements of T holds.
template <typename T>
T MemberOf(const Value& value) {
  if constexpr (std::is_same_v<T, double>) {
    return value.real;
  } else if constexpr (std::is_same_v<T, absl::int128>) {
    return value.decimal;
  } else {
    // Dates that exist fit.
    return static_cast<T>(value.integer);
  }
}

template <typename T>
T Lowest() {
  if constexpr (std::is_same_v<T, double>) {
    return -std::numeric_limits<double>::infinity();
  } else {
    return std::numeric_limits<T>::min();
  }
}

template <typename T>
T Highest() {
  if constexpr (std::is_same_v<T, double>) {
    return std::numeric_limits<double>::infinity();
  } else {
    return std::numeric_limits<T>::max();
  }
}

// The next value above `value`, which is not Highest.
template <typename T>
T Above(T value) {
  if constexpr (std::is_same_v<T, double>) {
    return std::nextafter(value, Highest<double>());
  } else {
    return value + 1;
  }
}

// The next value below `value`, which is not Lowest.
template <typename T>
T Below(T value) {
  if constexpr (std::is_same_v<T, double>) {
    return std::nextafter(value, Lowest<double>());
  } else {
    return value - 1;
  }
}

template <typename T>
std::unique_ptr<const Condition> WithinFixed(const FieldSite& site,
                                             const Interval& interval) {
  T low = Lowest<T>();
  T high = Highest<T>();
  bool empty = false;
  if (interval.low.has_value()) {
    low = MemberOf<T>(interval.low->value);
    if (!interval.low->included) {
      empty = low == Highest<T>();
      if (!empty) low = Above(low);
    }
  }
  if (interval.high.has_value()) {
    high = MemberOf<T>(interval.high->value);
    if (!interval.high->included) {
      empty = empty || high == Lowest<T>();
      if (!empty) high = Below(high);
    }
  }
  if (empty) {
    low = Highest<T>();
    high = Lowest<T>();
  }
  return std::make_unique<FixedWithin<T>>(site.id, site.type, low, high,
                                          interval.negated);
}

template <typename T>
std::unique_ptr<const Condition> OneOfFixed(const FieldSite& site,
                                            const std::vector<Value>& values) {
  std::vector<T> members;
  members.reserve(values.size());
  for (const Value& value : values) members.push_back(MemberOf<T>(value));
  return std::make_unique<FixedOneOf<T>>(site.id, site.type,
                                         std::move(members));
}

std::optional<TextBound> TextBoundOf(const std::optional<Bound>& bound) {
  if (!bound.has_value()) return std::nullopt;
  return TextBound{std::string(bound->value.text), bound->included};
}

std::unique_ptr<const Condition> WithinTexts(const FieldSite& site,
                                             const Interval& interval) {
  const auto& low = interval.low;
  const auto& high = interval.high;
  if (low.has_value() && high.has_value() && low->included && high->included &&
      low->value.text == high->value.text) {
    return std::make_unique<TextEquals>(site.id, std::string(low->value.text),
                                        interval.negated);
  }
  return std::make_unique<TextWithin>(site.id, TextBoundOf(low),
                                      TextBoundOf(high), interval.negated);
}

class BoolCondition : public FieldCondition {
 public:
  BoolCondition(const FieldSite& site, Truth of_false, Truth of_true)
      : FieldCondition(site.id, site.type),
        of_false_(EightTimes(static_cast<uint8_t>(of_false))),
        of_true_(EightTimes(static_cast<uint8_t>(of_true))) {}

 private:
  void Test(const records::Column& column, Truth* truths) const override {
    constexpr uint32_t kRowsAByte = 8;
    for (uint32_t row = 0; row < column.row_count; row += kRowsAByte) {
      const size_t count = std::min(kRowsAByte, column.row_count - row);
      const uint64_t bits = BytesOfBits(
          static_cast<uint8_t>(column.data.data()[row / kRowsAByte]));
      const uint64_t eight = (of_true_ & bits) | (of_false_ & ~bits);
      std::memcpy(truths + row, &eight, count);
    }
  }

  // Eight times each.
  const uint64_t of_false_;
  const uint64_t of_true_;
};

}  // namespace

bool IsOrdered(records::DataType type) {
  return type != records::v1::DATA_TYPE_BOOL &&
         type != records::v1::DATA_TYPE_BYTES;
}

bool IsLess(records::DataType type, const Value& a, const Value& b) {
  switch (type) {
    case records::v1::DATA_TYPE_STRING:
      return a.text < b.text;
    case records::v1::DATA_TYPE_DOUBLE:
      return a.real < b.real;
    case records::v1::DATA_TYPE_DECIMAL128:
      return a.decimal < b.decimal;
    default:
      return a.integer < b.integer;
  }
}

std::unique_ptr<const Condition> WithinInterval(const FieldSite& site,
                                                const Interval& interval) {
  switch (site.type) {
    case records::v1::DATA_TYPE_STRING:
      return WithinTexts(site, interval);
    case records::v1::DATA_TYPE_DOUBLE:
      return WithinFixed<double>(site, interval);
    case records::v1::DATA_TYPE_DECIMAL128:
      return WithinFixed<absl::int128>(site, interval);
    case records::v1::DATA_TYPE_DATE:
      return WithinFixed<int32_t>(site, interval);
    default:
      return WithinFixed<int64_t>(site, interval);
  }
}

std::unique_ptr<const Condition> OneOf(const FieldSite& site,
                                       const std::vector<Value>& values) {
  switch (site.type) {
    case records::v1::DATA_TYPE_BOOL: {
      bool has[2] = {false, false};
      for (const Value& value : values) has[value.boolean ? 1 : 0] = true;
      return std::make_unique<BoolCondition>(site, TruthOf(has[0]),
                                             TruthOf(has[1]));
    }
    case records::v1::DATA_TYPE_STRING: {
      std::vector<absl::string_view> texts;
      texts.reserve(values.size());
      for (const Value& value : values) texts.push_back(value.text);
      return std::make_unique<TextOneOf>(site.id, texts);
    }
    case records::v1::DATA_TYPE_DOUBLE:
      return OneOfFixed<double>(site, values);
    case records::v1::DATA_TYPE_DECIMAL128:
      return OneOfFixed<absl::int128>(site, values);
    case records::v1::DATA_TYPE_DATE:
      return OneOfFixed<int32_t>(site, values);
    default:
      return OneOfFixed<int64_t>(site, values);
  }
}

std::unique_ptr<const Condition> BoolIs(const FieldSite& site, bool value) {
  return std::make_unique<BoolCondition>(site, TruthOf(!value), TruthOf(value));
}

std::unique_ptr<const Condition> StartsWith(const FieldSite& site,
                                            const std::string& prefix) {
  return std::make_unique<TextStartsWith>(site.id, prefix);
}

}  // namespace sluice::predicate
