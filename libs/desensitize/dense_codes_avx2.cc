// Of DenseCodes, what translates four rows at a time.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/dense_codes.h"
#include "libs/desensitize/lane_texts.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

constexpr uint32_t kFour = 4;
constexpr size_t kOffset = sizeof(uint32_t);
constexpr size_t kLaneBytes = sizeof(uint64_t);

SLUICE_AVX2 inline __m256i InEachLane(const void* bytes) {
  return _mm256_set1_epi64x(LoadLittle<int64_t>(bytes));
}

SLUICE_AVX2 inline __m256i InEachHalf(const void* bytes) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(static_cast<const __m128i*>(bytes)));
}

SLUICE_AVX2 inline __m128i LoadTwo(const char* first, const char* second) {
  return _mm_set_epi64x(LoadLittle<int64_t>(second),
                        LoadLittle<int64_t>(first));
}

// In lanes that hold numbers of up to 127: the bytes whose place in their lane
// is below its number.
SLUICE_AVX2 inline __m256i BytesBelow(__m256i numbers) {
  const __m256i lowest_in_all =
      _mm256_broadcastsi128_si256(_mm_set_epi64x(0x0808'0808'0808'0808, 0));
  return _mm256_cmpgt_epi8(_mm256_shuffle_epi8(numbers, lowest_in_all),
                           _mm256_set1_epi64x(0x0706'0504'0302'0100));
}

}  // namespace

// Finds the lanes of four texts.
class DenseCodes::Fours {
 public:
  SLUICE_AVX2 explicit Fours(const DenseCodes& codes)
      : lanes_(codes.lanes_.data()),
        lowest_(InEachLane(codes.lowest_.data())),
        counts_(InEachLane(codes.counts_.data())),
        weights_of_digits_(InEachHalf(codes.weights_.of_digits.data())),
        weights_of_pairs_(InEachHalf(codes.weights_.of_pairs.data())),
        weight_of_half_(_mm256_set1_epi64x(codes.weights_.of_high_half)) {}

  // Of texts that stand in `texts` between five `offsets`. From where each
  // begins, eight bytes can be read. In the lane of no code the highest bit is
  // set.
  SLUICE_AVX2 __m256i Of(const char* offsets, const char* texts) const {
    const auto text = [offsets, texts](size_t i) {
      return texts + LoadLittle<uint32_t>(offsets + i * kOffset);
    };
    const __m256i bytes =
        _mm256_set_m128i(LoadTwo(text(2), text(3)), LoadTwo(text(0), text(1)));
    // A text that is longer than a lane has a byte where no code has one.
    const __m128i sizes = _mm_min_epu32(
        _mm_sub_epi32(LoadOffsets(offsets + kOffset), LoadOffsets(offsets)),
        _mm_set1_epi32(kLaneBytes));
    const __m256i used = BytesBelow(_mm256_cvtepu32_epi64(sizes));
    const __m256i digits =
        _mm256_blendv_epi8(counts_, _mm256_sub_epi8(bytes, lowest_), used);
    const __m256i beyond = _mm256_and_si256(
        used, _mm256_cmpeq_epi8(_mm256_max_epu8(digits, counts_), digits));
    const __m256i known = _mm256_cmpeq_epi64(beyond, _mm256_setzero_si256());
    const __m256i halves = _mm256_madd_epi16(
        _mm256_maddubs_epi16(digits, weights_of_digits_), weights_of_pairs_);
    const __m256i places =
        _mm256_add_epi64(_mm256_mul_epu32(halves, weight_of_half_),
                         _mm256_srli_epi64(halves, 32));
    // What has a byte that no code has there is looked up at place 0.
    const __m256i lanes = LookUp(_mm256_and_si256(places, known));
    return _mm256_or_si256(lanes,
                           _mm256_xor_si256(known, _mm256_set1_epi64x(-1)));
  }

 private:
  SLUICE_AVX2 static __m128i LoadOffsets(const char* offsets) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(offsets));
  }

  // One by one: many CPUs gather no quicker.
  SLUICE_AVX2 __m256i LookUp(__m256i places) const {
    const __m128i low = _mm256_castsi256_si128(places);
    const __m128i high = _mm256_extracti128_si256(places, 1);
    const auto lane = [this](int64_t place) {
      return static_cast<int64_t>(lanes_[place]);
    };
    return _mm256_set_epi64x(
        lane(_mm_extract_epi64(high, 1)), lane(_mm_cvtsi128_si64(high)),
        lane(_mm_extract_epi64(low, 1)), lane(_mm_cvtsi128_si64(low)));
  }

  const uint64_t* const lanes_;
  const __m256i lowest_;
  const __m256i counts_;
  const __m256i weights_of_digits_;
  const __m256i weights_of_pairs_;
  const __m256i weight_of_half_;
};

// Sets the lanes of `rows` rows, a multiple of four. In those of no codes the
// highest bit is set.
SLUICE_AVX2 void DenseCodes::LookUpFours(const char* offsets, const char* texts,
                                         uint32_t rows, Found* found) const {
  const Fours fours(*this);
  __m256i any = _mm256_setzero_si256();
  for (uint32_t row = 0; row < rows; row += kFour) {
    const __m256i lanes = fours.Of(offsets + row * kOffset, texts);
    any = _mm256_or_si256(any, lanes);
    _mm256_store_si256(reinterpret_cast<__m256i*>(&found->lanes[row]), lanes);
  }
  found->any_unknown = _mm256_movemask_pd(_mm256_castsi256_pd(any)) != 0;
}

SLUICE_AVX2 CodePlace DenseCodes::TranslateFours(
    const char* offsets, absl::string_view texts, CodePlace from, uint32_t last,
    char* out, char* out_offsets,
    absl::FunctionRef<void(uint32_t row)> unknown) const {
  // Mostly the caller has seen to it.
  while (last > from.row &&
         LoadLittle<uint32_t>(offsets + (last - 1) * kOffset) + kLaneBytes >
             texts.size()) {
    --last;
  }
  Found found;
  CodePlace at = from;
  while (last - at.row >= kFour) {
    const uint32_t rows = std::min((last - at.row) / kFour * kFour, kRows);
    LookUpFours(offsets + at.row * kOffset, texts.data(), rows, &found);
    for (uint32_t row = 0; row < rows && found.any_unknown; ++row) {
      if (static_cast<int64_t>(found.lanes[row]) >= 0) continue;
      found.lanes[row] = 0;
      unknown(at.row + row);
    }
    char* const ends = out_offsets + (at.row + size_t{1}) * kOffset;
    size_t end = at.end;
    for (uint32_t row = 0; row < rows; ++row) {
      const uint64_t lane = found.lanes[row];
      StoreLittle(lane, out + end);
      end += lane >> kLaneSizeShift;
      StoreLittle(static_cast<uint32_t>(end), ends + row * kOffset);
    }
    at = {at.row + rows, end};
  }
  return at;
}

}  // namespace sluice::desensitize

#endif
