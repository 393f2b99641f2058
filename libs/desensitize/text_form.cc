#include "libs/desensitize/text_form.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <numeric>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/fixed_texts.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {
namespace {

// A pattern is of whole texts and of whole vectors, the widest there are, and
// long enough for a loop to be worth starting.
constexpr size_t kVectorBytes = 64;
constexpr size_t kPatternBytesMax = kFormBytesMax * kVectorBytes;
constexpr size_t kPatternBytesMin = 512;
// What is written behind the last text that is cut.
constexpr size_t kCutRoom = std::max(kVectorBytes, kCutBytesMax);

// Whether each length is `length` or 0.
SLUICE_ANY_LEVEL inline bool HaveLength(const char* offsets, uint32_t rows,
                                        uint32_t length) {
  uint32_t others = 0;
  for (uint32_t row = 0; row < rows; ++row) {
    const char* const at = offsets + row * sizeof(uint32_t);
    const uint32_t each =
        LoadLittle<uint32_t>(at + sizeof(uint32_t)) - LoadLittle<uint32_t>(at);
    others |= each != length && each != 0 ? 1u : 0u;
  }
  return others == 0;
}

// Returns what is not 0 if a byte is out of its range.
SLUICE_ANY_LEVEL inline uint8_t WrongBytes(const uint8_t* __restrict in,
                                           size_t size,
                                           const uint8_t* __restrict least,
                                           const uint8_t* __restrict span) {
  uint8_t wrong = 0;
  for (size_t i = 0; i < size; ++i) {
    const auto above = static_cast<uint8_t>(in[i] - least[i]);
    wrong |= above > span[i] ? 1 : 0;
  }
  return wrong;
}

// The same, and copies what is kept.
SLUICE_ANY_LEVEL inline uint8_t MaskBytes(
    const uint8_t* __restrict in, size_t size, const uint8_t* __restrict least,
    const uint8_t* __restrict span, const uint8_t* __restrict kept,
    uint8_t symbol, uint8_t* __restrict out) {
  uint8_t wrong = 0;
  for (size_t i = 0; i < size; ++i) {
    const auto above = static_cast<uint8_t>(in[i] - least[i]);
    wrong |= above > span[i] ? 1 : 0;
    out[i] = static_cast<uint8_t>((in[i] & kept[i]) | (symbol & ~kept[i]));
  }
  return wrong;
}

const uint8_t* BytesOf(const records::Column& column) {
  return reinterpret_cast<const uint8_t*>(column.data.data());
}

// The first `kept` bytes of each `length` of `texts`. Copies more, which the
// next text writes over: `out` has room for kCutBytesMax behind the last.
void CutTexts(absl::string_view texts, size_t length, size_t kept, char* out) {
  const char* in = texts.data();
  const char* const end = in + texts.size();
  for (; static_cast<size_t>(end - in) >= kCutBytesMax + length; in += length) {
    std::memcpy(out, in, kCutBytesMax);
    out += kept;
  }
  for (; in < end; in += length) {
    std::memcpy(out, in, kept);
    out += kept;
  }
}

#if defined(__x86_64__)

// The same of as many texts at once as are in a vector, and whether their bytes
// are in their ranges: `least` and `span` are of a vector. `out` has room for a
// vector behind the last text.
SLUICE_AVX512 bool CutVectors(absl::string_view texts, size_t length,
                              size_t kept, const uint8_t* least,
                              const uint8_t* span, char* out) {
  const size_t texts_each = kVectorBytes / length;
  const size_t bytes_each = texts_each * length;
  alignas(kVectorBytes) std::array<uint8_t, kVectorBytes> from = {};
  for (size_t i = 0; i < texts_each * kept; ++i) {
    from[i] = static_cast<uint8_t>(i / kept * length + i % kept);
  }
  const __m512i picked = _mm512_load_si512(from.data());
  const __m512i lowest = _mm512_loadu_si512(least);
  const __m512i spans = _mm512_loadu_si512(span);
  __mmask64 wrong = 0;
  for (size_t left = texts.size(); left > 0;) {
    const size_t bytes = std::min(left, bytes_each);
    const __mmask64 inside =
        _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(bytes));
    const __m512i in =
        _mm512_maskz_loadu_epi8(inside, texts.data() + texts.size() - left);
    wrong |=
        _mm512_mask_cmpgt_epu8_mask(inside, _mm512_sub_epi8(in, lowest), spans);
    _mm512_storeu_si512(out, _mm512_permutexvar_epi8(picked, in));
    out += texts_each * kept;
    left -= bytes;
  }
  return wrong == 0;
}

constexpr size_t kHalfBytes = sizeof(__m128i);
static_assert(kCutBytesMax == kHalfBytes);

SLUICE_AVX2 inline __m128i LoadHalf(const void* bytes) {
  return _mm_loadu_si128(static_cast<const __m128i*>(bytes));
}

SLUICE_AVX2 inline void StoreHalf(__m128i bytes, char* out) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
}

// The same of two texts at once, one in each half of a vector, of kHalfBytes at
// most.
SLUICE_AVX2 bool CutPairs(absl::string_view texts, size_t length, size_t kept,
                          const uint8_t* least, const uint8_t* span,
                          char* out) {
  // What is behind a text may be anything.
  alignas(kHalfBytes) std::array<uint8_t, kHalfBytes> spans;
  spans.fill(0xFF);
  std::memcpy(spans.data(), span, length);
  const __m256i lowest = _mm256_broadcastsi128_si256(LoadHalf(least));
  const __m256i allowed = _mm256_broadcastsi128_si256(LoadHalf(spans.data()));
  __m256i wrong = _mm256_setzero_si256();
  const char* in = texts.data();
  const char* const end = in + texts.size();
  const auto cut = [&](__m128i first, __m128i second) SLUICE_AVX2 {
    const __m256i both =
        _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
    wrong = _mm256_or_si256(
        wrong, _mm256_subs_epu8(_mm256_sub_epi8(both, lowest), allowed));
    StoreHalf(first, out);
    StoreHalf(second, out + kept);
    out += 2 * kept;
  };
  const size_t bytes_each = 2 * length;
#pragma GCC unroll 4
  for (; static_cast<size_t>(end - in) >= length + kHalfBytes;
       in += bytes_each) {
    cut(LoadHalf(in), LoadHalf(in + length));
  }
  // What is left is too near the end to be read with what is behind it.
  while (in < end) {
    std::array<char, kHalfBytes> text = {};
    std::memcpy(text.data(), in, length);
    in += length;
    cut(LoadHalf(text.data()), LoadHalf(text.data()));
    out -= kept;
  }
  return _mm256_testz_si256(wrong, wrong) != 0;
}

#endif
}  // namespace

// A form repeated over whole texts and whole vectors.
class FormPatterns {
 public:
  explicit FormPatterns(const TextForm& form)
      : period_(std::lcm(form.length_, kVectorBytes)) {
    while (period_ < kPatternBytesMin) period_ *= 2;
    Repeat(form.least_, form.length_, &least_);
    Repeat(form.span_, form.length_, &span_);
  }

  bool Fit(const records::Column& column) const {
    const uint8_t* const in = BytesOf(column);
    const uint8_t* const least = least_.data();
    const uint8_t* const span = span_.data();
    const size_t size = column.data.size();
    const size_t period = period_;
    return RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
      uint8_t wrong = 0;
      size_t at = 0;
      for (; at + period <= size; at += period) {
        wrong |= WrongBytes(in + at, period, least, span);
      }
      wrong |= WrongBytes(in + at, size - at, least, span);
      return wrong == 0;
    });
  }

  // The same, and writes the first `kept` bytes of each text to `out`, which
  // has room for kCutRoom more.
  bool FitAndCut(const records::Column& column, size_t length, size_t kept,
                 char* out) const {
#if defined(__x86_64__)
    if (UsedCpuLevel() == CpuLevel::kAvx512) {
      return CutVectors(column.data.view(), length, kept, least_.data(),
                        span_.data(), out);
    }
    if (UsedCpuLevel() == CpuLevel::kAvx2 && length <= kHalfBytes) {
      return CutPairs(column.data.view(), length, kept, least_.data(),
                      span_.data(), out);
    }
#endif
    if (!Fit(column)) return false;
    CutTexts(column.data.view(), length, kept, out);
    return true;
  }

  // Whether they fit, and writes the masked bytes to `out`.
  bool FitAndMask(const records::Column& column, const TextForm& form,
                  char symbol, char* out_begin) const {
    Pattern kept_pattern;
    Repeat(form.kept_, form.length_, &kept_pattern);
    const uint8_t* const in = BytesOf(column);
    auto* const out = reinterpret_cast<uint8_t*>(out_begin);
    const uint8_t* const least = least_.data();
    const uint8_t* const span = span_.data();
    const uint8_t* const kept = kept_pattern.data();
    const auto over = static_cast<uint8_t>(symbol);
    const size_t size = column.data.size();
    const size_t period = period_;
    return RunAtUsedCpuLevel([=]() SLUICE_ANY_LEVEL {
      uint8_t wrong = 0;
      size_t at = 0;
      for (; at + period <= size; at += period) {
        wrong |= MaskBytes(in + at, period, least, span, kept, over, out + at);
      }
      wrong |= MaskBytes(in + at, size - at, least, span, kept, over, out + at);
      return wrong == 0;
    });
  }

 private:
  using Pattern = std::array<uint8_t, kPatternBytesMax>;

  // The first `length` of `bytes` again and again.
  void Repeat(const std::array<uint8_t, kFormBytesMax>& bytes, size_t length,
              Pattern* pattern) const {
    uint8_t* const out = pattern->data();
    std::memcpy(out, bytes.data(), length);
    for (size_t done = length; done < period_; done *= 2) {
      std::memcpy(out + done, out, std::min(done, period_ - done));
    }
  }

  size_t period_;
  Pattern least_;
  Pattern span_;
};

size_t CommonTextBytes(const records::Column& column) {
  const char* const offsets = column.offsets.data();
  const uint32_t rows = column.row_count;
  int32_t length = 0;
  for (uint32_t row = 0; row < rows && length == 0; ++row) {
    length = column.Offset(row + 1);
  }
  const auto bytes = static_cast<uint32_t>(length);
  if (bytes == 0 || bytes > kFormBytesMax) return 0;
  // Several lengths show early.
  constexpr uint32_t kLookedAt = 32;
  if (!HaveLength(offsets, std::min(rows, kLookedAt), bytes)) return 0;
  const bool common = RunAtUsedCpuLevel(
      [=]() SLUICE_ANY_LEVEL { return HaveLength(offsets, rows, bytes); });
  return common ? bytes : 0;
}

TextForm::TextForm(size_t length) : length_(length) {
  assert(length > 0 && length <= kFormBytesMax);
  least_.fill(0);
  span_.fill(0x7F);
  kept_.fill(0xFF);
}

void TextForm::Require(size_t at, char least, char most) {
  least_[at] = static_cast<uint8_t>(least);
  span_[at] = static_cast<uint8_t>(most - least);
}

void TextForm::RequireDigits() {
  for (size_t i = 0; i < length_; ++i) Require(i, '0', '9');
}

void TextForm::Hide(size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) kept_[i] = 0;
}

std::optional<Treated> MaskInForm(const records::Column& column,
                                  const TextForm& form, char symbol) {
  records::AlignedBuffer data(column.data.size());
  if (!FormPatterns(form).FitAndMask(column, form, symbol, data.data())) {
    return std::nullopt;
  }
  Treated treated{column, 0};
  treated.column.data = std::move(data).Share();
  return treated;
}

std::optional<Treated> CutInForm(const records::Column& column,
                                 const TextForm& form, size_t kept) {
  assert(kept > 0 && kept <= kCutBytesMax && kept <= form.length());
  const size_t texts = column.data.size() / form.length();
  records::AlignedBuffer data(texts * kept + kCutRoom);
  if (!FormPatterns(form).FitAndCut(column, form.length(), kept, data.data())) {
    return std::nullopt;
  }
  Treated treated{column, 0};
  treated.column.offsets = texts == column.row_count
                               ? EvenOffsets(column.row_count, kept)
                               : FixedOffsets(column, kept);
  treated.column.data = std::move(data).Share().Slice(0, texts * kept);
  return treated;
}

}  // namespace sluice::desensitize
