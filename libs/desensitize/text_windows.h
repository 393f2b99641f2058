// Short texts, as many at a time as one vector holds: they stand side by side
// in a column, so what each byte is and whether it stays is decided for all of
// them at once, a bit a byte. For kernels at CpuLevel::kAvx512, to be included
// by their .cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_TEXT_WINDOWS_H_
#define SLUICE_LIBS_DESENSITIZE_TEXT_WINDOWS_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/records/batch.h"

#if defined(__x86_64__)

namespace sluice::desensitize {

// A window's last bit is left for where the text behind it begins.
inline constexpr uint32_t kWindowBytesMax = 63;
inline constexpr uint32_t kWindowRowsMax = 8;

// The texts from one row on.
struct TextWindow {
  // Else there are too few in it, and the rest says nothing.
  bool is_whole;
  // Where the first of them begins in the column.
  uint32_t begin;
  uint32_t rows;
  // Of all of them.
  uint32_t bytes;
  // A bit where each of them and the one behind them begins, and where further
  // ones do. Empty texts share theirs.
  uint64_t starts;
  // In each lane the bit behind the last of one of kWindowRowsMax texts; none
  // where that is outside the window.
  __m512i behind;

  // A bit for each of its bytes.
  SLUICE_AVX512 uint64_t inside() const {
    return _bzhi_u64(~uint64_t{0}, bytes);
  }
};

// A one in each lane that the compiler knows nothing of. g++ would make it anew
// in every turn of a loop if it knew what it is.
SLUICE_AVX512 inline __m512i OnesInLanes() {
  __m512i ones = _mm512_set1_epi64(1);
  asm("" : "+v"(ones));
  return ones;
}

SLUICE_AVX512 inline uint64_t OrOfLanes(__m512i lanes) {
  const __m256i four = _mm256_or_si256(_mm512_castsi512_si256(lanes),
                                       _mm512_extracti64x4_epi64(lanes, 1));
  const __m128i two = _mm_or_si128(_mm256_castsi256_si128(four),
                                   _mm256_extracti128_si256(four, 1));
  return static_cast<uint64_t>(
      _mm_cvtsi128_si64(_mm_or_si128(two, _mm_unpackhi_epi64(two, two))));
}

// The window of kRowsMin rows, or one or two more if they fit. Reads
// kWindowRowsMax + 1 offsets from `offsets` on. How far it goes is counted in
// few steps, since the next window waits for it.
template <uint32_t kRowsMin>
SLUICE_AVX512 inline TextWindow OpenWindow(const char* offsets, __m512i ones) {
  static_assert(kRowsMin + 2 <= kWindowRowsMax);
  const auto begin = LoadLittle<uint32_t>(offsets);
  const auto bytes_of = [offsets, begin](size_t rows) {
    return LoadLittle<uint32_t>(offsets + rows * sizeof(uint32_t)) - begin;
  };
  const auto fit = [bytes_of](size_t rows) {
    return static_cast<uint32_t>(bytes_of(rows) <= kWindowBytesMax);
  };
  const uint32_t rows = kRowsMin + fit(kRowsMin + 1) + fit(kRowsMin + 2);
  const __m256i lengths = _mm256_sub_epi32(
      _mm256_loadu_si256(
          reinterpret_cast<const __m256i*>(offsets + sizeof(uint32_t))),
      _mm256_broadcastd_epi32(_mm_loadu_si32(offsets)));
  const __m512i behind =
      _mm512_sllv_epi64(ones, _mm512_cvtepu32_epi64(lengths));
  return {fit(kRowsMin) != 0,    begin, rows, bytes_of(rows),
          OrOfLanes(behind) | 1, behind};
}

// The rows before which windows may begin, which read `bytes` bytes from where
// they begin: none may read beyond the texts or the offsets.
inline uint32_t RowsOfWindows(const records::Column& column, size_t bytes) {
  return std::min(
      RowsToRead(column, bytes),
      column.row_count - std::min(column.row_count, kWindowRowsMax));
}

// Where texts go, one behind the other, and where each ends.
struct WindowOutput {
  char* texts;
  // Of what is written so far.
  uint32_t size;
  char* offsets;
};

// Writes the bytes of `window`, which begins at `row`, that `kept` has a bit
// for. Further bits say nothing. Fills up the vector, and the offsets of
// kWindowRowsMax rows.
SLUICE_AVX512 inline void WriteWindow(uint32_t row, const TextWindow& window,
                                      __m512i bytes, uint64_t kept,
                                      __m512i ones, WindowOutput* out) {
  kept = _bzhi_u64(kept, window.bytes);
  const __m512i low_halves =
      _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, 14, 12, 10, 8, 6, 4, 2, 0);
  _mm512_storeu_si512(out->texts + out->size,
                      _mm512_maskz_compress_epi8(kept, bytes));
  // Before the end of each text as many bytes stay as bits are set there.
  const __m512i before = _mm512_popcnt_epi64(
      _mm512_and_si512(_mm512_set1_epi64(static_cast<int64_t>(kept)),
                       _mm512_sub_epi64(window.behind, ones)));
  _mm256_storeu_si256(
      reinterpret_cast<__m256i*>(out->offsets +
                                 (row + size_t{1}) * sizeof(uint32_t)),
      _mm256_add_epi32(
          _mm512_castsi512_si256(_mm512_permutexvar_epi32(low_halves, before)),
          _mm256_set1_epi32(static_cast<int>(out->size))));
  out->size += static_cast<uint32_t>(std::popcount(kept));
}

// The bits before each bit of `ends` down to the next lower bit of `starts`.
inline uint64_t BitsBefore(uint64_t ends, uint64_t starts) {
  uint64_t bits = 0;
  for (; ends != 0; ends &= ends - 1) {
    const uint64_t below = (ends & -ends) - 1;
    bits |= below & ~(std::bit_floor(starts & below) - 1);
  }
  return bits;
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_TEXT_WINDOWS_H_
