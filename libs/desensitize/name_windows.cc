#include "libs/desensitize/name_windows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/compound_surnames.h"
#include "libs/desensitize/text_windows.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

static_assert(kNameRows == kWindowRowsMax);
// Names are so short that windows hold nearly as many.
constexpr uint32_t kRowsMin = kNameRows - 2;
// The sieve reads five bytes on.
constexpr uint32_t kBytesRead = 64 + kCompoundSurnameBytes - 1;
// The first byte of U+00B7 between the parts of a transcribed name, and of
// little else.
constexpr char kSeparatorLead = '\xC2';

SLUICE_AVX512 inline __m512i LoadBytes(const void* bytes) {
  return _mm512_loadu_si512(bytes);
}

// What the loop compares with. g++ would make it anew in every turn if it knew
// what it is.
struct Constants {
  __m512i highest_of_none = _mm512_set1_epi8(static_cast<char>(0xBF));
  __m512i separators = _mm512_set1_epi8(kSeparatorLead);
  __m512i sieve_1 = LoadBytes(kCompoundSurnameSieve.groups[0].data());
  __m512i sieve_2 = LoadBytes(kCompoundSurnameSieve.groups[1].data());
  __m512i sieve_4 = LoadBytes(kCompoundSurnameSieve.groups[2].data());
  __m512i sieve_5 = LoadBytes(kCompoundSurnameSieve.groups[3].data());

  SLUICE_AVX512 Constants() {
    asm("" : "+v"(highest_of_none), "+v"(separators));
    asm("" : "+v"(sieve_1), "+v"(sieve_2), "+v"(sieve_4), "+v"(sieve_5));
  }
};

// Where a compound surname may begin, and few other places.
SLUICE_AVX512 inline uint64_t SieveCompounds(const char* text,
                                             const Constants& constants) {
  static_assert(CompoundSurnameSieve::kAt == std::array<size_t, 4>{1, 2, 4, 5});
  const __m512i first = _mm512_and_si512(
      _mm512_permutexvar_epi8(LoadBytes(text + 1), constants.sieve_1),
      _mm512_permutexvar_epi8(LoadBytes(text + 2), constants.sieve_2));
  const __m512i second = _mm512_and_si512(
      _mm512_permutexvar_epi8(LoadBytes(text + 4), constants.sieve_4),
      _mm512_permutexvar_epi8(LoadBytes(text + 5), constants.sieve_5));
  uint64_t passed = _mm512_test_epi8_mask(first, second);
  // g++ would fold what is done to it into the comparison, for which the other
  // side must move to a mask register first.
  asm("" : "+r"(passed));
  return passed;
}

// The bytes of second characters that belong to a compound surname, of which
// one may begin at each bit of `maybe`.
uint64_t SecondsOfCompounds(const char* text, uint64_t maybe, uint64_t starts) {
  constexpr uint64_t kSecond = 0b111000;
  constexpr uint64_t kWhole = (uint64_t{1} << kCompoundSurnameBytes) - 1;
  uint64_t seconds = 0;
  for (; maybe != 0; maybe &= maybe - 1) {
    const int at = std::countr_zero(maybe);
    // The name ends with it, or before.
    if ((starts >> at >> 1 & kWhole) != 0) continue;
    if (IsCompoundSurname(text + at)) seconds |= kSecond << at;
  }
  return seconds;
}

// Of the names of a window, a bit a byte.
struct Parts {
  // The first byte of each character.
  uint64_t leads;
  // The family names, each taken for one character...
  uint64_t family;
  // ...which is wrong where one of these says so: behind a name of a single
  // character, which is hidden, and where a compound surname may begin.
  uint64_t alone;
  uint64_t compounds;
};

SLUICE_AVX512 inline Parts FindParts(const char* text, __m512i bytes,
                                     const TextWindow& window,
                                     const Constants& constants) {
  const uint64_t starts = window.starts;
  const uint64_t leads =
      _mm512_cmpgt_epi8_mask(bytes, constants.highest_of_none);
  // Counting on from behind the first byte of each name runs through the others
  // of its character.
  const uint64_t sum = ~leads + (starts << 1);
  return {leads, (~leads & ~sum) | starts, leads & sum & starts,
          SieveCompounds(text, constants) & starts & window.inside()};
}

// Writes a window of which the bytes `family` stay.
SLUICE_AVX512 inline void WriteNames(uint32_t row, const TextWindow& window,
                                     __m512i bytes, uint64_t leads,
                                     uint64_t family, __m512i symbols,
                                     __m512i ones, WindowOutput* out) {
  WriteWindow(row, window, _mm512_mask_blend_epi8(family, symbols, bytes),
              leads | family, ones, out);
}

// Hides the names of windows from `row` on in which each family name is one
// character, before row `rows`; returns the row where it stopped.
SLUICE_AVX512 uint32_t HidePlain(const records::Column& column, uint32_t row,
                                 uint32_t rows, char symbol,
                                 WindowOutput* output) {
  const char* const texts = column.data.data();
  const char* const offsets = column.offsets.data();
  const Constants constants;
  const __m512i ones = OnesInLanes();
  const __m512i symbols = _mm512_set1_epi8(symbol);
  WindowOutput out = *output;
  while (row < rows) {
    const TextWindow window =
        OpenWindow<kRowsMin>(offsets + row * sizeof(uint32_t), ones);
    const char* const text = texts + window.begin;
    const __m512i bytes = LoadBytes(text);
    const uint64_t separators =
        _mm512_cmpeq_epi8_mask(bytes, constants.separators);
    if (!window.is_whole) break;
    // At once: the next window waits for it.
    const uint32_t first_row = row;
    row += window.rows;
    const Parts parts = FindParts(text, bytes, window, constants);
    if ((parts.alone | parts.compounds | separators) != 0) {
      row = first_row;
      break;
    }
    WriteNames(first_row, window, bytes, parts.leads, parts.family, symbols,
               ones, &out);
  }
  *output = out;
  return row;
}

// The same for the window at `row`, whatever its family names are.
SLUICE_AVX512 uint32_t HideWindow(const records::Column& column, uint32_t row,
                                  char symbol, WindowOutput* out) {
  const Constants constants;
  const __m512i ones = OnesInLanes();
  const TextWindow window = OpenWindow<kRowsMin>(
      column.offsets.data() + row * sizeof(uint32_t), ones);
  const char* const text = column.data.data() + window.begin;
  const __m512i bytes = LoadBytes(text);
  const bool has_parts =
      _mm512_cmpeq_epi8_mask(bytes, constants.separators) != 0;
  if (has_parts || !window.is_whole) return row;
  const Parts parts = FindParts(text, bytes, window, constants);
  const uint64_t family =
      (parts.family & ~BitsBefore(parts.alone, window.starts)) |
      SecondsOfCompounds(text, parts.compounds, window.starts);
  WriteNames(row, window, bytes, parts.leads, family, _mm512_set1_epi8(symbol),
             ones, out);
  return row + window.rows;
}

}  // namespace

bool HasNameWindows() { return UsedCpuLevel() == CpuLevel::kAvx512; }

uint32_t HideNames(const records::Column& column, uint32_t row, uint32_t until,
                   char symbol, char* out_begin, char** out,
                   char* offsets_out) {
  assert(HasNameWindows());
  const uint32_t rows = std::min(until, RowsOfWindows(column, kBytesRead));
  WindowOutput output = {out_begin, static_cast<uint32_t>(*out - out_begin),
                         offsets_out};
  while (row < rows) {
    row = HidePlain(column, row, rows, symbol, &output);
    if (row >= rows) break;
    const uint32_t behind = HideWindow(column, row, symbol, &output);
    if (behind == row) break;
    row = behind;
  }
  *out = out_begin + output.size;
  return row;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

bool HasNameWindows() { return false; }

uint32_t HideNames(const records::Column&, uint32_t row, uint32_t, char, char*,
                   char**, char*) {
  return row;
}

}  // namespace sluice::desensitize

#endif
