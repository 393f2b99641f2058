#include "libs/desensitize/hide_ascii_avx2.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/hidden_part.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/desensitize/text_vectors_avx2.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

using TreatText =
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>;

// Whole vectors are written.
constexpr size_t kSlack = TwoVectors::kBytes;
// Of a column's texts on average, if nearly all are to fit in one vector.
constexpr size_t kNarrowBytesMean = 24;

// From kRunBytes - n on, the first n bytes are all ones and as many behind them
// as make a text are zeros; from 2 * kRunBytes - n on it is the other way
// round.
constexpr size_t kRunBytes = TwoVectors::kBytes;
constexpr std::array<uint8_t, 3 * kRunBytes> MakeRuns() {
  std::array<uint8_t, 3 * kRunBytes> runs = {};
  for (size_t i = 0; i < kRunBytes; ++i) {
    runs[i] = runs[2 * kRunBytes + i] = 0xFF;
  }
  return runs;
}
alignas(kRunBytes) constexpr auto kRuns = MakeRuns();

template <typename Width>
SLUICE_AVX2 inline typename Width::Vector FirstBytes(uint64_t count) {
  return Width::Load(kRuns.data() + kRunBytes - count);
}
template <typename Width>
SLUICE_AVX2 inline typename Width::Vector BytesFrom(uint64_t begin) {
  return Width::Load(kRuns.data() + 2 * kRunBytes - begin);
}

// Each says which bytes of a text are hidden, and perhaps bytes behind the
// text, and which sizes are untreatable. What is hidden by its place depends on
// the size alone.
template <typename Width, typename Rule>
class HiddenBySize {
 public:
  SLUICE_AVX2 explicit HiddenBySize(const Rule& rule) {
    for (uint32_t size = 0; size <= Width::kBytes; ++size) {
      const CharacterRun run = RunOf(rule, size);
      char* const hidden = hidden_.data() + size * Width::kBytes;
      if constexpr (std::is_same_v<Rule, HideOutside>) {
        Width::Store(
            Width::Or(FirstBytes<Width>(run.begin), BytesFrom<Width>(run.end)),
            hidden);
      } else {
        Width::Store(
            Width::And(BytesFrom<Width>(run.begin), FirstBytes<Width>(run.end)),
            hidden);
      }
    }
    if constexpr (std::is_same_v<Rule, HideInside>) {
      refused_max_ =
          static_cast<uint32_t>(std::min<size_t>(rule.begin, Width::kBytes));
    }
  }

  SLUICE_AVX2 bool Refuses(uint32_t size) const {
    if constexpr (!std::is_same_v<Rule, HideInside>) return false;
    return size - 1 < refused_max_;
  }
  SLUICE_AVX2 typename Width::Vector Of(typename Width::Vector /*text*/,
                                        uint32_t size) const {
    return Width::Load(hidden_.data() + size * Width::kBytes);
  }

 private:
  alignas(kRunBytes)
      std::array<char, (Width::kBytes + 1) * size_t{Width::kBytes}> hidden_;
  uint32_t refused_max_ = 0;
};

// No byte of ASCII equals the first one of a longer character.
template <typename Width>
class HiddenAround {
 public:
  SLUICE_AVX2 explicit HiddenAround(absl::string_view character)
      : character_(Width::Fill(character[0])) {}

  SLUICE_AVX2 bool Refuses(uint32_t /*size*/) const { return false; }

 protected:
  // Where the character is, a bit a byte, in a text and behind it.
  SLUICE_AVX2 uint64_t Places(typename Width::Vector text) const {
    return Width::Equal(text, character_);
  }

 private:
  typename Width::Vector character_;
};

template <typename Width>
class HiddenBefore : public HiddenAround<Width> {
 public:
  SLUICE_AVX2 explicit HiddenBefore(const HideBefore& rule)
      : HiddenAround<Width>(rule.character) {}

  SLUICE_AVX2 typename Width::Vector Of(typename Width::Vector text,
                                        uint32_t /*size*/) const {
    // All if there is none, which counts as kRunBytes, or nothing before it.
    const uint64_t first = _tzcnt_u64(this->Places(text));
    return Width::Load(kRuns.data() + (-first & (kRunBytes - 1)));
  }
};

template <typename Width>
class HiddenBehind : public HiddenAround<Width> {
 public:
  SLUICE_AVX2 explicit HiddenBehind(const HideBehind& rule)
      : HiddenAround<Width>(rule.character) {}

  SLUICE_AVX2 typename Width::Vector Of(typename Width::Vector text,
                                        uint32_t size) const {
    const uint64_t behind =
        kRunBytes - _lzcnt_u64(_bzhi_u64(this->Places(text), size));
    return BytesFrom<Width>(behind == size ? 0 : behind);
  }
};

template <typename Width, typename Rule>
SLUICE_AVX2 auto HiddenBy(const Rule& rule) {
  if constexpr (std::is_same_v<Rule, HideBefore>) {
    return HiddenBefore<Width>(rule);
  } else if constexpr (std::is_same_v<Rule, HideBehind>) {
    return HiddenBehind<Width>(rule);
  } else {
    return HiddenBySize<Width, Rule>(rule);
  }
}

// How far a kernel came: to a row that needs more care, or that is behind the
// last one it may read.
struct Progress {
  uint32_t row;
  // Where that row's text begins.
  uint32_t begin;
};

// Each text is written over what the one before it wrote too much. Sets bits of
// `other` if one is not ASCII.
template <typename Width, typename Hidden>
SLUICE_AVX2 SLUICE_APART Progress HideTexts(const records::Column& column,
                                            uint32_t rows, const Hidden& hidden,
                                            char symbol, Progress at, char* out,
                                            uint64_t* other) {
  using Vector = typename Width::Vector;
  const Vector symbols = Width::Fill(symbol);
  const char* const in = column.data.data();
  const char* const offsets = column.offsets.data() + sizeof(uint32_t);
  uint32_t begin = at.begin;
  uint32_t row = at.row;
  Vector all = Width::Fill(0);
  for (; row < rows; ++row) {
    const auto end = LoadLittle<uint32_t>(offsets + row * sizeof(uint32_t));
    const uint32_t size = end - begin;
    if (size > Width::kBytes) break;
    if (hidden.Refuses(size)) break;
    const Vector text = Width::Load(in + begin);
    all = Width::Or(all, text);
    Width::Store(Width::Blend(hidden.Of(text, size), text, symbols),
                 out + begin);
    begin = end;
  }
  *other |= Width::HighBits(all);
  return {row, begin};
}

// Rows before `narrow_rows` are looked at as narrow ones first.
template <typename Rule>
SLUICE_AVX2 bool HideColumn(const records::Column& column, const Rule& rule,
                            uint32_t narrow_rows, char symbol, TreatText treat,
                            char* out) {
  const auto narrow = HiddenBy<OneVector>(rule);
  const auto wide = HiddenBy<TwoVectors>(rule);
  const char* const in = column.data.data();
  const uint32_t wide_rows = RowsToRead(column, TwoVectors::kBytes);
  Progress at = {0, 0};
  uint64_t other = 0;
  while (at.row < column.row_count && other == 0) {
    at = HideTexts<OneVector>(column, narrow_rows, narrow, symbol, at, out,
                              &other);
    // What is left of the column, or one longer text.
    const uint32_t stopped = at.row;
    const uint32_t until =
        stopped < narrow_rows ? std::min(stopped + 1, wide_rows) : wide_rows;
    at = HideTexts<TwoVectors>(column, until, wide, symbol, at, out, &other);
    if (at.row == column.row_count || at.row > stopped) continue;
    const auto end = static_cast<uint32_t>(column.Offset(at.row + 1));
    if (end != at.begin) {
      if (!IsAscii(in + at.begin, end - at.begin)) return false;
      if (treat(in + at.begin, in + end, out + at.begin) == nullptr)
        return false;
    }
    at = {at.row + 1, end};
  }
  return other == 0;
}

}  // namespace

std::optional<Treated> HideAsciiAvx2(const records::Column& column,
                                     const HideRule& rule, char symbol,
                                     TreatText treat) {
  assert(UsedCpuLevel() >= CpuLevel::kAvx2);
  const size_t size = column.data.size();
  // What other scripts write shows early.
  constexpr size_t kLookedAt = 256;
  if (!IsAscii(column.data.data(), std::min(size, kLookedAt)))
    return std::nullopt;
  const bool is_narrow = size <= size_t{column.row_count} * kNarrowBytesMean;
  const uint32_t narrow_rows =
      is_narrow ? RowsToRead(column, OneVector::kBytes) : 0;
  records::AlignedBuffer data(size + kSlack);
  const bool is_hidden = std::visit(
      [&](const auto& each) {
        return HideColumn(column, each, narrow_rows, symbol, treat,
                          data.data());
      },
      rule);
  if (!is_hidden) return std::nullopt;
  Treated treated{column, 0};
  treated.column.data = std::move(data).Share().Slice(0, size);
  return treated;
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)
