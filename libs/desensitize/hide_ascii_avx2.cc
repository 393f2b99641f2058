#include "libs/desensitize/hide_ascii_avx2.h"

#include <algorithm>
#include <array>
#include <bit>
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
// text: of one of `size << kShift`, for what is looked up by it. Texts of up to
// refused_max() bytes are untreatable, but for empty ones. What is hidden by
// its place depends on the size alone.
template <typename Width, typename Rule>
class HiddenBySize {
 public:
  static constexpr int kShift = std::countr_zero(Width::kBytes);

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

  uint32_t refused_max() const { return refused_max_; }
  SLUICE_AVX2 typename Width::Vector Of(typename Width::Vector /*text*/,
                                        uint32_t place) const {
    return Width::Load(hidden_.data() + place);
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
  static constexpr int kShift = 0;

  SLUICE_AVX2 explicit HiddenAround(absl::string_view character)
      : character_(Width::Fill(character[0])) {}

  uint32_t refused_max() const { return 0; }

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

// What the steps of a column share.
struct Texts {
  const char* in;
  const char* offsets;
  char* out;
  char symbol;
  // Has bits if a text is not ASCII.
  uint64_t other;
};

// Rows that are looked at together.
constexpr uint32_t kTogether = sizeof(__m256i) / sizeof(uint32_t);

// Each text is written over what the one before it wrote too much.
template <typename Width, typename Hidden>
SLUICE_AVX2 SLUICE_APART Progress HideTogether(Texts* texts, uint32_t rows,
                                               const Hidden& hidden,
                                               Progress at) {
  using Vector = typename Width::Vector;
  const Vector symbols = Width::Fill(texts->symbol);
  const __m256i longest = _mm256_set1_epi32(Width::kBytes);
  const auto refused_max = static_cast<int>(hidden.refused_max());
  const __m256i refused = _mm256_set1_epi32(refused_max);
  const __m256i none = _mm256_setzero_si256();
  const char* const in = texts->in;
  char* const out = texts->out;
  uint32_t row = at.row;
  Vector all = Width::Fill(0);
  for (; row + kTogether <= rows; row += kTogether) {
    const char* const begins = texts->offsets + row * sizeof(uint32_t);
    const __m256i sizes = _mm256_sub_epi32(
        OneVector::Load(begins + sizeof(uint32_t)), OneVector::Load(begins));
    __m256i wrong = _mm256_cmpgt_epi32(sizes, longest);
    if (refused_max > 0) {
      const __m256i treatable = _mm256_or_si256(
          _mm256_cmpgt_epi32(sizes, refused), _mm256_cmpeq_epi32(sizes, none));
      wrong = _mm256_or_si256(
          wrong, _mm256_andnot_si256(treatable, _mm256_set1_epi32(-1)));
    }
    if (OneVector::HighBits(wrong) != 0) break;
    alignas(sizeof(__m256i)) char places[sizeof(__m256i)];
    OneVector::Store(_mm256_slli_epi32(sizes, Hidden::kShift), places);
#pragma GCC unroll 8
    for (size_t i = 0; i < sizeof(places); i += sizeof(uint32_t)) {
      const auto begin = LoadLittle<uint32_t>(begins + i);
      const Vector text = Width::Load(in + begin);
      all = Width::Or(all, text);
      const Vector of = hidden.Of(text, LoadLittle<uint32_t>(places + i));
      Width::Store(Width::Blend(of, text, symbols), out + begin);
    }
  }
  texts->other |= Width::HighBits(all);
  return {row, LoadLittle<uint32_t>(texts->offsets + row * sizeof(uint32_t))};
}

// The same one by one, up to a row that is long or untreatable.
template <typename Width, typename Hidden>
SLUICE_AVX2 Progress HideEach(Texts* texts, uint32_t rows, const Hidden& hidden,
                              Progress at) {
  using Vector = typename Width::Vector;
  const Vector symbols = Width::Fill(texts->symbol);
  for (; at.row < rows; ++at.row) {
    const auto end = LoadLittle<uint32_t>(
        texts->offsets + (at.row + size_t{1}) * sizeof(uint32_t));
    const uint32_t size = end - at.begin;
    if (size > Width::kBytes || size - 1 < hidden.refused_max()) break;
    const Vector text = Width::Load(texts->in + at.begin);
    texts->other |= Width::HighBits(text);
    const Vector of = hidden.Of(text, size << Hidden::kShift);
    Width::Store(Width::Blend(of, text, symbols), texts->out + at.begin);
    at.begin = end;
  }
  return at;
}

// Rows before `rows` that are together in vectors of `Width`, and then some one
// by one.
template <typename Width, typename Hidden>
SLUICE_AVX2 Progress HideRows(Texts* texts, uint32_t rows, const Hidden& hidden,
                              Progress at) {
  at = HideTogether<Width>(texts, rows, hidden, at);
  return HideEach<Width>(texts, std::min(rows, at.row + kTogether), hidden, at);
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
  Texts texts = {in, column.offsets.data(), out, symbol, 0};
  Progress at = {0, 0};
  while (at.row < column.row_count && texts.other == 0) {
    const uint32_t from = at.row;
    if (from < narrow_rows) {
      at = HideRows<OneVector>(&texts, narrow_rows, narrow, at);
      // One longer text.
      at = HideEach<TwoVectors>(&texts, std::min(at.row + 1, wide_rows), wide,
                                at);
    } else {
      at = HideRows<TwoVectors>(&texts, wide_rows, wide, at);
    }
    if (at.row > from) continue;
    const auto end = static_cast<uint32_t>(column.Offset(at.row + 1));
    if (end != at.begin) {
      if (!IsAscii(in + at.begin, end - at.begin)) return false;
      if (treat(in + at.begin, in + end, out + at.begin) == nullptr) {
        return false;
      }
    }
    at = {at.row + 1, end};
  }
  return texts.other == 0;
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
