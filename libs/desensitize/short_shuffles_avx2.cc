#include "libs/desensitize/short_shuffles_avx2.h"

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/prefix_sums_avx2.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

SLUICE_AVX2 inline __m256i LoadEight(const char* numbers) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(numbers));
}

SLUICE_AVX2 inline void StoreEight(__m256i numbers, void* out) {
  _mm256_storeu_si256(static_cast<__m256i*>(out), numbers);
}

SLUICE_AVX2 inline __m128i LoadBytes(const void* bytes) {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

}  // namespace

SLUICE_AVX2 uint32_t ShortShuffles::Hide(const char* texts, const char* offsets,
                                         uint32_t row, uint32_t rows,
                                         uint32_t until, char* out,
                                         char* offsets_out) const {
  const __m256i written = _mm256_broadcastsi128_si256(
      _mm_load_si128(reinterpret_cast<const __m128i*>(written_.data())));
  const __m256i longest = _mm256_set1_epi32(kBytes - 1);
  const __m256i last = _mm256_set1_epi32(kRows - 1);
  const auto* const sources = reinterpret_cast<const char*>(sources_.data());
  const auto* const symbols = reinterpret_cast<const char*>(symbols_.data());
  __m256i before = _mm256_set1_epi32(
      LoadLittle<int32_t>(offsets_out + row * sizeof(int32_t)));
  for (; row + kRows <= rows; row += kRows) {
    const char* const begins = offsets + row * sizeof(uint32_t);
    const char* const ends = begins + sizeof(uint32_t);
    char* const begins_out = offsets_out + row * sizeof(uint32_t);
    if (LoadLittle<uint32_t>(begins + kRows * sizeof(uint32_t)) > until) break;
    const __m256i sizes = _mm256_sub_epi32(LoadEight(ends), LoadEight(begins));
    const __m256i sizes_out = _mm256_shuffle_epi8(written, sizes);
    const __m256i refused = _mm256_slli_epi32(sizes_out, 24);
    const __m256i wrong =
        _mm256_or_si256(_mm256_cmpgt_epi32(sizes, longest), refused);
    if (_mm256_movemask_ps(_mm256_castsi256_ps(wrong)) != 0) break;
    const __m256i ends_out = _mm256_add_epi32(before, PrefixSums(sizes_out));
    before = _mm256_permutevar8x32_epi32(ends_out, last);
    StoreEight(ends_out, begins_out + sizeof(uint32_t));
    // Where in the tables each text's are.
    alignas(sizeof(__m256i)) char places[kRows * sizeof(uint32_t)];
    StoreEight(_mm256_slli_epi32(sizes, 4), places);
    for (uint32_t i = 0; i < kRows; ++i) {
      const size_t each = i * sizeof(uint32_t);
      const auto place = LoadLittle<uint32_t>(places + each);
      const __m128i text =
          LoadBytes(texts + LoadLittle<uint32_t>(begins + each));
      const __m128i bytes =
          _mm_or_si128(_mm_shuffle_epi8(text, LoadBytes(sources + place)),
                       LoadBytes(symbols + place));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(
                           out + LoadLittle<uint32_t>(begins_out + each)),
                       bytes);
    }
  }
  return row;
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)
