#include <algorithm>
#include <charconv>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/near_multiples.h"
#include "libs/desensitize/number_pairs.h"
#include "libs/desensitize/pairs_to_texts.h"
#include "libs/desensitize/point_rows.h"
#include "libs/desensitize/shifted_number.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

constexpr int kDecimals = 6;
constexpr int64_t kMillionths = 1'000'000;
constexpr int64_t kDegreesMax = 180;

// Reads a decimal degree down to the millionth below it; returns behind it, or
// null if there is none.
const char* ReadDegree(const char* begin, const char* end, int64_t* degree) {
  const bool negative = begin < end && *begin == '-';
  if (negative) ++begin;
  int64_t value = 0;
  const char* at = begin;
  for (; at < end && *at >= '0' && *at <= '9'; ++at) {
    value = value * 10 + (*at - '0');
    if (value > kDegreesMax) return nullptr;
  }
  if (at == begin) return nullptr;
  bool has_rest = false;
  int decimals = 0;
  if (at < end && *at == '.') {
    const char* const first = ++at;
    for (; at < end && *at >= '0' && *at <= '9'; ++at) {
      if (decimals < kDecimals) {
        value = value * 10 + (*at - '0');
        ++decimals;
      } else {
        has_rest = has_rest || *at != '0';
      }
    }
    if (at == first) return nullptr;
  }
  for (; decimals < kDecimals; ++decimals) value *= 10;
  *degree = negative ? -value - (has_rest ? 1 : 0) : value;
  return *degree >= -kDegreesMax * kMillionths &&
                 *degree <= kDegreesMax * kMillionths
             ? at
             : nullptr;
}

class GridGeneralization : public Operator {
 public:
  // `cell` in millionths of a degree, written with `decimals`.
  GridGeneralization(int64_t cell, int decimals)
      : cell_(cell),
        decimals_(decimals),
        // So that 180 degrees are a number of a pair.
        has_quick_(decimals < kDecimals),
        quotients_(cell),
        writer_({has_quick_ ? static_cast<uint32_t>(decimals) : 0,
                 /*is_range=*/false}) {
    for (int i = decimals; i < kDecimals; ++i) units_ /= 10;
  }

  Treated Apply(const records::Column& column) const override {
    if (has_quick_ && PairWriter::CanWrite()) {
      return PairsToTexts(
          column, writer_, kPointBytesMax,
          [this, &column](uint32_t begin, uint32_t rows, NumberPair* pairs) {
            const uint64_t read = ReadPoints(column, begin, rows, pairs);
            FloorPairs(rows, pairs);
            return PairRows{read, TextsFrom(column, begin, rows) & ~read};
          },
          [this, &column](uint32_t row, char* out) {
            const absl::string_view text = column.Text(row);
            return Floor(text.data(), text.data() + text.size(), out);
          });
    }
    const size_t texts_max = std::min<size_t>(
        column.row_count - column.null_count, column.data.size());
    return TreatTexts(column, texts_max * kPointBytesMax,
                      [this](const char* begin, const char* end, char* out) {
                        return Floor(begin, end, out);
                      });
  }

 private:
  // Two of -999.999999 and a comma.
  static constexpr size_t kPointBytesMax = 23;

  // A bit for each of `rows` texts that is not empty.
  static uint64_t TextsFrom(const records::Column& column, uint32_t begin,
                            uint32_t rows) {
    uint64_t texts = 0;
    for (uint32_t row = 0; row < rows; ++row) {
      const bool is_text =
          column.Offset(begin + row) != column.Offset(begin + row + 1);
      texts |= uint64_t{is_text} << row;
    }
    return texts;
  }

  // Millionths to the lower ends of cells, in units of the last decimal.
  void FloorPairs(uint32_t rows, NumberPair* pairs) const {
    static_assert(sizeof(NumberPair) == 2 * sizeof(int32_t));
    char* const numbers = reinterpret_cast<char*>(pairs);
    const uint32_t count = 2 * rows;
    const auto units = static_cast<double>(units_);
    RunAtUsedCpuLevel([=, quotients = quotients_]() SLUICE_ANY_LEVEL {
      for (uint32_t i = 0; i < count; ++i) {
        char* const at = numbers + i * sizeof(int32_t);
        const double corner = quotients.Of(LoadLittle<int32_t>(at)) * units;
        StoreLittle(static_cast<uint32_t>(Shifted<double>::NumberOf(
                        corner + Shifted<double>::kShift)),
                    at);
      }
      return true;
    });
  }

  // Writes the corner of the cell that a point lies in; null if it is none.
  char* Floor(const char* begin, const char* end, char* out) const {
    int64_t first = 0;
    int64_t second = 0;
    const char* at = ReadDegree(begin, end, &first);
    if (at == nullptr || at == end || *at != ',') return nullptr;
    ++at;
    // As people write it.
    if (at < end && *at == ' ') ++at;
    if (ReadDegree(at, end, &second) != end) return nullptr;
    out = Write(first, out);
    *out++ = ',';
    return Write(second, out);
  }

  // The lower end of the cell that `degree` lies in.
  char* Write(int64_t degree, char* out) const {
    int64_t rest = degree % cell_;
    if (rest < 0) rest += cell_;
    int64_t corner = degree - rest;
    if (corner < 0) {
      *out++ = '-';
      corner = -corner;
    }
    out = std::to_chars(out, out + 4, corner / kMillionths).ptr;
    if (decimals_ == 0) return out;
    *out++ = '.';
    int64_t fraction = corner % kMillionths;
    int64_t unit = kMillionths / 10;
    for (int i = 0; i < decimals_; ++i, unit /= 10) {
      *out++ = static_cast<char>('0' + fraction / unit);
      fraction %= unit;
    }
    return out;
  }

  const int64_t cell_;
  const int decimals_;
  const bool has_quick_;
  // A cell in units of the last decimal.
  int64_t units_ = cell_;
  const NearQuotients quotients_;
  const PairWriter writer_;
};

}  // namespace

std::unique_ptr<const Operator> NewGridGeneralization(int64_t cell) {
  int decimals = kDecimals;
  for (int64_t unit = 1; decimals > 0 && cell % (unit * 10) == 0; unit *= 10) {
    --decimals;
  }
  return std::make_unique<GridGeneralization>(cell, decimals);
}

}  // namespace sluice::desensitize
