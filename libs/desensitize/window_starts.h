// Where texts begin in windows: a window is some texts that stand side by side
// in a column, within a vector. The offsets of eight windows are turned at once
// so that the first of each are in one vector, the second in another; then a
// shift and an or for each row of a window tell where all begin. For kernels at
// CpuLevel::kAvx512, to be included by them alone.
#ifndef SLUICE_LIBS_DESENSITIZE_WINDOW_STARTS_H_
#define SLUICE_LIBS_DESENSITIZE_WINDOW_STARTS_H_

#if defined(__x86_64__)

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"

namespace sluice::desensitize {

// Windows that are looked at in one vector, each in a lane of 64 bits.
inline constexpr uint32_t kLanes = 8;

// What WindowStarts reads, in offsets, for windows of kRows texts.
template <uint32_t kRows>
inline constexpr uint32_t kOffsetsRead = (kLanes * kRows + 15) / 16 * 16;

namespace window_starts_internal {

inline constexpr uint32_t kOffsetLanes = sizeof(__m512i) / sizeof(uint32_t);

struct alignas(sizeof(__m512i)) OffsetPlaces {
  std::array<uint32_t, kOffsetLanes> of = {};
};

// Where among the offsets of eight windows of `rows` texts that of text `row`
// of each is, for the lower half of the window's lane.
constexpr OffsetPlaces PlacesOfRow(uint32_t rows, uint32_t row) {
  OffsetPlaces places;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    places.of[size_t{2} * lane] = lane * rows + row;
  }
  return places;
}
template <uint32_t kRows, uint32_t kRow>
inline constexpr OffsetPlaces kPlacesOfRow = PlacesOfRow(kRows, kRow);

// Which of them are behind the first two vectors.
constexpr __mmask16 BehindTwo(const OffsetPlaces& places) {
  uint32_t lanes = 0;
  for (uint32_t lane = 0; lane < kOffsetLanes; ++lane) {
    if (places.of[lane] >= 2 * kOffsetLanes) lanes |= 1u << lane;
  }
  return static_cast<__mmask16>(lanes);
}

// The offset of text kRow in each of eight windows, from their first offset on.
// What is in the upper halves says nothing.
template <uint32_t kRows, uint32_t kRow>
SLUICE_AVX512 inline __m512i OffsetsOfRow(const char* first) {
  constexpr uint32_t kVectors = kOffsetsRead<kRows> / kOffsetLanes;
  static_assert(kVectors <= 3);
  const auto vector = [first](size_t i) SLUICE_AVX512 {
    return _mm512_loadu_si512(first + i * sizeof(__m512i));
  };
  // A permutation heeds of a place only the bits that it needs.
  const __m512i places = _mm512_load_si512(kPlacesOfRow<kRows, kRow>.of.data());
  if constexpr (kVectors == 1) {
    return _mm512_permutexvar_epi32(places, vector(0));
  } else {
    const __m512i of_two =
        _mm512_permutex2var_epi32(vector(0), places, vector(1));
    if constexpr (kVectors == 2) return of_two;
    return _mm512_mask_permutexvar_epi32(
        of_two, BehindTwo(kPlacesOfRow<kRows, kRow>), places, vector(2));
  }
}

template <uint32_t kRows, size_t... kRow>
SLUICE_AVX512 inline __m512i WindowStarts(
    const char* first, __m512i begins, std::index_sequence<kRow...> /*rows*/) {
  const __m512i one = _mm512_set1_epi64(1);
  // As if the first byte of the column had the lowest bit, and the 65th again.
  const __m512i starts =
      (_mm512_setzero_si512() | ... |
       _mm512_rolv_epi64(one, OffsetsOfRow<kRows, kRow>(first)));
  return _mm512_rorv_epi64(starts, begins);
}

}  // namespace window_starts_internal

// In each lane a bit where each of kRows texts of a window begins, counted from
// its first byte, of eight windows that begin at `begins`. Reads
// kOffsetsRead<kRows> offsets from `first` on, that of the first text. Where
// texts of a window do not fit in 64 bytes its lane says nothing.
template <uint32_t kRows>
SLUICE_AVX512 inline __m512i WindowStarts(const char* first, __m512i begins) {
  return window_starts_internal::WindowStarts<kRows>(
      first, begins, std::make_index_sequence<kRows>());
}

// In each lane how many bytes of a window stand before its text kRow, or in all
// of it if kRow is kRows, of eight windows. Reads kOffsetsRead<kRows> offsets
// from `first` on, that of the first text, and for all of a window kRows more.
template <uint32_t kRows, uint32_t kRow>
SLUICE_AVX512 inline __m512i BytesBefore(const char* first) {
  using window_starts_internal::OffsetsOfRow;
  constexpr __mmask16 kLowerHalves = 0x5555;
  const char* const from =
      first + (kRow == kRows ? kRows * sizeof(uint32_t) : 0);
  return _mm512_maskz_sub_epi32(kLowerHalves,
                                OffsetsOfRow<kRows, kRow % kRows>(from),
                                OffsetsOfRow<kRows, 0>(first));
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_WINDOW_STARTS_H_
