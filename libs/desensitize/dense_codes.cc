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

// The digit of a byte that a code has not is the highest.
size_t DenseCodes::PlaceOf(absl::string_view code) const {
  size_t place = 0;
  for (size_t at = 0; at < counts_.size(); ++at) {
    place *= counts_[at] + size_t{1};
    place += at < code.size()
                 ? static_cast<uint8_t>(code[at]) - size_t{lowest_[at]}
                 : counts_[at];
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

SLUICE_AVX512 inline __m256i LoadOffsets(const char* offsets) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(offsets));
}

SLUICE_AVX512 inline __m512i Gather(const std::vector<uint64_t>& lanes,
                                    __m512i places) {
  return _mm512_i64gather_epi64(places, lanes.data(), sizeof(uint64_t));
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

// Texts of seven bytes at most, eight after eight. Whether they are so short is
// known once all are loaded.
class ShortTexts {
 public:
  // The first begins at the first of `offsets`. From where the last eight
  // begin, 64 bytes can be read.
  SLUICE_AVX512 ShortTexts(const char* offsets, const char* texts)
      : offsets_(offsets), texts_(texts), sizes_(_mm256_setzero_si256()) {}

  // Always true, as of EqualTexts.
  SLUICE_AVX512 bool Load(GroupTexts* loaded) {
    const __m256i sizes = _mm256_sub_epi32(LoadOffsets(offsets_ + kOffset),
                                           LoadOffsets(offsets_));
    sizes_ = _mm256_or_si256(sizes_, sizes);
    const __m512i spread = LowestInAll(_mm512_slli_epi64(LaneNumbers(), 2));
    loaded->used = _mm512_cmplt_epu8_mask(
        ByteNumbers(),
        _mm512_permutexvar_epi8(spread, _mm512_castsi256_si512(sizes)));
    loaded->bytes = _mm512_maskz_expand_epi8(
        loaded->used,
        _mm512_loadu_si512(texts_ + LoadLittle<uint32_t>(offsets_)));
    offsets_ += kTextLanes * kOffset;
    return true;
  }

  SLUICE_AVX512 bool WereAsExpected() const {
    const __m256i longer =
        _mm256_set1_epi32(~static_cast<int>(kLaneTextBytesMax));
    return _mm256_testz_si256(sizes_, longer) != 0;
  }

 private:
  const char* offsets_;
  const char* const texts_;
  // The bits that any of them has.
  __m256i sizes_;
};
static_assert((kLaneTextBytesMax & (kLaneTextBytesMax + 1)) == 0);

// Texts of one size, one behind the other, so that eight always stand at the
// same bytes.
class EqualTexts {
 public:
  // From where the last eight begin, 64 bytes can be read.
  SLUICE_AVX512 EqualTexts(uint32_t size, const char* texts)
      : text_(texts),
        bytes_(kTextLanes * size_t{size}),
        used_(_mm512_cmplt_epu8_mask(
            ByteNumbers(), _mm512_set1_epi8(static_cast<char>(size)))),
        at_(_mm512_add_epi8(LowestInAll(_mm512_mullo_epi16(
                                LaneNumbers(), _mm512_set1_epi64(size))),
                            ByteNumbers())) {}

  SLUICE_AVX512 bool Load(GroupTexts* loaded) {
    loaded->used = used_;
    loaded->bytes = _mm512_permutexvar_epi8(at_, _mm512_loadu_si512(text_));
    text_ += bytes_;
    return true;
  }

  static bool WereAsExpected() { return true; }

 private:
  const char* text_;
  const size_t bytes_;
  const __mmask64 used_;
  const __m512i at_;
};

constexpr uint32_t kEnds = kVectorBytes / kOffset;
static_assert(DenseCodes::kRows % kEnds == 0);

// Of kRows rows: the size of the first text that is not empty, or 1.
SLUICE_AVX512 uint32_t SizeOfFirst(const char* offsets) {
  for (uint32_t row = 0; row < DenseCodes::kRows; row += kEnds) {
    const char* const begins = offsets + row * kOffset;
    const uint32_t filled = _mm512_cmpneq_epi32_mask(
        _mm512_loadu_si512(begins), _mm512_loadu_si512(begins + kOffset));
    if (filled == 0) continue;
    const char* const begin = begins + std::countr_zero(filled) * kOffset;
    return LoadLittle<uint32_t>(begin + kOffset) - LoadLittle<uint32_t>(begin);
  }
  return 1;
}

// Sets where kRows texts end, from `end` on, that have `text_size` bytes for
// each that has `size` now, and none for an empty one. False, and what was set
// means nothing, if there are others. Both sizes are kBytesMax at most.
SLUICE_AVX512 bool SetEndsOfFilled(const char* offsets, uint32_t size,
                                   size_t text_size, size_t end,
                                   char* out_ends) {
  // A quotient's fraction, which all bytes there may be do not raise by one.
  constexpr int kFractionBits = 10;
  static_assert(DenseCodes::kRows * DenseCodes::kBytesMax < 1 << kFractionBits);
  const auto bytes = static_cast<uint32_t>(text_size);
  const __m512i factors = _mm512_set1_epi32(
      static_cast<int>(((bytes << kFractionBits) + size - 1) / size));
  const __m512i sizes = _mm512_set1_epi32(static_cast<int>(size));
  const __m512i first = _mm512_set1_epi32(LoadLittle<int32_t>(offsets));
  const __m512i out_first = _mm512_set1_epi32(static_cast<int>(end));
  for (uint32_t row = 0; row < DenseCodes::kRows; row += kEnds) {
    const char* const begins = offsets + row * kOffset;
    const __m512i ends = _mm512_loadu_si512(begins + kOffset);
    const __m512i have = _mm512_sub_epi32(ends, _mm512_loadu_si512(begins));
    if (_mm512_mask_cmpneq_epi32_mask(_mm512_test_epi32_mask(have, have), have,
                                      sizes) != 0) {
      return false;
    }
    // Numbers of sixteen bits, both.
    const __m512i quotients = _mm512_srli_epi32(
        _mm512_madd_epi16(_mm512_sub_epi32(ends, first), factors),
        kFractionBits);
    _mm512_storeu_si512(out_ends + row * kOffset,
                        _mm512_add_epi32(quotients, out_first));
  }
  return true;
}

// Where eight texts of one size end, then the next eight and so on.
class EqualEnds {
 public:
  SLUICE_AVX512 EqualEnds(size_t begin, size_t size)
      : ends_(_mm256_add_epi32(
            _mm256_set1_epi32(static_cast<int>(begin)),
            _mm256_mullo_epi32(_mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 8),
                               _mm256_set1_epi32(static_cast<int>(size))))),
        step_(_mm256_set1_epi32(static_cast<int>(kTextLanes * size))) {}

  SLUICE_AVX512 __m256i Next() {
    const __m256i ends = ends_;
    ends_ = _mm256_add_epi32(ends_, step_);
    return ends;
  }

 private:
  __m256i ends_;
  const __m256i step_;
};

// Of texts that are written eight after eight, sets where they end if all have
// `size` bytes, from `end` on.
class EndsOfAny {
 public:
  SLUICE_AVX512 EndsOfAny(size_t size, size_t end, char* out_ends)
      : ends_(end, size), out_ends_(out_ends) {}

  SLUICE_AVX512 void SetNext() {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out_ends_), ends_.Next());
    out_ends_ += kTextLanes * kOffset;
  }

  static bool WereAsExpected() { return true; }

 private:
  EqualEnds ends_;
  char* out_ends_;
};

// The same for codes that are taken to have one size too. Whether they have it
// is known once all ends are set.
class EndsOfEqual {
 public:
  SLUICE_AVX512 EndsOfEqual(const char* offsets, size_t size,
                            EndsOfAny out_ends)
      : offsets_(offsets),
        ends_(LoadLittle<uint32_t>(offsets), size),
        out_ends_(out_ends),
        others_(_mm256_setzero_si256()) {}

  SLUICE_AVX512 void SetNext() {
    others_ = _mm256_or_si256(
        others_,
        _mm256_xor_si256(ends_.Next(), LoadOffsets(offsets_ + kOffset)));
    offsets_ += kTextLanes * kOffset;
    out_ends_.SetNext();
  }

  SLUICE_AVX512 bool WereAsExpected() const {
    return _mm256_testz_si256(others_, others_) != 0;
  }

 private:
  const char* offsets_;
  EqualEnds ends_;
  EndsOfAny out_ends_;
  // Not 0 if a text ended elsewhere.
  __m256i others_;
};

// For ends that were set before.
class EndsThatAreSet {
 public:
  static void SetNext() {}
  static bool WereAsExpected() { return true; }
};

// Writes texts that are taken to have one size, eight after eight. Whether they
// have it is known once all are written.
class EqualOutput {
 public:
  // Of `size` bytes. Of each byte of eight texts `order` says which it is of
  // their lanes.
  SLUICE_AVX512 EqualOutput(size_t size,
                            const std::array<uint8_t, kVectorBytes>& order,
                            char* out)
      : order_(_mm512_loadu_si512(order.data())),
        bytes_(kTextLanes * size),
        size_of_each_(
            _mm512_set1_epi64(static_cast<int64_t>(size) << kLaneSizeShift)),
        out_(out),
        others_(_mm512_setzero_si512()) {}

  SLUICE_AVX512 void Write(__m512i lanes) { Write(lanes, size_of_each_); }

  // Eight of which the texts of `asked` alone matter.
  SLUICE_AVX512 void WriteSome(__m512i lanes, __mmask8 asked) {
    Write(lanes, _mm512_mask_mov_epi64(lanes, asked, size_of_each_));
  }

  SLUICE_AVX512 bool WereAsExpected() const {
    const __m512i sizes = _mm512_set1_epi64(int64_t{-1} << kLaneSizeShift);
    return _mm512_test_epi64_mask(others_, sizes) == 0;
  }

 private:
  SLUICE_AVX512 void Write(__m512i lanes, __m512i expected) {
    _mm512_storeu_si512(out_, _mm512_permutexvar_epi8(order_, lanes));
    out_ += bytes_;
    others_ = _mm512_or_si512(others_, _mm512_xor_si512(lanes, expected));
  }

  const __m512i order_;
  const size_t bytes_;
  const __m512i size_of_each_;
  char* out_;
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
        _mm512_mask_sub_epi8(counts_, texts.used, texts.bytes, lowest_);
    const __m512i halves = _mm512_madd_epi16(
        _mm512_maddubs_epi16(digits, weights_of_digits_), weights_of_pairs_);
    return _mm512_add_epi64(_mm512_mul_epu32(halves, weight_of_half_),
                            _mm512_srli_epi64(halves, 32));
  }

 private:
  const __m512i lowest_;
  const __m512i counts_;
  const __m512i weights_of_digits_;
  const __m512i weights_of_pairs_;
  const __m512i weight_of_half_;
};

// Translates `count` texts to `out`. False, and what was written means nothing,
// unless all are codes whose texts have text_size_ bytes: where each stands is
// then known before it is looked up.
template <typename Texts, typename Ends>
SLUICE_AVX512 bool DenseCodes::TranslateToEqual(Texts texts, uint32_t count,
                                                Ends ends, char* out) const {
  const Places places(*this);
  EqualOutput output(text_size_, order_of_equal_, out);
  GroupTexts loaded;
  for (; count >= kTextLanes; count -= kTextLanes) {
    if (!texts.Load(&loaded) || places.Wrong(loaded) != 0) return false;
    output.Write(Gather(lanes_, places.Of(loaded)));
    ends.SetNext();
  }
  if (count > 0) {
    if (!texts.Load(&loaded)) return false;
    // What follows them is looked up as empty.
    loaded.used &= (uint64_t{1} << count * sizeof(uint64_t)) - 1;
    if (places.Wrong(loaded) != 0) return false;
    output.WriteSome(Gather(lanes_, places.Of(loaded)),
                     static_cast<__mmask8>((1u << count) - 1));
  }
  return texts.WereAsExpected() && ends.WereAsExpected() &&
         output.WereAsExpected();
}

// Translates kRows rows to out[*end] and on, moves that behind them, and sets
// where each ends. False, and what was written means nothing, unless all texts
// are codes whose texts have text_size_ bytes, or all but empty ones, and those
// codes have one size too: they stand as if no row were empty. Behind them 64
// bytes can be read.
SLUICE_AVX512 bool DenseCodes::TranslateToEqual(const char* offsets,
                                                const char* texts, char* out,
                                                size_t* end,
                                                char* out_ends) const {
  const auto begin = LoadLittle<uint32_t>(offsets);
  const uint32_t bytes =
      LoadLittle<uint32_t>(offsets + kRows * kOffset) - begin;
  uint32_t size = LoadLittle<uint32_t>(offsets + kOffset) - begin;
  const bool may_be_all = size > 0 && bytes == kRows * uint64_t{size};
  if (!may_be_all) size = SizeOfFirst(offsets);
  const EndsOfAny ends(text_size_, *end, out_ends);
  uint32_t count = kRows;
  bool are_equal = false;
  const bool is_short = size <= kBytesMax;
  if (may_be_all && is_short) {
    are_equal = TranslateToEqual(EqualTexts(size, texts + begin), count,
                                 EndsOfEqual(offsets, size, ends), out + *end);
  } else if (is_short &&
             SetEndsOfFilled(offsets, size, text_size_, *end, out_ends)) {
    count = bytes / size;
    are_equal = TranslateToEqual(EqualTexts(size, texts + begin), count,
                                 EndsThatAreSet(), out + *end);
  } else {
    are_equal =
        TranslateToEqual(ShortTexts(offsets, texts), count, ends, out + *end);
  }
  if (are_equal) *end += count * text_size_;
  return are_equal;
}

// The lanes of as many groups of eight rows as can be loaded, up to `groups`;
// returns how many. In lanes of no codes the highest bit is set.
template <typename Texts>
SLUICE_AVX512 uint32_t DenseCodes::LookUp(Texts* texts, uint32_t groups,
                                          Found* found) const {
  const Places places(*this);
  __m512i any = _mm512_setzero_si512();
  GroupTexts loaded;
  uint32_t group = 0;
  for (; group < groups && texts->Load(&loaded); ++group) {
    __mmask8 unknown = 0;
    if (const __mmask64 wrong = places.Wrong(loaded); wrong != 0) {
      const __m512i wrong_bytes = _mm512_movm_epi8(wrong);
      unknown = _mm512_test_epi64_mask(wrong_bytes, wrong_bytes);
      // Looked up as empty ones.
      const __m512i left_out = _mm512_movm_epi64(unknown);
      loaded.used =
          _mm512_mask_testn_epi8_mask(loaded.used, left_out, left_out);
    }
    __m512i lanes = Gather(lanes_, places.Of(loaded));
    if (unknown != 0) {
      lanes = _mm512_mask_mov_epi64(
          lanes, unknown, _mm512_set1_epi64(static_cast<int64_t>(kNoCode)));
    }
    any = _mm512_or_si512(any, lanes);
    _mm512_store_si512(&found->lanes[group * size_t{kTextLanes}], lanes);
  }
  found->any_unknown = _mm512_movepi64_mask(any) != 0;
  return group;
}

// Makes lanes of no codes empty, and calls `unknown` for each.
SLUICE_AVX512 void DenseCodes::EmptyUnknown(
    uint32_t first_row, uint32_t groups, Found* found,
    absl::FunctionRef<void(uint32_t row)> unknown) {
  for (uint32_t group = 0; group < groups; ++group) {
    uint64_t* const eight = &found->lanes[group * size_t{kTextLanes}];
    const __m512i lanes = _mm512_load_si512(eight);
    const __mmask8 no_codes = _mm512_movepi64_mask(lanes);
    if (no_codes == 0) continue;
    _mm512_store_si512(eight,
                       _mm512_maskz_mov_epi64(_knot_mask8(no_codes), lanes));
    for (uint32_t bits = no_codes; bits != 0; bits &= bits - 1) {
      unknown(first_row + group * kTextLanes +
              static_cast<uint32_t>(std::countr_zero(bits)));
    }
  }
}

SLUICE_AVX512 CodePlace DenseCodes::TranslateEights(
    const char* offsets, absl::string_view texts, CodePlace from, uint32_t last,
    char* out, char* out_offsets,
    absl::FunctionRef<void(uint32_t row)> unknown) const {
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
    // Wherever among them eight texts are taken to begin, they can be read.
    const bool is_whole =
        groups == kGroups &&
        LoadLittle<uint32_t>(in + kRows * kOffset) + kVectorBytes <=
            texts.size();
    if (left_untried > 0) {
      --left_untried;
    } else if (is_whole && text_size_ != 0) {
      if (TranslateToEqual(in, texts.data(), out, &at.end, ends)) {
        at.row += kRows;
        not_tried = 1;
        continue;
      }
      left_untried = not_tried;
      not_tried = std::min(2 * not_tried, kNotTriedMax);
    }
    uint32_t done = groups;
    ShortTexts taken_for_short(in, texts.data());
    if (is_whole) LookUp(&taken_for_short, groups, &found);
    if (!is_whole || !taken_for_short.WereAsExpected()) {
      AnyTexts any(in, texts);
      done = LookUp(&any, groups, &found);
    }
    if (found.any_unknown) EmptyUnknown(at.row, done, &found, unknown);
    for (uint32_t group = 0; group < done; ++group) {
      const WrittenLanes written = WriteLanes(
          _mm512_load_si512(&found.lanes[group * size_t{kTextLanes}]), out,
          at.end);
      _mm256_storeu_si256(
          reinterpret_cast<__m256i*>(ends + group * kTextLanes * kOffset),
          written.ends);
      at.end = written.end;
    }
    at.row += done * kTextLanes;
    if (done < kGroups) return at;
  }
}

CodePlace DenseCodes::Translate(
    const char* offsets, absl::string_view texts, CodePlace from, uint32_t last,
    char* out, char* out_offsets,
    absl::FunctionRef<void(uint32_t row)> unknown) const {
  assert(UsedCpuLevel() != CpuLevel::kPortable);
  return UsedCpuLevel() == CpuLevel::kAvx512
             ? TranslateEights(offsets, texts, from, last, out, out_offsets,
                               unknown)
             : TranslateFours(offsets, texts, from, last, out, out_offsets,
                              unknown);
}

#else

CodePlace DenseCodes::Translate(const char*, absl::string_view, CodePlace from,
                                uint32_t, char*, char*,
                                absl::FunctionRef<void(uint32_t row)>) const {
  return from;
}

#endif

}  // namespace sluice::desensitize
