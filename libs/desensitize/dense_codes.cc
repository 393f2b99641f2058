#include "libs/desensitize/dense_codes.h"

#include <algorithm>
#include <bit>
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

// Of the texts, if they have the same, else 0.
size_t SizeOfEach(
    const std::vector<std::pair<std::string, std::string>>& texts_of_codes) {
  if (texts_of_codes.empty()) return 0;
  const size_t size = texts_of_codes.front().second.size();
  for (const auto& [code, text] : texts_of_codes) {
    if (text.size() != size) return 0;
  }
  return size;
}

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
  codes.weights_ = WeightsOf(codes.counts_);
  codes.lanes_.assign(places, kNoCode);
  // What has no text is looked up like all else.
  codes.lanes_[codes.PlaceOf("")] = LaneOf("");
  for (const auto& [code, text] : texts_of_codes) {
    codes.lanes_[codes.PlaceOf(code)] = LaneOf(text);
  }
  codes.text_size_ = SizeOfEach(texts_of_codes);
  codes.order_of_equal_ = OrderOfEqualLanes(codes.text_size_);
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

DenseCodes::Weights DenseCodes::WeightsOf(const Bytes& counts) {
  const auto radix = [&counts](size_t at) { return counts[at] + 1; };
  const auto pair = [radix](size_t at) { return radix(at) * radix(at + 1); };
  Weights weights;
  for (size_t at = 0; at < weights.of_digits.size(); ++at) {
    const bool is_first = at % 2 == 0;
    weights.of_digits[at] =
        static_cast<int8_t>(is_first ? radix(at % counts.size() + 1) : 1);
  }
  for (size_t at = 0; at < weights.of_pairs.size(); ++at) {
    const bool is_first = at % 2 == 0;
    weights.of_pairs[at] =
        static_cast<int16_t>(is_first ? pair(at % 4 == 0 ? 2 : 6) : 1);
  }
  weights.of_high_half = int64_t{pair(4)} * pair(6);
  return weights;
}

#if defined(__x86_64__)

namespace {

constexpr size_t kOffset = sizeof(uint32_t);
constexpr size_t kVectorBytes = sizeof(__m512i);

SLUICE_AVX512 inline __m512i InEachLane(const std::array<uint8_t, 8>& bytes) {
  return _mm512_set1_epi64(
      LoadLittle<int64_t>(reinterpret_cast<const char*>(bytes.data())));
}

SLUICE_AVX512 inline __m512i InEachQuarter(const void* bytes) {
  return _mm512_broadcast_i32x4(
      _mm_loadu_si128(static_cast<const __m128i*>(bytes)));
}

// 0, 1 and so on: of the bytes of a lane, and of lanes.
SLUICE_AVX512 inline __m512i ByteNumbers() {
  return _mm512_set1_epi64(0x0706'0504'0302'0100);
}
SLUICE_AVX512 inline __m512i LaneNumbers() {
  return _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
}

// The lowest byte of each lane, in all its bytes.
SLUICE_AVX512 inline __m512i LowestInAll(__m512i lanes) {
  return _mm512_shuffle_epi8(
      lanes, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0808'0808'0808'0808, 0)));
}

// `number`, twice as much, three times and so on.
SLUICE_AVX512 inline __m256i Multiples(uint32_t number) {
  return _mm256_mullo_epi32(_mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 8),
                            _mm256_set1_epi32(static_cast<int>(number)));
}

SLUICE_AVX512 inline __m256i LoadOffsets(const char* offsets) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(offsets));
}

// Eight texts, each at the begin of a lane; a bit for each byte that is of one.
struct GroupTexts {
  __m512i bytes;
  __mmask64 used;
};

// Texts of any sizes, eight after eight.
class AnyTexts {
 public:
  // The first begins at the first of `offsets`.
  AnyTexts(const char* offsets, absl::string_view texts)
      : offsets_(offsets), texts_(texts) {}

  // False if the next eight have more than 64 bytes, or fewer can be read.
  SLUICE_AVX512 bool Load(GroupTexts* loaded) {
    const auto begin = LoadLittle<uint32_t>(offsets_);
    const uint32_t bytes =
        LoadLittle<uint32_t>(offsets_ + kTextLanes * kOffset) - begin;
    if (bytes > kVectorBytes || begin + kVectorBytes > texts_.size()) {
      return false;
    }
    const __m256i first = _mm256_broadcastd_epi32(_mm_loadu_si32(offsets_));
    const __m512i at = _mm512_add_epi8(Behind(first, offsets_), ByteNumbers());
    loaded->used =
        _mm512_cmplt_epu8_mask(at, Behind(first, offsets_ + kOffset));
    loaded->bytes =
        _mm512_permutexvar_epi8(at, _mm512_loadu_si512(texts_.data() + begin));
    offsets_ += kTextLanes * kOffset;
    return true;
  }

  static bool WereAsExpected() { return true; }

 private:
  // How far eight offsets are behind the first, in all bytes of each lane.
  SLUICE_AVX512 static __m512i Behind(__m256i first, const char* offsets) {
    const __m512i spread = LowestInAll(_mm512_slli_epi64(LaneNumbers(), 2));
    return _mm512_permutexvar_epi8(
        spread,
        _mm512_castsi256_si512(_mm256_sub_epi32(LoadOffsets(offsets), first)));
  }

  const char* offsets_;
  const absl::string_view texts_;
};

// Texts that are taken to have the size of the first, so that they always stand
// at the same bytes. Whether they have it is known once all are loaded.
class EqualTexts {
 public:
  // The first begins at the first of `offsets`. From where the last eight would
  // begin, 64 bytes can be read.
  SLUICE_AVX512 EqualTexts(const char* offsets, const char* texts)
      : size_(LoadLittle<uint32_t>(offsets + kOffset) -
              LoadLittle<uint32_t>(offsets)),
        text_(texts + LoadLittle<uint32_t>(offsets)),
        used_(_mm512_cmplt_epu8_mask(
            ByteNumbers(), _mm512_set1_epi8(static_cast<char>(size_)))),
        at_(_mm512_add_epi8(LowestInAll(_mm512_mullo_epi16(
                                LaneNumbers(), _mm512_set1_epi64(size_))),
                            ByteNumbers())),
        step_(_mm256_set1_epi32(static_cast<int>(kTextLanes * size_))),
        offsets_(offsets + kOffset),
        ends_(_mm256_add_epi32(_mm256_broadcastd_epi32(_mm_loadu_si32(offsets)),
                               Multiples(size_))),
        others_(_mm256_setzero_si256()) {}

  SLUICE_AVX512 bool Load(GroupTexts* loaded) {
    loaded->used = used_;
    loaded->bytes = _mm512_permutexvar_epi8(at_, _mm512_loadu_si512(text_));
    text_ += kTextLanes * size_t{size_};
    others_ = _mm256_or_si256(others_,
                              _mm256_xor_si256(ends_, LoadOffsets(offsets_)));
    offsets_ += kTextLanes * kOffset;
    ends_ = _mm256_add_epi32(ends_, step_);
    return true;
  }

  SLUICE_AVX512 bool WereAsExpected() const {
    return _mm256_testz_si256(others_, others_) != 0;
  }

 private:
  const uint32_t size_;
  const char* text_;
  const __mmask64 used_;
  const __m512i at_;
  const __m256i step_;
  const char* offsets_;
  // Where the next eight end, if all was as expected.
  __m256i ends_;
  // Not 0 if a text ended elsewhere.
  __m256i others_;
};

// Writes texts that are taken to have one size, eight after eight, and where
// each ends. Whether they have it is known once all are written.
class EqualOutput {
 public:
  // Of `size` bytes, the first at out[end]. Of each byte of eight texts `order`
  // says which it is of their lanes.
  SLUICE_AVX512 EqualOutput(size_t size,
                            const std::array<uint8_t, kVectorBytes>& order,
                            size_t end, char* out, char* out_ends)
      : order_(_mm512_loadu_si512(order.data())),
        bytes_(kTextLanes * size),
        step_(_mm256_set1_epi32(static_cast<int>(bytes_))),
        size_of_each_(
            _mm512_set1_epi64(static_cast<int64_t>(size) << kLaneSizeShift)),
        out_(out + end),
        out_ends_(out_ends),
        ends_(_mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(end)),
                               Multiples(static_cast<uint32_t>(size)))),
        others_(_mm512_setzero_si512()) {}

  SLUICE_AVX512 void Write(__m512i lanes) {
    _mm512_storeu_si512(out_, _mm512_permutexvar_epi8(order_, lanes));
    out_ += bytes_;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out_ends_), ends_);
    out_ends_ += kTextLanes * kOffset;
    ends_ = _mm256_add_epi32(ends_, step_);
    others_ = _mm512_or_si512(others_, _mm512_xor_si512(lanes, size_of_each_));
  }

  SLUICE_AVX512 bool WereAsExpected() const {
    const __m512i sizes = _mm512_set1_epi64(int64_t{-1} << kLaneSizeShift);
    return _mm512_test_epi64_mask(others_, sizes) == 0;
  }

 private:
  const __m512i order_;
  const size_t bytes_;
  const __m256i step_;
  const __m512i size_of_each_;
  char* out_;
  char* out_ends_;
  // Where the next eight end.
  __m256i ends_;
  // The highest byte of a lane is not 0 if a text had another size.
  __m512i others_;
};

}  // namespace

// Finds the places of eight texts.
class DenseCodes::Places {
 public:
  SLUICE_AVX512 explicit Places(const DenseCodes& codes)
      : lowest_(InEachLane(codes.lowest_)),
        counts_(InEachLane(codes.counts_)),
        below_(_mm512_sub_epi8(lowest_, _mm512_set1_epi8(1))),
        weights_of_digits_(InEachQuarter(codes.weights_.of_digits.data())),
        weights_of_pairs_(InEachQuarter(codes.weights_.of_pairs.data())),
        weight_of_half_(_mm512_set1_epi64(codes.weights_.of_high_half)) {}

  // A bit for each byte that no code has there.
  SLUICE_AVX512 __mmask64 Wrong(const GroupTexts& texts) const {
    return _mm512_mask_cmpge_epu8_mask(
        texts.used, _mm512_sub_epi8(texts.bytes, lowest_), counts_);
  }

  // Of texts with no such byte.
  SLUICE_AVX512 __m512i Of(const GroupTexts& texts) const {
    const __m512i digits =
        _mm512_maskz_sub_epi8(texts.used, texts.bytes, below_);
    const __m512i halves = _mm512_madd_epi16(
        _mm512_maddubs_epi16(digits, weights_of_digits_), weights_of_pairs_);
    return _mm512_add_epi64(_mm512_mul_epu32(halves, weight_of_half_),
                            _mm512_srli_epi64(halves, 32));
  }

 private:
  const __m512i lowest_;
  const __m512i counts_;
  const __m512i below_;
  const __m512i weights_of_digits_;
  const __m512i weights_of_pairs_;
  const __m512i weight_of_half_;
};

// Translates kRows texts to out[end] and on, and sets where each ends. False,
// and what was written means nothing, unless all are codes whose texts have
// text_size_ bytes: where each stands is then known before it is looked up.
template <typename Texts>
SLUICE_AVX512 bool DenseCodes::TranslateToEqual(Texts texts, size_t end,
                                                char* out,
                                                char* out_ends) const {
  const Places places(*this);
  EqualOutput output(text_size_, order_of_equal_, end, out, out_ends);
  for (uint32_t group = 0; group < kGroups; ++group) {
    GroupTexts loaded;
    if (!texts.Load(&loaded) || places.Wrong(loaded) != 0) return false;
    output.Write(_mm512_i64gather_epi64(places.Of(loaded), lanes_.data(),
                                        sizeof(uint64_t)));
  }
  return texts.WereAsExpected() && output.WereAsExpected();
}

SLUICE_AVX512 bool DenseCodes::TranslateToEqual(const char* offsets,
                                                absl::string_view texts,
                                                size_t end, char* out,
                                                char* out_ends) const {
  if (text_size_ == 0) return false;
  const auto begin = LoadLittle<uint32_t>(offsets);
  const uint32_t size = LoadLittle<uint32_t>(offsets + kOffset) - begin;
  const uint32_t bytes =
      LoadLittle<uint32_t>(offsets + kRows * kOffset) - begin;
  const bool may_be_equal = size <= kBytesMax && bytes == kRows * size &&
                            begin + bytes + kVectorBytes <= texts.size();
  return may_be_equal
             ? TranslateToEqual(EqualTexts(offsets, texts.data()), end, out,
                                out_ends)
             : TranslateToEqual(AnyTexts(offsets, texts), end, out, out_ends);
}

// The lanes of as many groups of eight rows as have 64 bytes, up to `groups`;
// returns how many.
SLUICE_AVX512 uint32_t DenseCodes::LookUp(const char* offsets,
                                          absl::string_view texts,
                                          uint32_t groups, Found* found) const {
  const Places places(*this);
  AnyTexts input(offsets, texts);
  GroupTexts loaded;
  found->any_unknown = false;
  uint32_t group = 0;
  for (; group < groups && input.Load(&loaded); ++group) {
    __mmask8 unknown = 0;
    if (const __mmask64 wrong = places.Wrong(loaded); wrong != 0) {
      const __m512i wrong_bytes = _mm512_movm_epi8(wrong);
      unknown = _mm512_test_epi64_mask(wrong_bytes, wrong_bytes);
      // Looked up as empty ones.
      const __m512i left_out = _mm512_movm_epi64(unknown);
      loaded.used =
          _mm512_mask_testn_epi8_mask(loaded.used, left_out, left_out);
    }
    __m512i lanes = _mm512_i64gather_epi64(places.Of(loaded), lanes_.data(),
                                           sizeof(uint64_t));
    const __mmask8 no_code = _mm512_movepi64_mask(lanes);
    if ((unknown | no_code) != 0) {
      lanes = _mm512_maskz_mov_epi64(_knot_mask8(no_code), lanes);
      found->any_unknown = true;
    }
    found->unknown[group] = unknown | no_code;
    _mm512_store_si512(&found->lanes[group * size_t{kTextLanes}], lanes);
  }
  return group;
}

SLUICE_AVX512 CodePlace DenseCodes::Translate(
    const char* offsets, absl::string_view texts, CodePlace from, uint32_t last,
    char* out, char* out_offsets,
    absl::FunctionRef<void(uint32_t row)> unknown) const {
  assert(UsedCpuLevel() == CpuLevel::kAvx512);
  Found found;
  CodePlace at = from;
  // How often texts are not tried to be equal after they were not: they cost
  // both ways then.
  constexpr uint32_t kNotTriedMax = 16;
  uint32_t not_tried = 1;
  uint32_t left_untried = 0;
  while (true) {
    const char* const in = offsets + at.row * kOffset;
    char* const ends = out_offsets + (at.row + size_t{1}) * kOffset;
    const uint32_t groups = std::min((last - at.row) / kTextLanes, kGroups);
    if (left_untried > 0) {
      --left_untried;
    } else if (groups == kGroups) {
      if (TranslateToEqual(in, texts, at.end, out, ends)) {
        at.row += kRows;
        at.end += kRows * text_size_;
        not_tried = 1;
        continue;
      }
      left_untried = not_tried;
      not_tried = std::min(2 * not_tried, kNotTriedMax);
    }
    const uint32_t done = LookUp(in, texts, groups, &found);
    for (uint32_t group = 0; group < done; ++group) {
      const WrittenLanes written = WriteLanes(
          _mm512_load_si512(&found.lanes[group * size_t{kTextLanes}]), out,
          at.end);
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(ends + group * kTextLanes * kOffset),
          written.ends);
      at.end = written.end;
    }
    for (uint32_t group = 0; found.any_unknown && group < done; ++group) {
      for (uint32_t bits = found.unknown[group]; bits != 0; bits &= bits - 1) {
        unknown(at.row + group * kTextLanes +
                static_cast<uint32_t>(std::countr_zero(bits)));
      }
    }
    at.row += done * kTextLanes;
    if (done < kGroups) return at;
  }
}

#else

CodePlace DenseCodes::Translate(const char*, absl::string_view, CodePlace from,
                                uint32_t, char*, char*,
                                absl::FunctionRef<void(uint32_t row)>) const {
  return from;
}

#endif

}  // namespace sluice::desensitize
