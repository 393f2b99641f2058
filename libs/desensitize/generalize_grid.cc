#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/desensitize/generalize_operators.h"
#include "libs/desensitize/point_rows.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kDecimals = kPointDecimalsMax;
constexpr size_t kNoDegree = absl::string_view::npos;
constexpr int32_t kMillionths = 1'000'000;
constexpr int32_t kDegreesMax = 180;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The bytes of `text` from `at` on, eight at most, the first one lowest, and 0
// behind its end.
uint64_t EightBytes(absl::string_view text, size_t at) {
  const size_t size = text.size() - at;
  if (size >= 8) return LoadLittle<uint64_t>(text.data() + at);
  if (size > 0 && text.size() >= 8) {
    return LoadLittle<uint64_t>(text.data() + text.size() - 8) >>
           (8 - size) * 8;
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < size; ++i) {
    bytes |= uint64_t{static_cast<uint8_t>(text[at + i])} << i * 8;
  }
  return bytes;
}

// The number of eight digits, the highest one in the lowest byte: neighbours
// are added up three times.
uint32_t NumberOf(uint64_t digits) {
  digits = digits * 10 + (digits >> 8);
  constexpr uint64_t kPairs = 0x000000FF000000FF;
  return static_cast<uint32_t>(
      ((digits & kPairs) * (100 + (uint64_t{1'000'000} << 32)) +
       (digits >> 16 & kPairs) * (1 + (uint64_t{10'000} << 32))) >>
      32);
}

// The millionths that the decimals of `text` from `at` on are, of which there
// must be one, and whether something is left of them. Returns behind them, or
// where they should be.
size_t ReadDecimals(absl::string_view text, size_t at, int32_t* millionths,
                    bool* has_rest) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t digits = EightBytes(text, at) ^ '0' * kEach;
  // Sets the highest bit of what is above 9; if another byte's too, of one
  // behind it.
  const uint64_t others = (digits | (digits + 0x76 * kEach)) & 0x80 * kEach;
  const size_t count = static_cast<size_t>(std::countr_zero(others)) / 8;
  // In front of them two zeros of eight digits.
  const uint64_t counted =
      count < kDecimals ? digits & ~(~uint64_t{0} << count * 8) : digits;
  *millionths = static_cast<int32_t>(NumberOf(counted << 16));
  at += std::min(count, kDecimals);
  if (count <= kDecimals) return at;
  for (; at < text.size() && IsDigit(text[at]); ++at) {
    *has_rest = *has_rest || text[at] != '0';
  }
  return at;
}

// Reads a decimal degree down to the millionth below it, from `at` on; returns
// behind it, or npos if there is none.
size_t ReadDegree(absl::string_view text, size_t at, int32_t* degree) {
  const bool negative = at < text.size() && text[at] == '-';
  if (negative) ++at;
  const size_t first = at;
  int32_t whole = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) {
    whole = whole * 10 + (text[at] - '0');
    if (whole > kDegreesMax) return kNoDegree;
  }
  if (at == first) return kNoDegree;
  int32_t millionths = 0;
  bool has_rest = false;
  if (at < text.size() && text[at] == '.') {
    const size_t decimals = ++at;
    at = ReadDecimals(text, decimals, &millionths, &has_rest);
    if (at == decimals) return kNoDegree;
  }
  const int32_t value = whole * kMillionths + millionths;
  *degree = negative ? -value - (has_rest ? 1 : 0) : value;
  return *degree >= -kDegreesMax * kMillionths &&
                 *degree <= kDegreesMax * kMillionths
             ? at
             : kNoDegree;
}

// Each whole degree of a corner, which may be a cell below -180, as it is
// written, and how long that is.
struct WholeDegrees {
  static constexpr size_t kBytes = 4;
  std::array<std::array<char, kBytes>, 1000> of = {};

  constexpr WholeDegrees() {
    for (size_t degree = 0; degree < of.size(); ++degree) {
      char* at = of[degree].data();
      if (degree >= 100) *at++ = static_cast<char>('0' + degree / 100);
      if (degree >= 10) *at++ = static_cast<char>('0' + degree / 10 % 10);
      *at = static_cast<char>('0' + degree % 10);
      of[degree].back() = static_cast<char>(at - of[degree].data() + 1);
    }
  }
};
constexpr WholeDegrees kWholeDegrees;

struct TwoDigits {
  std::array<std::array<char, 2>, 100> of = {};

  constexpr TwoDigits() {
    for (size_t number = 0; number < of.size(); ++number) {
      of[number] = {static_cast<char>('0' + number / 10),
                    static_cast<char>('0' + number % 10)};
    }
  }
};
constexpr TwoDigits kTwoDigits;

void WriteTwoDigits(uint32_t number, char* out) {
  std::memcpy(out, kTwoDigits.of[number].data(), 2);
}

class GridGeneralization : public Operator {
 public:
  // `cell` in millionths of a degree.
  explicit GridGeneralization(int64_t cell)
      : cell_(static_cast<int32_t>(cell)) {
    int64_t last_step = cell;
    for (; decimals_ > 0 && last_step % 10 == 0; --decimals_) last_step /= 10;
    const PointCut cut{decimals_, static_cast<uint32_t>(last_step)};
    if (cut.CanBeMade()) cut_ = cut;
  }

  Treated Apply(const records::Column& column) const override {
    const auto floor = [this](const char* begin, const char* end, char* out) {
      return Floor({begin, static_cast<size_t>(end - begin)}, out);
    };
    if (cut_) {
      auto treated = CutPointRows(column, *cut_, floor);
      if (treated) return *std::move(treated);
    }
    const size_t texts_max = std::min<size_t>(
        column.row_count - column.null_count, column.data.size());
    return TreatTexts(column, texts_max * kPointBytesMax, floor);
  }

 private:
  // Writes the corner of the cell that a point lies in; null if it is none.
  char* Floor(absl::string_view text, char* out) const {
    int32_t first = 0;
    int32_t second = 0;
    size_t at = ReadDegree(text, 0, &first);
    if (at >= text.size() || text[at] != ',') return nullptr;
    ++at;
    // As people write it.
    if (at < text.size() && text[at] == ' ') ++at;
    if (ReadDegree(text, at, &second) != text.size()) return nullptr;
    out = Write(first, out);
    *out++ = ',';
    return Write(second, out);
  }

  // Writes the lower end of the cell that `degree` lies in, and decimals that
  // do not count behind it.
  char* Write(int32_t degree, char* out) const {
    int32_t rest = degree % cell_;
    if (rest < 0) rest += cell_;
    const int32_t corner = degree - rest;
    *out = '-';
    if (corner < 0) ++out;
    const auto millionths = static_cast<uint32_t>(std::abs(corner));
    const auto& whole = kWholeDegrees.of[millionths / kMillionths];
    std::memcpy(out, whole.data(), whole.size());
    out += whole.back();
    if (decimals_ == 0) return out;
    *out++ = '.';
    const uint32_t decimals = millionths % kMillionths;
    WriteTwoDigits(decimals / 10'000, out);
    if (decimals_ > 2) {
      WriteTwoDigits(decimals / 100 % 100, out + 2);
      WriteTwoDigits(decimals % 100, out + 4);
    }
    return out + decimals_;
  }

  const int32_t cell_;
  // Of a corner.
  uint32_t decimals_ = kPointDecimalsMax;
  // Where a corner is some of the digits of the point.
  std::optional<PointCut> cut_;
};

}  // namespace

std::unique_ptr<const Operator> NewGridGeneralization(int64_t cell) {
  return std::make_unique<GridGeneralization>(cell);
}

}  // namespace sluice::desensitize
