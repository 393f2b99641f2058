// Numbers to the ranges of a given width that they are in.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/beyond_bit.h"
#include "libs/desensitize/bucket_texts.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_doubles.h"
#include "libs/desensitize/near_multiples.h"
#include "libs/desensitize/numbers_to_slot_texts.h"
#include "libs/desensitize/shifted_number.h"
#include "libs/desensitize/slot_texts.h"
#include "libs/desensitize/treatment_number.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::NumberBucket;

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

// As many as a number of 64 bits has in any case.
constexpr size_t kChunkDigits = 18;
using Digits = char[3 * kChunkDigits];

// The digits of a number of up to 128 bits, which end at digits +
// sizeof(digits); returns where they begin.
char* WriteDigits(Uint128 number, Digits& digits) {
  constexpr uint64_t kChunk = 1'000'000'000'000'000'000;  // 10^18
  char* begin = digits + sizeof(digits);
  do {
    char chunk[kChunkDigits];
    const auto low = static_cast<uint64_t>(number % kChunk);
    number /= kChunk;
    const char* const end =
        std::to_chars(chunk, chunk + sizeof(chunk), low).ptr;
    const auto size = static_cast<size_t>(end - chunk);
    begin -= size;
    std::memcpy(begin, chunk, size);
    if (number != 0) {
      begin -= kChunkDigits - size;
      std::memset(begin, '0', kChunkDigits - size);
    }
  } while (number != 0);
  return begin;
}

// 10^decimals, up to as many as 64 bits have room for.
constexpr uint32_t kNarrowDecimalsMax = 18;
constexpr uint64_t PowerOfTen(uint32_t decimals) {
  uint64_t power = 1;
  for (; decimals > 0; --decimals) power *= 10;
  return power;
}

// At most 20 characters and a point.
char* WriteNarrow(uint64_t number, uint32_t decimals, char* out) {
  constexpr size_t kDigitsMax = 20;
  if (decimals == 0) return std::to_chars(out, out + kDigitsMax, number).ptr;
  const uint64_t unit = PowerOfTen(decimals);
  char* const point = std::to_chars(out, out + kDigitsMax, number / unit).ptr;
  // The zeros at the front of the decimals need a digit before them, which
  // then becomes the point.
  char* const end =
      std::to_chars(point, point + kDigitsMax, number % unit + unit).ptr;
  *point = '.';
  return end;
}

// Writes `number` / 10^decimals with all its decimals; returns the end. At most
// 42 bytes.
char* WriteDecimal(Int128 number, uint32_t decimals, char* out) {
  if (number < 0) *out++ = '-';
  auto positive = static_cast<Uint128>(number);
  if (number < 0) positive = -positive;
  const auto narrow = static_cast<uint64_t>(positive);
  if (narrow == positive && decimals <= kNarrowDecimalsMax) {
    return WriteNarrow(narrow, decimals, out);
  }
  Digits digits;
  char* begin = WriteDigits(positive, digits);
  char* const end = digits + sizeof(digits);
  while (static_cast<size_t>(end - begin) < decimals + size_t{1}) {
    *--begin = '0';
  }
  const size_t whole = static_cast<size_t>(end - begin) - decimals;
  std::memcpy(out, begin, whole);
  out += whole;
  if (decimals == 0) return out;
  *out++ = '.';
  std::memcpy(out, begin + whole, decimals);
  return out + decimals;
}

char* WriteRange(Int128 lower, Int128 width, uint32_t decimals, char* out) {
  Int128 upper = 0;
  if (__builtin_add_overflow(lower, width, &upper)) return nullptr;
  *out++ = '[';
  out = WriteDecimal(lower, decimals, out);
  *out++ = ',';
  out = WriteDecimal(upper, decimals, out);
  *out++ = ')';
  return out;
}

// INT64 and DECIMAL128, in units of their last decimal.
template <typename T>
struct IntegerRange {
  T width;
  uint32_t decimals;

  char* operator()(T value, char* out) const {
    const T rest = value % width;
    T lower = 0;
    if (__builtin_sub_overflow(value, rest < 0 ? rest + width : rest, &lower)) {
      return nullptr;
    }
    return WriteRange(lower, width, decimals, out);
  }
};

// DOUBLE: the bucket is counted, so that its ends are the multiples as people
// write them and not the doubles next to them.
struct DoubleRange {
  double width;
  // `width` in units of its last decimal.
  Int128 units;
  uint32_t decimals;

  char* operator()(double value, char* out) const {
    // Up to here what rounding does is far below half a bucket.
    constexpr double kCountMax = 1125899906842624.0;  // 2^50
    const double rest = std::fmod(value, width);
    const double lower = value - (rest < 0 ? rest + width : rest);
    const double count = std::nearbyint(lower / width);
    Int128 scaled = 0;
    // False for a NaN, too.
    if (!(std::abs(count) <= kCountMax) ||
        __builtin_mul_overflow(static_cast<Int128>(count), units, &scaled)) {
      return nullptr;
    }
    return WriteRange(scaled, units, decimals, out);
  }
};

// Ranges near 0, whose texts are written before any value is seen: who tells
// more than a thousand apart does not hide much.
constexpr int64_t kNearBelow = 24;
constexpr int64_t kNearAbove = 1000;
constexpr uint64_t kNearRanges = kNearBelow + kNearAbove;

// Their texts, the lowest first, if they can have slots. `width` in units of
// the last decimal.
std::vector<std::string> NearTexts(Int128 width, uint32_t decimals) {
  std::vector<std::string> texts;
  Int128 farthest = 0;
  if (__builtin_mul_overflow(width, kNearAbove, &farthest)) return texts;
  // Two numbers of 128 bits and what is around them.
  constexpr size_t kNearTextBytesMax = 128;
  texts.reserve(kNearRanges);
  for (int64_t i = -kNearBelow; i < kNearAbove; ++i) {
    char text[kNearTextBytesMax];
    const char* const end = WriteRange(i * width, width, decimals, text);
    texts.emplace_back(static_cast<const char*>(text), end);
  }
  if (!SlotTexts::CanHold(texts)) texts.clear();
  return texts;
}

// Each finds the slot of a value's range, as NumbersToSlotTexts asks for it.
//
// INT64, and DECIMAL128 of 64 bits.
class NearIntegerRange {
 public:
  using Value = int64_t;

  // Whether the values of near ranges are such as NearQuotients takes.
  static bool CanFind(Int128 width) {
    return width <= NearQuotients::kMax / kNearAbove;
  }

  // No value has a slot if there are no texts, or they cannot be found.
  NearIntegerRange(Int128 width, bool has_texts)
      : width_(has_texts ? static_cast<int64_t>(width) : 0),
        below_(static_cast<uint64_t>(width_) * kNearBelow),
        values_(static_cast<uint64_t>(width_) * kNearRanges),
        quotients_(std::max<int64_t>(width_, 1)) {}

  SLUICE_ANY_LEVEL uint64_t operator()(int64_t value) const {
    // Behind that of no text.
    constexpr double kFirst = kNearBelow + 1;
    const uint64_t far =
        BeyondBit(static_cast<uint64_t>(value) + below_, values_);
    return SlotUnless(
        far, Shifted<double>::NumberOf(quotients_.Floor(value) +
                                       (kFirst + Shifted<double>::kShift)));
  }

 private:
  int64_t width_;
  // How far below 0 the first value with a slot is, and how many have one.
  uint64_t below_;
  uint64_t values_;
  NearQuotients quotients_;
};

class NearDoubleRange {
 public:
  using Value = double;

  static bool CanFind(double /*width*/) { return true; }

  NearDoubleRange(double width, bool has_texts)
      : per_width_(1 / width),
        ranges_(has_texts ? kNearRanges : 0),
        multiples_(width) {}

  SLUICE_ANY_LEVEL uint64_t operator()(double value) const {
    double lower = 0;
    const uint64_t flags = multiples_.Floor(value, &lower);
    const uint64_t range = Shifted<double>::NumberOf(lower * per_width_ +
                                                     Shifted<double>::kShift) +
                           kNearBelow;
    return SlotUnless(flags | BeyondBit(range, ranges_), range + 1);
  }

 private:
  double per_width_;
  uint64_t ranges_;
  NearDoubles multiples_;
};

template <typename T, typename Range, typename Near>
class RangeTexts : public Operator {
 public:
  // `width` in units of the last decimal.
  RangeTexts(Range range, Int128 width, size_t bytes_max)
      : RangeTexts(range,
                   Near::CanFind(range.width) ? NearTexts(width, range.decimals)
                                              : std::vector<std::string>(),
                   bytes_max) {}

  Treated Apply(const records::Column& column) const override {
    return NumbersToSlotTexts<T>(column, texts_, bytes_max_, near_, range_);
  }

 private:
  RangeTexts(Range range, const std::vector<std::string>& texts,
             size_t bytes_max)
      : range_(range),
        near_(range.width, !texts.empty()),
        texts_(texts),
        bytes_max_(bytes_max) {}

  const Range range_;
  const Near near_;
  const SlotTexts texts_;
  const size_t bytes_max_;
};

template <typename T>
std::unique_ptr<const Operator> NewFor(const NumberBucket& bucket,
                                       uint32_t scale, size_t bytes_max) {
  if constexpr (std::is_same_v<T, double>) {
    const size_t point = bucket.width().find('.');
    const auto decimals = static_cast<uint32_t>(
        point == std::string::npos ? 0 : bucket.width().size() - point - 1);
    const DoubleRange range{TreatmentNumber<T>(bucket.width(), 0),
                            TreatmentNumber<Int128>(bucket.width(), decimals),
                            decimals};
    return std::make_unique<RangeTexts<T, DoubleRange, NearDoubleRange>>(
        range, range.units, bytes_max);
  } else {
    const IntegerRange<T> range{TreatmentNumber<T>(bucket.width(), scale),
                                scale};
    return std::make_unique<RangeTexts<T, IntegerRange<T>, NearIntegerRange>>(
        range, range.width, bytes_max);
  }
}

}  // namespace

std::unique_ptr<const Operator> NewBucketTextGeneralization(
    const NumberBucket& bucket, records::DataType type, uint32_t scale) {
  if (!bucket.bounds().empty()) {
    return NewBoundsTextGeneralization(bucket, type, scale);
  }
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
