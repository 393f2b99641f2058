// Where texts end whose sizes are known. For kernels at CpuLevel::kAvx2, to be
// included by their .cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_PREFIX_SUMS_AVX2_H_
#define SLUICE_LIBS_DESENSITIZE_PREFIX_SUMS_AVX2_H_

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"

#if defined(__x86_64__)

namespace sluice::desensitize {

// The sums of each of eight numbers of 32 bits and all before it.
SLUICE_AVX2 inline __m256i PrefixSums(__m256i numbers) {
  const __m256i by_two =
      _mm256_add_epi32(numbers, _mm256_bslli_epi128(numbers, 4));
  const __m256i by_four =
      _mm256_add_epi32(by_two, _mm256_bslli_epi128(by_two, 8));
  // The last of the lower four is added to the upper ones.
  const __m256i lower = _mm256_permute2x128_si256(by_four, by_four, 0x08);
  return _mm256_add_epi32(by_four, _mm256_shuffle_epi32(lower, 0xFF));
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_PREFIX_SUMS_AVX2_H_
