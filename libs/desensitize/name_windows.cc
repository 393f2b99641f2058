#include "libs/desensitize/name_windows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/compound_surnames.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

// A window's last bit is left for where the name behind it begins.
constexpr int32_t kWindowBytesMax = 63;
// Fewer names than this are no window.
constexpr uint32_t kWindowRowsMin = kNameRows - 2;
// The sieve reads five bytes on.
constexpr int32_t kBytesRead = 64 + kCompoundSurnameBytes - 1;
// The first byte of U+00B7 between the parts of a transcribed name, and of
// little else.
constexpr char kSeparatorLead = '\xC2';

SLUICE_AVX512 inline __m512i LoadBytes(const void* bytes) {
  return _mm512_loadu_si512(bytes);
}

// What the loop compares with. g++ would make it anew in every turn if it knew
// what it is.
struct Constants {
  __m512i ones = _mm512_set1_epi64(1);
  __m512i highest_of_none = _mm512_set1_epi8(static_cast<char>(0xBF));
  __m512i separators = _mm512_set1_epi8(kSeparatorLead);
  __m512i sieve_1 = LoadBytes(kCompoundSurnameSieve.groups[0].data());
  __m512i sieve_2 = LoadBytes(kCompoundSurnameSieve.groups[1].data());
  __m512i sieve_4 = LoadBytes(kCompoundSurnameSieve.groups[2].data());
  __m512i sieve_5 = LoadBytes(kCompoundSurnameSieve.groups[3].data());

  SLUICE_AVX512 Constants() {
    asm("" : "+v"(ones), "+v"(highest_of_none), "+v"(separators));
    asm("" : "+v"(sieve_1), "+v"(sieve_2), "+v"(sieve_4), "+v"(sieve_5));
  }
};

// From one name on: as many as a window has place for, eight at most.
struct Window {
  int32_t begin;
  // 0 if it would be too few.
  uint32_t rows;
  // A bit for each byte of these names.
  uint64_t inside;
  // A bit where each of them and the one behind them begins.
  uint64_t starts;
  // In each lane the bit behind the last of one of eight names; none where that
  // is outside the window.
  __m512i behind;
};

SLUICE_AVX512 inline uint64_t OrOfLanes(__m512i lanes) {
  const __m256i four = _mm256_or_si256(_mm512_castsi512_si256(lanes),
                                       _mm512_extracti64x4_epi64(lanes, 1));
  const __m128i two = _mm_or_si128(_mm256_castsi256_si128(four),
                                   _mm256_extracti128_si256(four, 1));
  return static_cast<uint64_t>(
      _mm_cvtsi128_si64(_mm_or_si128(two, _mm_unpackhi_epi64(two, two))));
}

// Reads the nine offsets from `offsets` on.
SLUICE_AVX512 inline Window OpenWindow(const char* offsets,
                                       const Constants& constants) {
  const auto begin = LoadLittle<int32_t>(offsets);
  const auto bytes_of = [offsets, begin](size_t rows) {
    return LoadLittle<int32_t>(offsets + rows * sizeof(int32_t)) - begin;
  };
  const auto fit = [bytes_of](size_t rows) {
    return static_cast<uint32_t>(bytes_of(rows) <= kWindowBytesMax);
  };
  const uint32_t rows =
      kWindowRowsMin + fit(kWindowRowsMin + 1) + fit(kWindowRowsMin + 2);
  const __m256i lengths = _mm256_sub_epi32(
      _mm256_loadu_si256(
          reinterpret_cast<const __m256i*>(offsets + sizeof(int32_t))),
      _mm256_set1_epi32(begin));
  const __m512i behind =
      _mm512_sllv_epi64(constants.ones, _mm512_cvtepu32_epi64(lengths));
  return {begin, fit(kWindowRowsMin) != 0 ? rows : 0,
          _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(bytes_of(rows))),
          OrOfLanes(behind) | 1, behind};
}

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

// The bytes before each bit of `ends` down to the next lower bit of `starts`.
uint64_t BytesBefore(uint64_t ends, uint64_t starts) {
  uint64_t bytes = 0;
  for (; ends != 0; ends &= ends - 1) {
    const uint64_t below = (ends & -ends) - 1;
    bytes |= below & ~(std::bit_floor(starts & below) - 1);
  }
  return bytes;
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
                                     const Window& window,
                                     const Constants& constants) {
  const uint64_t starts = window.starts;
  const uint64_t leads =
      _mm512_cmpgt_epi8_mask(bytes, constants.highest_of_none);
  // Counting on from behind the first byte of each name runs through the others
  // of its character.
  const uint64_t sum = ~leads + (starts << 1);
  return {leads, (~leads & ~sum) | starts, leads & sum & starts,
          SieveCompounds(text, constants) & starts & window.inside};
}

// Where the names go.
struct Output {
  const char* begin;
  char* end;
  char* offsets;
};

// Writes a window of which the bytes `family` stay.
SLUICE_AVX512 inline void WriteWindow(uint32_t row, const Window& window,
                                      __m512i bytes, uint64_t leads,
                                      uint64_t family, char symbol,
                                      const Constants& constants, Output* out) {
  const __m512i low_halves =
      _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 14, 12, 10, 8, 6, 4, 2, 0);
  const uint64_t kept = (leads | family) & window.inside;
  _mm512_storeu_si512(
      out->end, _mm512_maskz_compress_epi8(
                    kept, _mm512_mask_blend_epi8(leads & ~family, bytes,
                                                 _mm512_set1_epi8(symbol))));
  // Before the end of each name as many bytes stay as bits are set there.
  const __m512i before = _mm512_popcnt_epi64(
      _mm512_and_si512(_mm512_set1_epi64(static_cast<int64_t>(kept)),
                       _mm512_sub_epi64(window.behind, constants.ones)));
  _mm256_storeu_si256(
      reinterpret_cast<__m256i*>(out->offsets +
                                 (row + size_t{1}) * sizeof(int32_t)),
      _mm256_add_epi32(
          _mm512_castsi512_si256(_mm512_permutexvar_epi32(low_halves, before)),
          _mm256_set1_epi32(static_cast<int>(out->end - out->begin))));
  out->end += std::popcount(kept);
}

// Hides the names of windows from `row` on in which each family name is one
// character, before row `rows`; returns the row where it stopped.
SLUICE_AVX512 uint32_t HidePlain(const records::Column& column, uint32_t row,
                                 uint32_t rows, char symbol, Output* output) {
  const char* const texts = column.data.data();
  const char* const offsets = column.offsets.data();
  const Constants constants;
  Output out = *output;
  // One window ahead, so that none waits for where it begins.
  Window next = OpenWindow(offsets + row * sizeof(int32_t), constants);
  while (row < rows) {
    const Window window = next;
    next =
        OpenWindow(offsets + (row + window.rows) * sizeof(int32_t), constants);
    const char* const text = texts + window.begin;
    const __m512i bytes = LoadBytes(text);
    const bool has_parts =
        _mm512_cmpeq_epi8_mask(bytes, constants.separators) != 0;
    if (has_parts || window.rows == 0) break;
    const Parts parts = FindParts(text, bytes, window, constants);
    if ((parts.alone | parts.compounds) != 0) break;
    WriteWindow(row, window, bytes, parts.leads, parts.family, symbol,
                constants, &out);
    row += window.rows;
  }
  *output = out;
  return row;
}

// The same for the window at `row`, whatever its family names are.
SLUICE_AVX512 uint32_t HideWindow(const records::Column& column, uint32_t row,
                                  char symbol, Output* out) {
  const Constants constants;
  const Window window =
      OpenWindow(column.offsets.data() + row * sizeof(int32_t), constants);
  const char* const text = column.data.data() + window.begin;
  const __m512i bytes = LoadBytes(text);
  const bool has_parts =
      _mm512_cmpeq_epi8_mask(bytes, constants.separators) != 0;
  if (has_parts || window.rows == 0) return row;
  const Parts parts = FindParts(text, bytes, window, constants);
  const uint64_t family =
      (parts.family & ~BytesBefore(parts.alone, window.starts)) |
      SecondsOfCompounds(text, parts.compounds, window.starts);
  WriteWindow(row, window, bytes, parts.leads, family, symbol, constants, out);
  return row + window.rows;
}

}  // namespace

bool HasNameWindows() { return UsedCpuLevel() == CpuLevel::kAvx512; }

uint32_t HideNames(const records::Column& column, uint32_t row, char symbol,
                   const char* out_begin, char** out, char* offsets_out) {
  assert(HasNameWindows());
  // No window may read beyond the texts, nor the one after it beyond the
  // offsets.
  uint32_t rows = column.row_count - std::min(column.row_count, 2 * kNameRows);
  const int64_t begin_max =
      static_cast<int64_t>(column.data.size()) - kBytesRead;
  while (rows > row && column.Offset(rows - 1) > begin_max) --rows;
  Output output = {out_begin, *out, offsets_out};
  while (row < rows) {
    row = HidePlain(column, row, rows, symbol, &output);
    if (row >= rows) break;
    const uint32_t behind = HideWindow(column, row, symbol, &output);
    if (behind == row) break;
    row = behind;
  }
  *out = output.end;
  return row;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

bool HasNameWindows() { return false; }

uint32_t HideNames(const records::Column&, uint32_t row, char, const char*,
                   char**, char*) {
  return row;
}

}  // namespace sluice::desensitize

#endif
