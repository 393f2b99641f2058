// Numbers to the texts of the buckets between given bounds.
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/bucket_texts.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_bounds.h"
#include "libs/desensitize/numbers_to_slot_texts.h"
#include "libs/desensitize/numbers_to_texts.h"
#include "libs/desensitize/slot_texts.h"
#include "libs/desensitize/treatment_number.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::NumberBucket;

__extension__ using Int128 = __int128;

// How many bounds a number has reached, without a branch. Wide numbers are read
// as 64 bits.
template <typename T, size_t kCount>
class BoundSlots {
 public:
  using Value = std::conditional_t<sizeof(T) == 16, int64_t, T>;

  static bool CanCount(const std::vector<T>& bounds) {
    return bounds.size() <= kCount &&
           std::all_of(bounds.begin(), bounds.end(), [](T bound) {
             return static_cast<T>(static_cast<Value>(bound)) == bound;
           });
  }

  // Of bounds that it can count, which ascend.
  explicit BoundSlots(const std::vector<T>& bounds) : count_(bounds.size()) {
    bounds_.fill(kNoBound);
    std::transform(bounds.begin(), bounds.end(), bounds_.begin(),
                   [](T bound) { return static_cast<Value>(bound); });
  }

  // A NaN reaches no bound, and what reaches none has no text.
  SLUICE_ANY_LEVEL uint64_t operator()(Value value) const {
    static_assert(SlotTexts::kNone == 0);
    if constexpr (kIsReal) {
      return ReachedBy(value, std::make_index_sequence<kCount>());
    } else {
      return count_ - Above(value, std::make_index_sequence<kCount>());
    }
  }

 private:
  static constexpr bool kIsReal = std::is_floating_point_v<Value>;
  // No number reaches it if it is a double, and none is below it if it is none.
  static constexpr Value kNoBound =
      kIsReal ? std::numeric_limits<Value>::quiet_NaN()
              : std::numeric_limits<Value>::min();

  template <size_t... kIndex>
  SLUICE_ANY_LEVEL uint64_t ReachedBy(Value value,
                                      std::index_sequence<kIndex...>) const {
    return ((value >= bounds_[kIndex] ? uint64_t{1} : uint64_t{0}) + ...);
  }
  template <size_t... kIndex>
  SLUICE_ANY_LEVEL uint64_t Above(Value value,
                                  std::index_sequence<kIndex...>) const {
    return ((bounds_[kIndex] > value ? uint64_t{1} : uint64_t{0}) + ...);
  }

  std::array<Value, kCount> bounds_;
  uint64_t count_;
};

// The text of each bucket, by search.
template <typename T>
struct BucketTexts {
  std::vector<T> bounds;
  std::vector<std::string> texts;

  char* operator()(T value, char* out) const {
    // Of a NaN, too.
    if (!(value >= bounds.front())) return nullptr;
    const auto reached = static_cast<size_t>(
        std::upper_bound(bounds.begin(), bounds.end(), value) - bounds.begin());
    const std::string& text = texts[reached - 1];
    return out + text.copy(out, text.size());
  }
};

template <typename T>
class ManyBoundsTexts : public Operator {
 public:
  ManyBoundsTexts(BucketTexts<T> texts, size_t bytes_max)
      : texts_(std::move(texts)), bytes_max_(bytes_max) {}

  Treated Apply(const records::Column& column) const override {
    return NumbersToTexts<T>(column, bytes_max_, [this](T value, char* out) {
      return texts_(value, out);
    });
  }

 private:
  const BucketTexts<T> texts_;
  const size_t bytes_max_;
};

template <typename T, size_t kCount>
class FewBoundsTexts : public Operator {
 public:
  FewBoundsTexts(BucketTexts<T> texts, size_t bytes_max)
      : exact_(std::move(texts)),
        find_(exact_.bounds),
        slots_(exact_.texts),
        bytes_max_(bytes_max) {}

  Treated Apply(const records::Column& column) const override {
    return NumbersToSlotTexts<T>(column, slots_, bytes_max_, find_, exact_);
  }

 private:
  const BucketTexts<T> exact_;
  const BoundSlots<T, kCount> find_;
  const SlotTexts slots_;
  const size_t bytes_max_;
};

template <typename T, size_t kCount>
std::unique_ptr<const Operator> NewIfFew(const BucketTexts<T>& texts,
                                         size_t bytes_max) {
  return BoundSlots<T, kCount>::CanCount(texts.bounds)
             ? std::make_unique<FewBoundsTexts<T, kCount>>(texts, bytes_max)
             : nullptr;
}

template <typename T>
std::unique_ptr<const Operator> NewFor(const NumberBucket& bucket,
                                       uint32_t scale, size_t bytes_max) {
  BucketTexts<T> texts;
  texts.bounds.reserve(static_cast<size_t>(bucket.bounds_size()));
  for (const std::string& bound : bucket.bounds()) {
    texts.bounds.push_back(TreatmentNumber<T>(bound, scale));
  }
  texts.texts = BoundedBucketTexts(bucket);
  std::unique_ptr<const Operator> few;
  if (SlotTexts::CanHold(texts.texts)) {
    few = NewIfFew<T, kNearBoundsMax / 4>(texts, bytes_max);
    if (!few) few = NewIfFew<T, kNearBoundsMax / 2>(texts, bytes_max);
    if (!few) few = NewIfFew<T, kNearBoundsMax>(texts, bytes_max);
  }
  if (few) return few;
  return std::make_unique<ManyBoundsTexts<T>>(std::move(texts), bytes_max);
}

}  // namespace

std::unique_ptr<const Operator> NewBoundsTextGeneralization(
    const NumberBucket& bucket, records::DataType type, uint32_t scale) {
  const size_t bytes_max = BucketTextBytesMax(bucket, type);
  switch (type) {
    case records::v1::DATA_TYPE_DOUBLE:
      return NewFor<double>(bucket, 0, bytes_max);
    case records::v1::DATA_TYPE_DECIMAL128:
      return NewFor<Int128>(bucket, scale, bytes_max);
    default:
      return NewFor<int64_t>(bucket, 0, bytes_max);
  }
}

}  // namespace sluice::desensitize
