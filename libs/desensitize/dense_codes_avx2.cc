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

SLUICE_AVX2 inline __m128i LoadHalf(const void* bytes) {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

SLUICE_AVX2 inline void StoreHalf(__m128i bytes, char* out) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
}

// Four texts, each at the begin of a lane, and the bytes that are of one.
struct FourTexts {
  __m256i bytes;
  __m256i used;
};

// Texts of any sizes. From where each begins, eight bytes can be read.
class AnyTexts {
 public:
  // Between `offsets`.
  AnyTexts(const char* offsets, const char* texts)
      : offsets_(offsets), texts_(texts) {}

  SLUICE_AVX2 FourTexts Load(uint32_t row) const {
    const char* const offsets = offsets_ + row * kOffset;
    const auto text = [this, offsets](size_t i) {
      return texts_ + LoadLittle<uint32_t>(offsets + i * kOffset);
    };
    // A text that is longer than a lane has a byte where no code has one.
    const __m128i sizes = _mm_min_epu32(
        _mm_sub_epi32(LoadHalf(offsets + kOffset), LoadHalf(offsets)),
        _mm_set1_epi32(kLaneBytes));
    return {
        _mm256_set_m128i(LoadTwo(text(2), text(3)), LoadTwo(text(0), text(1))),
        BytesBelow(_mm256_cvtepu32_epi64(sizes))};
  }

 private:
  const char* const offsets_;
  const char* const texts_;
};

// Texts of one size, one behind the other, so that four always stand at the
// same bytes.
class EqualTexts {
 public:
  // Of kBytesMax at most. Two vectors' halves can be read from where the first
  // and the third of four begin.
  SLUICE_AVX2 EqualTexts(uint32_t size, const char* texts)
      : texts_(texts),
        size_(size),
        used_(BytesBelow(_mm256_set1_epi64x(size))),
        order_(_mm256_add_epi8(
            _mm256_broadcastsi128_si256(_mm_set_epi64x(
                static_cast<int64_t>(size * uint64_t{0x0101'0101'0101'0101}),
                0)),
            _mm256_set1_epi64x(0x0706'0504'0302'0100))) {}

  SLUICE_AVX2 FourTexts Load(uint32_t row) const {
    const char* const first = texts_ + row * size_;
    return {_mm256_shuffle_epi8(
                _mm256_set_m128i(LoadHalf(first + 2 * size_), LoadHalf(first)),
                order_),
            used_};
  }

 private:
  const char* const texts_;
  const size_t size_;
  const __m256i used_;
  const __m256i order_;
};

// The size of `rows` texts, a multiple of four, between `offsets`, if they have
// the same; else 0.
SLUICE_AVX2 uint32_t SizeOfEach(const char* offsets, uint32_t rows) {
  const uint32_t size =
      LoadLittle<uint32_t>(offsets + kOffset) - LoadLittle<uint32_t>(offsets);
  const __m128i sizes = _mm_set1_epi32(static_cast<int>(size));
  __m128i others = _mm_setzero_si128();
  for (uint32_t row = 0; row < rows; row += kFour) {
    const char* const begins = offsets + row * kOffset;
    others = _mm_or_si128(
        others, _mm_xor_si128(sizes, _mm_sub_epi32(LoadHalf(begins + kOffset),
                                                   LoadHalf(begins))));
  }
  return _mm_testz_si128(others, others) != 0 ? size : 0;
}

// Writes the texts of lanes one behind the other from out + `end` on, and where
// each ends to `out_ends`; returns where the last does.
SLUICE_AVX2 size_t WriteAny(const uint64_t* lanes, uint32_t rows, char* out,
                            size_t end, char* out_ends) {
  for (uint32_t row = 0; row < rows; ++row) {
    const uint64_t lane = lanes[row];
    StoreLittle(lane, out + end);
    end += lane >> kLaneSizeShift;
    StoreLittle(static_cast<uint32_t>(end), out_ends + row * kOffset);
  }
  return end;
}

// The same for texts of `size` bytes each, kBytesMax at most, and rows that are
// a multiple of four. Writes up to 16 bytes from where a text begins.
SLUICE_AVX2 size_t WriteEqual(const uint64_t* lanes, uint32_t rows, size_t size,
                              char* out, size_t end, char* out_ends) {
  char order[sizeof(__m128i)] = {};
  for (size_t i = 0; i < size; ++i) {
    order[i] = static_cast<char>(i);
    order[size + i] = static_cast<char>(kLaneBytes + i);
  }
  const __m256i order_of_two = InEachHalf(order);
  const auto each = static_cast<int>(size);
  const __m128i step = _mm_set1_epi32(int{kFour} * each);
  __m128i ends =
      _mm_add_epi32(_mm_set1_epi32(static_cast<int>(end)),
                    _mm_setr_epi32(each, 2 * each, 3 * each, 4 * each));
  for (uint32_t row = 0; row < rows; row += kFour) {
    const __m256i texts = _mm256_shuffle_epi8(
        _mm256_load_si256(reinterpret_cast<const __m256i*>(lanes + row)),
        order_of_two);
    char* const first = out + end;
    StoreHalf(_mm256_castsi256_si128(texts), first);
    StoreHalf(_mm256_extracti128_si256(texts, 1), first + 2 * size);
    StoreHalf(ends, out_ends + row * kOffset);
    ends = _mm_add_epi32(ends, step);
    end += kFour * size;
  }
  return end;
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

  // In the lane of no code the highest bit is set.
  SLUICE_AVX2 __m256i Of(const FourTexts& texts) const {
    const auto& [bytes, used] = texts;
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
template <typename Texts>
SLUICE_AVX2 void DenseCodes::LookUpFours(const Texts& texts, uint32_t rows,
                                         Found* found) const {
  const Fours fours(*this);
  // A bit that any has; and one that any has not as texts of text_size_ have
  // it.
  __m256i any = _mm256_setzero_si256();
  __m256i others = _mm256_setzero_si256();
  const __m256i size_of_each = _mm256_set1_epi64x(
      static_cast<int64_t>(uint64_t{text_size_} << kLaneSizeShift));
  for (uint32_t row = 0; row < rows; row += kFour) {
    const __m256i lanes = fours.Of(texts.Load(row));
    any = _mm256_or_si256(any, lanes);
    others = _mm256_or_si256(others, _mm256_xor_si256(lanes, size_of_each));
    _mm256_store_si256(reinterpret_cast<__m256i*>(&found->lanes[row]), lanes);
  }
  found->any_unknown = _mm256_movemask_pd(_mm256_castsi256_pd(any)) != 0;
  found->are_equal =
      text_size_ != 0 &&
      _mm256_testz_si256(_mm256_srli_epi64(others, int{kLaneSizeShift}),
                         _mm256_set1_epi64x(-1)) != 0;
}

SLUICE_AVX2 void DenseCodes::LookUpFours(const char* offsets,
                                         absl::string_view texts, uint32_t rows,
                                         Found* found) const {
  const uint32_t size = SizeOfEach(offsets, rows);
  const auto begin = LoadLittle<uint32_t>(offsets);
  const size_t seen = (rows - size_t{2}) * size + sizeof(__m128i);
  if (size > 0 && size <= kBytesMax && begin + seen <= texts.size()) {
    LookUpFours(EqualTexts(size, texts.data() + begin), rows, found);
  } else {
    LookUpFours(AnyTexts(offsets, texts.data()), rows, found);
  }
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
    LookUpFours(offsets + at.row * kOffset, texts, rows, &found);
    for (uint32_t row = 0; row < rows && found.any_unknown; ++row) {
      if (static_cast<int64_t>(found.lanes[row]) >= 0) continue;
      found.lanes[row] = 0;
      unknown(at.row + row);
    }
    char* const out_ends = out_offsets + (at.row + size_t{1}) * kOffset;
    at.end = found.are_equal
                 ? WriteEqual(found.lanes.data(), rows, text_size_, out, at.end,
                              out_ends)
                 : WriteAny(found.lanes.data(), rows, out, at.end, out_ends);
    at.row += rows;
  }
  return at;
}

}  // namespace sluice::desensitize

#endif
