#include "libs/desensitize/hide_windows.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <type_traits>
#include <variant>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/text_windows.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

static_assert(kHideWindowRows == kWindowRowsMax);

// On average; windows of longer ones hold hardly any.
constexpr size_t kTextBytesMax = 16;

// Spreads each bit of a mask over a run of `count` bits, the bit and those
// above it, or below it. Each step doubles the runs, or adds what is missing.
class Runs {
 public:
  explicit Runs(size_t count) : any_(count > 0 ? ~uint64_t{0} : 0) {
    count = std::min(count, kCountMax);
    for (size_t run = 1; run < count; ++steps_) {
      shifts_[steps_] = std::min(run, count - run);
      run += shifts_[steps_];
    }
  }

  SLUICE_AVX512 uint64_t Above(uint64_t bits) const {
    bits &= any_;
    for (size_t i = 0; i < steps_; ++i) bits |= bits << shifts_[i];
    return bits;
  }

 private:
  static constexpr size_t kCountMax = 64;
  static constexpr size_t kStepsMax = 6;

  uint64_t any_;
  size_t steps_ = 0;
  std::array<uint64_t, kStepsMax> shifts_ = {};
};

// The ends of texts without a bit of `hidden`: counting on from behind a text's
// first character runs through the others up to one that is hidden, or to the
// next text.
SLUICE_AVX512 inline uint64_t EndsOfBare(uint64_t hidden, uint64_t firsts) {
  return (~(hidden | firsts) + ((firsts & ~hidden) << 1)) & firsts;
}

// Each says which characters are hidden, a bit a character, of texts whose
// first ones are `firsts`, the first one behind the last text among them. False
// if a text is untreatable.
class BetweenRuns {
 public:
  explicit BetweenRuns(const HideBetween& rule)
      : first_(std::min<size_t>(rule.first, kWindowBytesMax)),
        last_(std::min<size_t>(rule.last, kWindowBytesMax)),
        kept_(first_ + last_) {}

  SLUICE_AVX512 bool Of(uint64_t firsts, uint64_t* hidden) const {
    // Another text begins within as many characters as one keeps: that one is
    // hidden whole.
    const uint64_t behind_short = kept_.Above(firsts << 1) & firsts;
    if (behind_short != 0) {
      *hidden = OneByOne(firsts);
      return true;
    }
    // Else what is hidden begins and ends in turns, and a bit less a lower one
    // is all from the lower one up to the other, for all texts at once.
    *hidden = ((firsts & (firsts - 1)) >> last_) - (firsts << first_);
    return true;
  }

 private:
  // Apart, so that what the loop around it needs stays in registers.
  SLUICE_APART uint64_t OneByOne(uint64_t firsts) const {
    uint64_t hidden = 0;
    for (uint64_t rest = firsts & (firsts - 1); rest != 0; rest &= rest - 1) {
      const auto begin = static_cast<uint64_t>(std::countr_zero(firsts));
      const auto end = static_cast<uint64_t>(std::countr_zero(rest));
      const bool is_long = end - begin > first_ + last_;
      hidden |= (uint64_t{1} << (is_long ? end - last_ : end)) -
                (uint64_t{1} << (is_long ? begin + first_ : begin));
      firsts = rest;
    }
    return hidden;
  }

  uint64_t first_;
  uint64_t last_;
  Runs kept_;
};

// A run that is longer than its text goes on over the first characters of the
// next text, which has a run of its own there.
class InsideRuns {
 public:
  explicit InsideRuns(const HideInside& rule)
      : before_(rule.begin), until_(rule.end) {}

  SLUICE_AVX512 bool Of(uint64_t firsts, uint64_t* hidden) const {
    *hidden = until_.Above(firsts) & ~before_.Above(firsts);
    return EndsOfBare(*hidden, firsts) == 0;
  }

 private:
  Runs before_;
  Runs until_;
};

class OutsideRuns {
 public:
  explicit OutsideRuns(const HideOutside& rule)
      : inside_(HideInside{rule.begin, rule.end}) {}

  SLUICE_AVX512 bool Of(uint64_t firsts, uint64_t* hidden) const {
    inside_.Of(firsts, hidden);
    *hidden = ~*hidden;
    const uint64_t bare = EndsOfBare(*hidden, firsts);
    if (bare != 0) *hidden |= BitsBefore(bare, firsts);
    return true;
  }

 private:
  InsideRuns inside_;
};

BetweenRuns RunsOf(const HideBetween& rule) { return BetweenRuns(rule); }
InsideRuns RunsOf(const HideInside& rule) { return InsideRuns(rule); }
OutsideRuns RunsOf(const HideOutside& rule) { return OutsideRuns(rule); }

template <uint32_t kRowsMin, typename Rule>
SLUICE_AVX512 uint32_t HideWith(const records::Column& column, const Rule& rule,
                                uint32_t row, char symbol,
                                WindowOutput* output) {
  const uint32_t rows = RowsOfWindows(column, sizeof(__m512i));
  if (row >= rows) return row;
  const char* const texts = column.data.data();
  const char* const offsets = column.offsets.data();
  const __m512i ones = OnesInLanes();
  const __m512i symbols = _mm512_set1_epi8(symbol);
  const __m512i last_continuation = _mm512_set1_epi8(static_cast<char>(0xBF));
  WindowOutput out = *output;
  while (row < rows) {
    const TextWindow window =
        OpenWindow<kRowsMin>(offsets + row * sizeof(uint32_t), ones);
    if (!window.is_whole) break;
    const __m512i bytes = _mm512_loadu_si512(texts + window.begin);
    const uint64_t leads = _mm512_cmpgt_epi8_mask(bytes, last_continuation);
    // A bit a character from here...
    const uint64_t firsts = _pext_u64(window.starts, leads);
    uint64_t hidden;
    if (!rule.Of(firsts, &hidden)) break;
    // ...to here. Of a hidden character the first byte stays, as the symbol.
    const uint64_t hidden_leads = _pdep_u64(hidden, leads);
    // Counting on from behind it runs through the others.
    const uint64_t kept = leads | (~leads + (hidden_leads << 1));
    WriteWindow(row, window,
                _mm512_mask_blend_epi8(hidden_leads, bytes, symbols), kept,
                ones, &out);
    row += window.rows;
  }
  *output = out;
  return row;
}

template <typename Rule>
constexpr bool kCountsCharacters =
    std::is_same_v<Rule, HideBetween> || std::is_same_v<Rule, HideInside> ||
    std::is_same_v<Rule, HideOutside>;

}  // namespace

bool HasHideWindows(const records::Column& column, const HideRule& rule) {
  return UsedCpuLevel() == CpuLevel::kAvx512 &&
         column.data.size() <= column.row_count * kTextBytesMax &&
         std::visit(
             [](const auto& each) {
               return kCountsCharacters<std::decay_t<decltype(each)>>;
             },
             rule);
}

uint32_t HideInWindows(const records::Column& column, const HideRule& rule,
                       uint32_t row, char symbol, char* out_begin, char** out,
                       char* offsets_out) {
  assert(HasHideWindows(column, rule));
  WindowOutput output = {out_begin, static_cast<uint32_t>(*out - out_begin),
                         offsets_out};
  // How many fit on average. Some are longer than that.
  const size_t fit = kWindowBytesMax * size_t{column.row_count} /
                     std::max<size_t>(column.data.size(), 1);
  std::visit(
      [&](const auto& each) {
        if constexpr (kCountsCharacters<std::decay_t<decltype(each)>>) {
          const auto runs = RunsOf(each);
          row = fit >= 7   ? HideWith<6>(column, runs, row, symbol, &output)
                : fit >= 5 ? HideWith<4>(column, runs, row, symbol, &output)
                           : HideWith<2>(column, runs, row, symbol, &output);
        }
      },
      rule);
  *out = out_begin + output.size;
  return row;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

bool HasHideWindows(const records::Column&, const HideRule&) { return false; }

uint32_t HideInWindows(const records::Column&, const HideRule&, uint32_t row,
                       char, const char*, char**, char*) {
  return row;
}

}  // namespace sluice::desensitize

#endif
