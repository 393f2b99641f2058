// A text of up to 32 bytes as one vector, or of up to 64 as two. For kernels at
// CpuLevel::kAvx2, to be included by their .cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_TEXT_VECTORS_AVX2_H_
#define SLUICE_LIBS_DESENSITIZE_TEXT_VECTORS_AVX2_H_

#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"

#if defined(__x86_64__)

namespace sluice::desensitize {

struct OneVector {
  using Vector = __m256i;
  static constexpr uint32_t kBytes = sizeof(Vector);

  SLUICE_AVX2 static inline Vector Load(const void* bytes) {
    return _mm256_loadu_si256(static_cast<const Vector*>(bytes));
  }
  SLUICE_AVX2 static inline void Store(Vector bytes, void* out) {
    _mm256_storeu_si256(static_cast<Vector*>(out), bytes);
  }
  SLUICE_AVX2 static inline Vector Fill(char byte) {
    return _mm256_set1_epi8(byte);
  }
  SLUICE_AVX2 static inline Vector And(Vector a, Vector b) {
    return _mm256_and_si256(a, b);
  }
  SLUICE_AVX2 static inline Vector Or(Vector a, Vector b) {
    return _mm256_or_si256(a, b);
  }
  // `b` where a byte of `of_b` has its high bit.
  SLUICE_AVX2 static inline Vector Blend(Vector of_b, Vector a, Vector b) {
    return _mm256_blendv_epi8(a, b, of_b);
  }
  // Of these, a bit a byte.
  SLUICE_AVX2 static inline uint64_t HighBits(Vector bytes) {
    return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
  }
  SLUICE_AVX2 static inline uint64_t Equal(Vector a, Vector b) {
    return HighBits(_mm256_cmpeq_epi8(a, b));
  }
  // Where the bytes, as signed ones, are above those of `b`.
  SLUICE_AVX2 static inline uint64_t Above(Vector a, Vector b) {
    return HighBits(_mm256_cmpgt_epi8(a, b));
  }
};

struct TwoVectors {
  struct Vector {
    __m256i low;
    __m256i high;
  };
  static constexpr uint32_t kBytes = sizeof(Vector);

  SLUICE_AVX2 static inline Vector Load(const void* bytes) {
    const auto* const vectors = static_cast<const __m256i*>(bytes);
    return {OneVector::Load(vectors), OneVector::Load(vectors + 1)};
  }
  SLUICE_AVX2 static inline void Store(Vector bytes, void* out) {
    auto* const vectors = static_cast<__m256i*>(out);
    OneVector::Store(bytes.low, vectors);
    OneVector::Store(bytes.high, vectors + 1);
  }
  SLUICE_AVX2 static inline Vector Fill(char byte) {
    return {OneVector::Fill(byte), OneVector::Fill(byte)};
  }
  SLUICE_AVX2 static inline Vector And(Vector a, Vector b) {
    return {OneVector::And(a.low, b.low), OneVector::And(a.high, b.high)};
  }
  SLUICE_AVX2 static inline Vector Or(Vector a, Vector b) {
    return {OneVector::Or(a.low, b.low), OneVector::Or(a.high, b.high)};
  }
  SLUICE_AVX2 static inline Vector Blend(Vector of_b, Vector a, Vector b) {
    return {OneVector::Blend(of_b.low, a.low, b.low),
            OneVector::Blend(of_b.high, a.high, b.high)};
  }
  SLUICE_AVX2 static inline uint64_t HighBits(Vector bytes) {
    return OneVector::HighBits(bytes.low) | OneVector::HighBits(bytes.high)
                                                << OneVector::kBytes;
  }
  SLUICE_AVX2 static inline uint64_t Equal(Vector a, Vector b) {
    return OneVector::Equal(a.low, b.low) | OneVector::Equal(a.high, b.high)
                                                << OneVector::kBytes;
  }
  SLUICE_AVX2 static inline uint64_t Above(Vector a, Vector b) {
    return OneVector::Above(a.low, b.low) | OneVector::Above(a.high, b.high)
                                                << OneVector::kBytes;
  }
};

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_TEXT_VECTORS_AVX2_H_
