// Conditions on columns of fixed width.
#ifndef SLUICE_LIBS_PREDICATE_FIXED_CONDITIONS_H_
#define SLUICE_LIBS_PREDICATE_FIXED_CONDITIONS_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "libs/base/endian.h"
#include "libs/predicate/condition.h"

namespace sluice::predicate {

inline Truth TruthOf(bool is_true) {
  return static_cast<Truth>(static_cast<uint8_t>(is_true) * 2);
}

// NaN compares as unknown.
template <typename T>
void SetNotANumber(const char* values, uint32_t count, Truth* truths) {
  if constexpr (std::is_floating_point_v<T>) {
    for (uint32_t row = 0; row < count; ++row) {
      const T value = LoadLittle<T>(values + row * sizeof(T));
      truths[row] = std::isnan(value) ? Truth::kUnknown : truths[row];
    }
  }
}

// low <= value <= high; nothing where low > high.
template <typename T>
class FixedWithin : public FieldCondition {
 public:
  FixedWithin(uint32_t field_id, records::DataType type, T low, T high,
              bool negated)
      : FieldCondition(field_id, type),
        low_(low),
        high_(high),
        negated_(negated) {}

 private:
  void Test(const records::Column& column, Truth* truths) const override {
    const char* values = column.data.data();
    const uint32_t count = column.row_count;
    // Copies, which the loop need not read again after each store.
    const T low = low_;
    const T high = high_;
    const bool negated = negated_;
    for (uint32_t row = 0; row < count; ++row) {
      const T value = LoadLittle<T>(values + row * sizeof(T));
      // Without a branch, so that the loop can be vectorized.
      const int within =
          static_cast<int>(value >= low) & static_cast<int>(value <= high);
      truths[row] = TruthOf((within != 0) != negated);
    }
    SetNotANumber<T>(values, count, truths);
  }

  const T low_;
  const T high_;
  const bool negated_;
};

// Up to so many values a comparison with each is faster than a hash.
inline constexpr size_t kComparedValuesMax = 8;

template <typename T>
class FixedOneOf : public FieldCondition {
 public:
  FixedOneOf(uint32_t field_id, records::DataType type, std::vector<T> values)
      : FieldCondition(field_id, type), values_(std::move(values)) {
    if (values_.size() > kComparedValuesMax) {
      set_.insert(values_.begin(), values_.end());
    }
  }

 private:
  void Test(const records::Column& column, Truth* truths) const override {
    const char* values = column.data.data();
    const uint32_t count = column.row_count;
    if (set_.empty()) {
      CompareEach(values, count, truths);
    } else {
      for (uint32_t row = 0; row < count; ++row) {
        truths[row] =
            TruthOf(set_.contains(LoadLittle<T>(values + row * sizeof(T))));
      }
    }
    SetNotANumber<T>(values, count, truths);
  }

  void CompareEach(const char* values, uint32_t count, Truth* truths) const {
    std::fill_n(truths, count, Truth::kFalse);
    for (const T& wanted : values_) {
      const T copy = wanted;
      for (uint32_t row = 0; row < count; ++row) {
        const T value = LoadLittle<T>(values + row * sizeof(T));
        truths[row] = std::max(truths[row], TruthOf(value == copy));
      }
    }
  }

  const std::vector<T> values_;
  // Empty for few values.
  absl::flat_hash_set<T> set_;
};

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_FIXED_CONDITIONS_H_
