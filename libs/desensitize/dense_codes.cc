#include "libs/desensitize/dense_codes.h"

#include <algorithm>
#include <cassert>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/lane_texts.h"

namespace sluice::desensitize {
namespace {

static_assert(DenseCodes::kBytesMax == kLaneTextBytesMax);

constexpr uint64_t kNoCode = uint64_t{1} << 63;
// A digit or a radix, of which products are added up in signed bytes.
constexpr uint32_t kRadixMax = 127;

}  // namespace

std::optional<DenseCodes> DenseCodes::Of(
    const std::vector<std::pair<std::string, std::string>>& texts_of_codes) {
  DenseCodes codes;
  Bytes highest = {};
  codes.lowest_.fill(0xFF);
  for (const auto& [code, text] : texts_of_codes) {
    if (code.size() > kBytesMax || text.size() > kBytesMax) return std::nullopt;
    for (size_t at = 0; at < code.size(); ++at) {
      const auto byte = static_cast<uint8_t>(code[at]);
      codes.lowest_[at] = std::min(codes.lowest_[at], byte);
      highest[at] = std::max(highest[at], byte);
    }
  }
  // With one for what has no text.
  const size_t places_max =
      std::min(kPlacesMax, kPlacesOfCodeMax * (texts_of_codes.size() + 1));
  size_t places = 1;
  for (size_t at = 0; at < highest.size(); ++at) {
    if (highest[at] < codes.lowest_[at]) continue;
    const uint32_t count = uint32_t{highest[at]} - codes.lowest_[at] + 1;
    const uint32_t radix = count + 1;
    places *= radix;
    if (radix > kRadixMax || places > places_max) return std::nullopt;
    codes.counts_[at] = static_cast<uint8_t>(count);
  }
  codes.lanes_.assign(places, kNoCode);
  // What has no text is looked up like all else.
  codes.lanes_[codes.PlaceOf("")] = LaneOf("");
  for (const auto& [code, text] : texts_of_codes) {
    codes.lanes_[codes.PlaceOf(code)] = LaneOf(text);
  }
  return codes;
}

// The digit of a byte that a code has not is 0.
size_t DenseCodes::PlaceOf(absl::string_view code) const {
  size_t place = 0;
  for (size_t at = 0; at < counts_.size(); ++at) {
    place *= counts_[at] + size_t{1};
    if (at < code.size()) {
      place += static_cast<uint8_t>(code[at]) - lowest_[at] + size_t{1};
    }
  }
  return place;
}

#if defined(__x86_64__)

namespace {

// What each byte of a lane is multiplied with: digits become numbers of two,
// these numbers of four, and these a place.
struct Weights {
  __m512i of_bytes;
  __m512i of_pairs;
  __m512i of_high_half;
};

SLUICE_AVX512 inline Weights WeightsOf(const std::array<uint8_t, 8>& counts) {
  const auto radix = [&counts](size_t at) { return counts[at] + 1; };
  const auto pair = [radix](size_t at) { return radix(at) * radix(at + 1); };
  const auto bytes_of = [radix](size_t at) {
    return static_cast<int16_t>(radix(at + 1) | 1 << 8);
  };
  return {
      _mm512_broadcast_i32x4(
          _mm_set_epi16(bytes_of(6), bytes_of(4), bytes_of(2), bytes_of(0),
                        bytes_of(6), bytes_of(4), bytes_of(2), bytes_of(0))),
      _mm512_broadcast_i32x4(_mm_set_epi16(
          1, static_cast<int16_t>(pair(6)), 1, static_cast<int16_t>(pair(2)), 1,
          static_cast<int16_t>(pair(6)), 1, static_cast<int16_t>(pair(2)))),
      _mm512_set1_epi64(int64_t{pair(4)} * pair(6))};
}

SLUICE_AVX512 inline __m512i InEachLane(const std::array<uint8_t, 8>& bytes) {
  return _mm512_set1_epi64(
      LoadLittle<int64_t>(reinterpret_cast<const char*>(bytes.data())));
}

}  // namespace

// The lanes of as many groups of eight rows as are codes together, up to
// kGroups; returns how many. Apart from writing their texts: a look-up waits
// for all places before it that are written to, and the next text's is not
// known until the sizes of those before it are.
SLUICE_AVX512 uint32_t DenseCodes::LookUp(const char* offsets,
                                          absl::string_view texts,
                                          uint32_t groups, Lanes* lanes) const {
  constexpr size_t kOffset = sizeof(uint32_t);
  constexpr size_t kVectorBytes = sizeof(__m512i);
  const Weights weights = WeightsOf(counts_);
  const __m512i lowest = InEachLane(lowest_);
  const __m512i counts = InEachLane(counts_);
  const __m512i below = _mm512_sub_epi8(lowest, _mm512_set1_epi8(1));
  const __m512i places = _mm512_set1_epi64(0x0706'0504'0302'0100);
  // The lowest byte of each of eight numbers of four, in all bytes of a lane.
  const __m512i spread = _mm512_shuffle_epi8(
      _mm512_slli_epi64(_mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7), 2),
      _mm512_broadcast_i32x4(
          _mm_set_epi64x(0x0808'0808'0808'0808, 0x0000'0000'0000'0000)));
  for (uint32_t group = 0; group < groups; ++group) {
    const char* const in = offsets + group * kTextLanes * kOffset;
    const auto begin = LoadLittle<uint32_t>(in);
    const uint32_t bytes =
        LoadLittle<uint32_t>(in + kTextLanes * kOffset) - begin;
    if (bytes > kVectorBytes || begin + kVectorBytes > texts.size()) {
      return group;
    }
    const __m256i first = _mm256_broadcastd_epi32(_mm_loadu_si32(in));
    const auto from_first = [=](const char* eight) SLUICE_AVX512 {
      const __m256i numbers =
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(eight));
      return _mm512_permutexvar_epi8(
          spread, _mm512_castsi256_si512(_mm256_sub_epi32(numbers, first)));
    };
    const __m512i at = _mm512_add_epi8(from_first(in), places);
    const __mmask64 used = _mm512_cmplt_epu8_mask(at, from_first(in + kOffset));
    const __m512i codes =
        _mm512_permutexvar_epi8(at, _mm512_loadu_si512(texts.data() + begin));
    const __mmask64 wrong = _mm512_mask_cmpge_epu8_mask(
        used, _mm512_sub_epi8(codes, lowest), counts);
    if (wrong != 0) return group;
    const __m512i digits = _mm512_maskz_sub_epi8(used, codes, below);
    const __m512i halves = _mm512_madd_epi16(
        _mm512_maddubs_epi16(digits, weights.of_bytes), weights.of_pairs);
    const __m512i place =
        _mm512_add_epi64(_mm512_mul_epu32(halves, weights.of_high_half),
                         _mm512_srli_epi64(halves, 32));
    const __m512i found =
        _mm512_i64gather_epi64(place, lanes_.data(), sizeof(uint64_t));
    if (_mm512_movepi64_mask(found) != 0) return group;
    _mm512_store_si512(&lanes->of[group * kTextLanes], found);
  }
  return groups;
}

SLUICE_AVX512 CodePlace DenseCodes::Translate(const char* offsets,
                                              absl::string_view texts,
                                              CodePlace from, uint32_t last,
                                              char* out,
                                              char* out_offsets) const {
  assert(UsedCpuLevel() == CpuLevel::kAvx512);
  constexpr size_t kOffset = sizeof(uint32_t);
  Lanes lanes;
  CodePlace at = from;
  while (true) {
    const uint32_t groups = std::min((last - at.row) / kTextLanes, kGroups);
    const uint32_t found =
        LookUp(offsets + at.row * kOffset, texts, groups, &lanes);
    for (uint32_t group = 0; group < found; ++group) {
      const WrittenLanes written = WriteLanes(
          _mm512_load_si512(&lanes.of[group * kTextLanes]), out, at.end);
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(out_offsets + (at.row + 1) * kOffset),
          written.ends);
      at.row += kTextLanes;
      at.end = written.end;
    }
    if (found < kGroups) return at;
  }
}

#else

CodePlace DenseCodes::Translate(const char*, absl::string_view, CodePlace from,
                                uint32_t, char*, char*) const {
  return from;
}

#endif

}  // namespace sluice::desensitize
