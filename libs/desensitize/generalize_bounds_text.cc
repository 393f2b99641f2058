// Numbers to the texts of the buckets between given bounds.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/bucket_texts.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_bounds.h"
#include "libs/desensitize/numbers_to_texts.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/treatment_number.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::NumberBucket;

__extension__ using Int128 = __int128;

// Rows whose buckets are found before the first text is written.
constexpr uint32_t kBlockRows = 64;
// A text is copied with all that follows in its slot, whatever its length.
constexpr size_t kSlotBytes = 32;

// How many bounds each row of a block has reached.
using Counts = std::array<uint64_t, kBlockRows>;

// Counts without a branch, for up to kNearBoundsMax bounds. Wide numbers are
// read as 64 bits.
template <typename T>
class BoundCounter {
 public:
  using Number = std::conditional_t<sizeof(T) == 16, int64_t, T>;

  static bool CanCount(const std::vector<T>& bounds) {
    return bounds.size() <= kNearBoundsMax &&
           std::all_of(bounds.begin(), bounds.end(), [](T bound) {
             return static_cast<T>(static_cast<Number>(bound)) == bound;
           });
  }

  // Of bounds that it can count, which ascend.
  explicit BoundCounter(const std::vector<T>& bounds) : count_(bounds.size()) {
    bounds_.fill(std::numeric_limits<Number>::max());
    std::transform(bounds.begin(), bounds.end(), bounds_.begin(),
                   [](T bound) { return static_cast<Number>(bound); });
  }

  // False if one of `rows` numbers is wider than 64 bits: then nothing is said
  // of any. A NaN reaches no bound.
  bool Count(const char* in, uint32_t rows, Counts* counts) const {
    return count_ <= kNearBoundsMax / 2
               ? CountUpTo<kNearBoundsMax / 2>(in, rows, counts->data())
               : CountUpTo<kNearBoundsMax>(in, rows, counts->data());
  }

 private:
  template <size_t kCount>
  bool CountUpTo(const char* in, uint32_t rows, uint64_t* counts) const {
    const uint64_t wide = RunAtUsedCpuLevel([=, bounds = bounds_,
                                             most = count_]() SLUICE_ANY_LEVEL {
      uint64_t high_bits = 0;
      for (uint32_t row = 0; row < rows; ++row) {
        const char* const at = in + row * sizeof(T);
        const auto value = LoadLittle<Number>(at);
        if constexpr (sizeof(T) == 16) {
          high_bits |=
              LoadLittle<uint64_t>(at + 8) ^ static_cast<uint64_t>(value >> 63);
        }
        uint64_t count = 0;
        for (size_t i = 0; i < kCount; ++i) {
          count += value >= bounds[i] ? 1 : 0;
        }
        // The largest number reaches the bounds that there are not.
        counts[row] = std::min<uint64_t>(count, most);
      }
      return high_bits;
    });
    return wide == 0;
  }

  std::array<Number, kNearBoundsMax> bounds_;
  size_t count_;
};

// One text for each number of bounds, none for 0.
class TextSlots {
 public:
  static bool CanHold(const std::vector<std::string>& texts) {
    return std::all_of(texts.begin(), texts.end(), [](const std::string& text) {
      return text.size() <= kSlotBytes;
    });
  }

  // Of texts that it can hold.
  explicit TextSlots(const std::vector<std::string>& texts)
      : slots_(texts.size() + 1), sizes_(texts.size() + 1) {
    for (size_t i = 0; i < texts.size(); ++i) {
      texts[i].copy(slots_[i + 1].data(), kSlotBytes);
      sizes_[i + 1] = texts[i].size();
    }
  }

  // From data + begin on, kSlotBytes more than the texts have; their ends go to
  // `ends`. Returns the last end.
  size_t Write(const Counts& counts, uint32_t rows, char* data, size_t begin,
               char* ends) const {
    // What is written might be what the vectors hold, as far as g++ can tell.
    const auto* const slots = slots_.data();
    const size_t* const sizes = sizes_.data();
    size_t end = begin;
    for (uint32_t row = 0; row < rows; ++row) {
      const uint64_t count = counts[row];
      std::memcpy(data + end, slots[count].data(), kSlotBytes);
      end += sizes[count];
      StoreLittle(static_cast<int32_t>(end), ends + row * sizeof(int32_t));
    }
    return end;
  }

 private:
  std::vector<std::array<char, kSlotBytes>> slots_;
  std::vector<size_t> sizes_;
};

template <typename T>
class BoundsTexts : public Operator {
 public:
  BoundsTexts(std::vector<T> bounds, std::vector<std::string> texts)
      : bounds_(std::move(bounds)),
        texts_(std::move(texts)),
        is_quick_(BoundCounter<T>::CanCount(bounds_) &&
                  TextSlots::CanHold(texts_)),
        counter_(is_quick_ ? bounds_ : std::vector<T>()),
        slots_(is_quick_ ? texts_ : std::vector<std::string>()) {
    for (const std::string& text : texts_) {
      bytes_max_ = std::max(bytes_max_, text.size());
    }
  }

  Treated Apply(const records::Column& column) const override {
    if (is_quick_) return ApplyQuickly(column);
    return NumbersToTexts<T>(column, bytes_max_,
                             [this](T value, char* out) -> char* {
                               const size_t count = CountOf(value);
                               if (count == 0) return nullptr;
                               const std::string& text = texts_[count - 1];
                               return out + text.copy(out, text.size());
                             });
  }

 private:
  // 0 of a NaN, too.
  size_t CountOf(T value) const {
    if (!(value >= bounds_.front())) return 0;
    return static_cast<size_t>(
        std::upper_bound(bounds_.begin(), bounds_.end(), value) -
        bounds_.begin());
  }

  Treated ApplyQuickly(const records::Column& column) const {
    const uint32_t rows = column.row_count;
    records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
    records::AlignedBuffer data((rows - column.null_count) * bytes_max_ +
                                kSlotBytes);
    OutputValidity validity(column);
    Counts counts;
    size_t end = 0;
    StoreLittle<int32_t>(0, offsets.data());
    for (uint32_t begin = 0; begin < rows; begin += kBlockRows) {
      const uint32_t count = std::min(rows - begin, kBlockRows);
      CountBlock(column, begin, count, &counts, &validity);
      end =
          slots_.Write(counts, count, data.data(), end,
                       offsets.data() + (begin + size_t{1}) * sizeof(int32_t));
    }
    Treated treated{column, validity.cleared()};
    treated.column.type = records::v1::DATA_TYPE_STRING;
    treated.column.offsets = std::move(offsets).Share();
    treated.column.data = std::move(data).Share().Slice(0, end);
    std::move(validity).MoveTo(&treated.column);
    return treated;
  }

  // A null counts as nothing, and what has reached no bound becomes null.
  void CountBlock(const records::Column& column, uint32_t begin, uint32_t rows,
                  Counts* counts, OutputValidity* validity) const {
    const char* const in = column.data.data() + begin * sizeof(T);
    if (!counter_.Count(in, rows, counts)) {
      for (uint32_t row = 0; row < rows; ++row) {
        (*counts)[row] = CountOf(LoadLittle<T>(in + row * sizeof(T)));
      }
    }
    const auto last = counts->begin() + rows;
    if (column.null_count == 0 && std::find(counts->begin(), last, 0) == last) {
      return;
    }
    for (uint32_t row = 0; row < rows; ++row) {
      if (column.IsNull(begin + row)) {
        (*counts)[row] = 0;
      } else if ((*counts)[row] == 0) {
        validity->ClearRow(begin + row);
      }
    }
  }

  const std::vector<T> bounds_;
  const std::vector<std::string> texts_;
  const bool is_quick_;
  const BoundCounter<T> counter_;
  const TextSlots slots_;
  size_t bytes_max_ = 0;
};

template <typename T>
std::unique_ptr<const Operator> NewFor(const NumberBucket& bucket,
                                       uint32_t scale) {
  std::vector<T> bounds;
  bounds.reserve(static_cast<size_t>(bucket.bounds_size()));
  for (const std::string& bound : bucket.bounds()) {
    bounds.push_back(TreatmentNumber<T>(bound, scale));
  }
  return std::make_unique<BoundsTexts<T>>(std::move(bounds),
                                          BoundedBucketTexts(bucket));
}

}  // namespace

std::unique_ptr<const Operator> NewBoundsTextGeneralization(
    const NumberBucket& bucket, records::DataType type, uint32_t scale) {
  switch (type) {
    case records::v1::DATA_TYPE_DOUBLE:
      return NewFor<double>(bucket, 0);
    case records::v1::DATA_TYPE_DECIMAL128:
      return NewFor<Int128>(bucket, scale);
    default:
      return NewFor<int64_t>(bucket, 0);
  }
}

}  // namespace sluice::desensitize
