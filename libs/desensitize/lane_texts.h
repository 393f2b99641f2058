// Eight short texts at a time, as one vector holds them. For kernels at
// CpuLevel::kAvx512, to be included by their .cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_LANE_TEXTS_H_
#define SLUICE_LIBS_DESENSITIZE_LANE_TEXTS_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"

namespace sluice::desensitize {

// A lane is up to seven bytes of text, zeros behind them, and in the highest
// byte how many they are.
inline constexpr size_t kLaneTextBytesMax = 7;

inline constexpr int kLaneSizeShift = 8 * kLaneTextBytesMax;

inline constexpr uint32_t kTextLanes = 8;
// What WriteLanes fills up.
inline constexpr size_t kLaneBytesWritten = 64;

inline uint64_t LaneOf(absl::string_view text) {
  assert(text.size() <= kLaneTextBytesMax);
  std::array<char, kLaneTextBytesMax + 1> bytes = {};
  std::copy(text.begin(), text.end(), bytes.begin());
  bytes.back() = static_cast<char>(text.size());
  return LoadLittle<uint64_t>(bytes.data());
}

// Where the bytes of eight texts stand in lanes, if each has `size` bytes.
inline std::array<uint8_t, kLaneBytesWritten> OrderOfEqualLanes(size_t size) {
  assert(size <= kLaneTextBytesMax);
  std::array<uint8_t, kLaneBytesWritten> order = {};
  for (size_t at = 0; at < size * kTextLanes; ++at) {
    order[at] = static_cast<uint8_t>(at / size * sizeof(uint64_t) + at % size);
  }
  return order;
}

#if defined(__x86_64__)

struct WrittenLanes {
  // Where each text ends.
  __m256i ends;
  size_t end;
};

// Writes the texts of eight lanes to `data` from `end` on, one behind the
// other.
SLUICE_AVX512 inline WrittenLanes WriteLanes(__m512i lanes, char* data,
                                             size_t end) {
  const __m512i places = _mm512_set1_epi64(0x0706'0504'0302'0100);
  const __m512i size_of_lane = _mm512_broadcast_i32x4(
      _mm_set_epi64x(0x0F0F'0F0F'0F0F'0F0F, 0x0707'0707'0707'0707));
  const __mmask64 texts =
      _mm512_cmplt_epu8_mask(places, _mm512_shuffle_epi8(lanes, size_of_lane));
  _mm512_storeu_si512(data + end, _mm512_maskz_compress_epi8(texts, lanes));
  // The highest bytes side by side; a product with ones adds up, in each byte,
  // all up to it.
  const __m512i highest =
      _mm512_castsi128_si512(_mm_cvtsi64_si128(0x3F37'2F27'1F17'0F07));
  const auto sizes = static_cast<uint64_t>(_mm_cvtsi128_si64(
      _mm512_castsi512_si128(_mm512_permutexvar_epi8(highest, lanes))));
  const uint64_t sums = sizes * 0x0101'0101'0101'0101;
  const __m256i ends =
      _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(static_cast<int64_t>(sums)));
  return {_mm256_add_epi32(ends, _mm256_set1_epi32(static_cast<int>(end))),
          end + (sums >> 56)};
}

#endif  // defined(__x86_64__)

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_LANE_TEXTS_H_
