// Numbers to the ranges of a given width that they are in.
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/beyond_bit.h"
#include "libs/desensitize/bucket_texts.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_doubles.h"
#include "libs/desensitize/near_multiples.h"
#include "libs/desensitize/number_pairs.h"
#include "libs/desensitize/numbers_to_texts.h"
#include "libs/desensitize/pairs_to_texts.h"
#include "libs/desensitize/shifted_number.h"
#include "libs/desensitize/treatment_number.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::NumberBucket;

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

// Writes `number` / 10^decimals with all its decimals; returns the end. At most
// 42 bytes.
char* WriteDecimal(Int128 number, uint32_t decimals, char* out) {
  constexpr uint64_t kChunk = 1'000'000'000'000'000'000;  // 10^18
  constexpr size_t kChunkDigits = 18;
  if (number < 0) *out++ = '-';
  auto rest = static_cast<Uint128>(number);
  if (number < 0) rest = -rest;
  // The lowest digits end at digits + sizeof(digits).
  char digits[3 * kChunkDigits];
  char* begin = digits + sizeof(digits);
  do {
    char chunk[kChunkDigits + 2];
    auto low = static_cast<uint64_t>(rest);
    if (low == rest) {
      // Dividing 128 bits takes long.
      rest = 0;
    } else {
      low = static_cast<uint64_t>(rest % kChunk);
      rest /= kChunk;
    }
    const char* const end =
        std::to_chars(chunk, chunk + sizeof(chunk), low).ptr;
    const auto size = static_cast<size_t>(end - chunk);
    begin -= size;
    std::memcpy(begin, chunk, size);
    if (rest != 0) {
      begin -= kChunkDigits - size;
      std::memset(begin, '0', kChunkDigits - size);
    }
  } while (rest != 0);
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

// The pair of a range's ends, whose lowest bits are `lower`'s.
SLUICE_ANY_LEVEL inline uint64_t PairFrom(uint64_t lower, uint64_t width) {
  return (lower & 0xFFFF'FFFF) | (lower + width) << 32;
}

// Each sets the pair of the ends of a value's range and returns flags as
// TreatEveryNumber asks for: the highest bit if it has none.
//
// INT64, and DECIMAL128 of 64 bits.
class NearIntegerRange {
 public:
  using Value = int64_t;

  explicit NearIntegerRange(Int128 width)
      : width_(width < kPairNumberMax ? static_cast<int64_t>(width) : 1),
        far_(width < kPairNumberMax ? kPairNumberMax - width_ : 0),
        values_(far_ == 0 ? 0 : static_cast<uint64_t>(2 * far_ + 1)),
        quotients_(width_) {}

  SLUICE_ANY_LEVEL uint64_t operator()(int64_t value, uint64_t* pair) const {
    // The lower half of a shifted number is the number's.
    const double lower = quotients_.Of(value) * static_cast<double>(width_) +
                         Shifted<double>::kShift;
    *pair =
        PairFrom(std::bit_cast<uint64_t>(lower), static_cast<uint64_t>(width_));
    return BeyondBit(static_cast<uint64_t>(value) + static_cast<uint64_t>(far_),
                     values_);
  }

 private:
  int64_t width_;
  // Values have a pair up to here, and how many these are.
  int64_t far_;
  uint64_t values_;
  NearQuotients quotients_;
};

class NearDoubleRange {
 public:
  using Value = double;

  explicit NearDoubleRange(const DoubleRange& exact)
      : width_(exact.width),
        units_(exact.units < kPairNumberMax ? static_cast<uint64_t>(exact.units)
                                            : kPairNumberMax),
        far_(kPairNumberMax / units_ - 1),
        counts_(far_ == 0 ? 0 : 2 * far_ + 1),
        multiples_(exact.width) {}

  SLUICE_ANY_LEVEL uint64_t operator()(double value, uint64_t* pair) const {
    double lower = 0;
    const uint64_t flags = multiples_.Floor(value, &lower);
    const uint64_t count =
        Shifted<double>::NumberOf(lower / width_ + Shifted<double>::kShift);
    *pair = PairFrom(count * units_, units_);
    return flags | BeyondBit(count + far_, counts_);
  }

 private:
  double width_;
  uint64_t units_;
  // Ranges are counted. They have a pair up to here, and how many these are.
  uint64_t far_;
  uint64_t counts_;
  NearDoubles multiples_;
};

// The flags of `near` for the number at `in`, whose pair it sets.
template <typename T, typename Near>
SLUICE_ANY_LEVEL inline uint64_t NearPairAt(const char* in, const Near& near,
                                            uint64_t* pair) {
  const auto value = LoadLittle<typename Near::Value>(in);
  if constexpr (sizeof(T) == 16) {
    const uint64_t high_of_wide =
        LoadLittle<uint64_t>(in + 8) ^ static_cast<uint64_t>(value >> 63);
    return near(value, pair) | high_of_wide | (0 - high_of_wide);
  } else {
    return near(value, pair);
  }
}

template <typename T, typename Range, typename Near>
class RangeTexts : public Operator {
 public:
  RangeTexts(Range range, Near near, uint32_t decimals, size_t bytes_max)
      : range_(range),
        near_(near),
        has_quick_(decimals <= kPairDecimalsMax),
        writer_({has_quick_ ? decimals : 0, /*is_range=*/true}),
        bytes_max_(bytes_max) {}

  Treated Apply(const records::Column& column) const override {
    if (!has_quick_ || !PairWriter::CanWrite()) {
      return NumbersToTexts<T>(
          column, bytes_max_,
          [range = range_](T value, char* out) { return range(value, out); });
    }
    const char* const in = column.data.data();
    return PairsToTexts(
        column, writer_, bytes_max_,
        [this, in, &column](uint32_t begin, uint32_t rows, NumberPair* pairs) {
          const uint64_t near = NearRows(in + begin * sizeof(T), rows, pairs);
          const uint64_t values = ValuesFrom(column, begin, rows);
          return PairRows{near & values, ~near & values};
        },
        [this, in](uint32_t row, char* out) {
          return range_(LoadLittle<T>(in + row * sizeof(T)), out);
        });
  }

 private:
  // Sets the pairs of `rows` numbers; a bit for each that has one.
  uint64_t NearRows(const char* in, uint32_t rows, NumberPair* pairs) const {
    auto* const out = reinterpret_cast<char*>(pairs);
    const uint64_t left =
        RunAtUsedCpuLevel([=, near = near_]() SLUICE_ANY_LEVEL {
          uint64_t flags = 0;
          for (uint32_t row = 0; row < rows; ++row) {
            uint64_t pair = 0;
            flags |= NearPairAt<T>(in + row * sizeof(T), near, &pair);
            StoreLittle(pair, out + row * sizeof(pair));
          }
          return flags;
        });
    if (left >> 63 == 0) return ~uint64_t{0};
    uint64_t bits = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      uint64_t ignored = 0;
      const uint64_t flags =
          NearPairAt<T>(in + row * sizeof(T), near_, &ignored);
      bits |= (flags >> 63 ^ 1) << row;
    }
    return bits;
  }

  const Range range_;
  const Near near_;
  const bool has_quick_;
  const PairWriter writer_;
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
        range, NearDoubleRange(range), decimals, bytes_max);
  } else {
    const T width = TreatmentNumber<T>(bucket.width(), scale);
    return std::make_unique<RangeTexts<T, IntegerRange<T>, NearIntegerRange>>(
        IntegerRange<T>{width, scale}, NearIntegerRange(width), scale,
        bytes_max);
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
