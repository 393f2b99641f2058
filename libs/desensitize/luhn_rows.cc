#include "libs/desensitize/luhn_rows.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kWordBytes = 8;

// What eight digits, of which the last counts once, add to the sum, in four
// numbers of 16 bits. A digit that counts twice adds the digits of its double,
// which from 5 on is 9 less than the double.
uint64_t Counted(uint64_t digits) {
  constexpr uint64_t kEach = 0x0001000100010001;
  const uint64_t once = digits >> 8 & 0xFF * kEach;
  const uint64_t twice = digits & 0xFF * kEach;
  const uint64_t from_five = (twice + 3 * kEach) >> 3 & kEach;
  return once + 2 * twice - 9 * from_five;
}

// The digits before the last `behind` ones of a number, at most eight of them,
// as if zeros came before.
uint64_t DigitsBefore(const char* number, size_t length, size_t behind) {
  constexpr uint64_t kZeros = 0x3030303030303030;
  const size_t count = length - behind;
  if (count >= kWordBytes) {
    return LoadLittle<uint64_t>(number + count - kWordBytes) - kZeros;
  }
  return (LoadLittle<uint64_t>(number) - kZeros) << 8 * (kWordBytes - count);
}

bool HasLuhnDigit(const char* number, size_t length) {
  uint64_t sums = Counted(DigitsBefore(number, length, 0)) +
                  Counted(DigitsBefore(number, length, kWordBytes));
  if (length > 2 * kWordBytes) {
    sums += Counted(DigitsBefore(number, length, 2 * kWordBytes));
  }
  return (sums * 0x0001000100010001 >> 48) % 10 == 0;
}

#if defined(__x86_64__)

constexpr size_t kVectorBytes = 64;

// Where in a vector each digit of a few numbers goes: a number of up to sixteen
// digits has a quarter of it, a longer one a half.
struct Layout {
  size_t numbers;
  std::array<uint8_t, kVectorBytes> from = {};
  uint64_t used = 0;
  uint64_t twice = 0;

  explicit Layout(size_t length) : numbers(length <= 16 ? 4 : 2) {
    const size_t width = kVectorBytes / numbers;
    for (size_t number = 0; number < numbers; ++number) {
      for (size_t i = 0; i < length; ++i) {
        const size_t to = number * width + i;
        from[to] = static_cast<uint8_t>(number * length + i);
        used |= uint64_t{1} << to;
        if ((length - i) % 2 == 0) twice |= uint64_t{1} << to;
      }
    }
  }
};

// As many numbers as whole vectors hold; returns what is not 0 if one of them
// is wrong. `*checked` is how many were looked at.
SLUICE_AVX512 int WrongSums(const char* digits, size_t count, size_t length,
                            size_t* checked) {
  const Layout layout(length);
  const __m512i from = _mm512_loadu_si512(layout.from.data());
  const __mmask64 loaded =
      _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(layout.numbers * length));
  const __m512i doubles = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 2, 4, 6, 8, 1, 3, 5, 7, 9, 0, 0, 0, 0, 0, 0));
  const __m512i zeros = _mm512_set1_epi8('0');
  __m512i wrong = _mm512_setzero_si512();
  size_t done = 0;
  for (; done + layout.numbers <= count; done += layout.numbers) {
    const __m512i text = _mm512_permutexvar_epi8(
        from, _mm512_maskz_loadu_epi8(loaded, digits + done * length));
    const __m512i once = _mm512_maskz_sub_epi8(layout.used, text, zeros);
    const __m512i counted =
        _mm512_mask_shuffle_epi8(once, layout.twice, doubles, once);
    // Sums of eight, of sixteen, and where a number has a half of thirty-two.
    __m512i sums = _mm512_sad_epu8(counted, _mm512_setzero_si512());
    sums = _mm512_add_epi64(sums, _mm512_shuffle_epi32(sums, _MM_PERM_BADC));
    if (layout.numbers == 2) {
      sums = _mm512_add_epi64(sums, _mm512_shuffle_i64x2(sums, sums, 0xB1));
    }
    // A tenth, rounded down, exact for what three vectors of digits add up to.
    const __m512i tenths = _mm512_mulhi_epu16(sums, _mm512_set1_epi16(6554));
    const __m512i tens = _mm512_mullo_epi16(tenths, _mm512_set1_epi16(10));
    wrong = _mm512_or_si512(wrong, _mm512_xor_si512(sums, tens));
  }
  *checked = done;
  return _mm512_test_epi64_mask(wrong, wrong);
}

constexpr size_t kHalfBytes = 16;

// What each digit of up to sixteen bytes counts is looked up by its lower half,
// or nowhere where the highest bit is set.
struct HalfLayout {
  // Set but for the digits that count twice.
  std::array<uint8_t, kHalfBytes> not_twice;
  // The lower halves of those that count once.
  std::array<uint8_t, kHalfBytes> once = {};

  // Of the digits before `end` and from `begin` on, of which that at `from` is
  // the first byte.
  HalfLayout(size_t length, size_t from, size_t begin, size_t end) {
    not_twice.fill(0x80);
    for (size_t i = begin; i < end; ++i) {
      if ((length - i) % 2 == 0) {
        not_twice[i - from] = 0;
      } else {
        once[i - from] = 0x0F;
      }
    }
  }
};

SLUICE_AVX2 inline __m256i InBothHalves(
    const std::array<uint8_t, kHalfBytes>& bytes) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes.data())));
}

// What sixteen bytes of each of two numbers count, in two sums each.
class CountedPairs {
 public:
  SLUICE_AVX2 explicit CountedPairs(const HalfLayout& layout)
      : not_twice_(InBothHalves(layout.not_twice)),
        once_(InBothHalves(layout.once)),
        doubles_(_mm256_setr_epi8(0, 2, 4, 6, 8, 1, 3, 5, 7, 9, 0, 0, 0, 0, 0,
                                  0, 0, 2, 4, 6, 8, 1, 3, 5, 7, 9, 0, 0, 0, 0,
                                  0, 0)) {}

  SLUICE_AVX2 __m256i Of(const char* first, const char* second) const {
    const __m256i text = _mm256_inserti128_si256(
        _mm256_castsi128_si256(
            _mm_loadu_si128(reinterpret_cast<const __m128i*>(first))),
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(second)), 1);
    const __m256i twice =
        _mm256_shuffle_epi8(doubles_, _mm256_or_si256(text, not_twice_));
    return _mm256_sad_epu8(
        _mm256_add_epi8(twice, _mm256_and_si256(text, once_)),
        _mm256_setzero_si256());
  }

 private:
  const __m256i not_twice_;
  const __m256i once_;
  const __m256i doubles_;
};

// The same as WrongSums, four numbers at a time, of each its first sixteen
// digits and what is behind these. Reads no byte behind the last number.
template <bool kIsLong>
SLUICE_AVX2 bool AnyWrong(const char* digits, size_t count, size_t length,
                          size_t* checked) {
  constexpr size_t kTogether = 4;
  const CountedPairs heads(
      HalfLayout(length, 0, 0, std::min(length, kHalfBytes)));
  const size_t behind = length - std::min(length, kHalfBytes);
  const CountedPairs tails(
      HalfLayout(length, behind, kHalfBytes, std::max(length, kHalfBytes)));
  const auto counted = [&](const char* pair) SLUICE_AVX2 {
    const __m256i sums = heads.Of(pair, pair + length);
    if constexpr (!kIsLong) return sums;
    return _mm256_add_epi64(sums,
                            tails.Of(pair + behind, pair + length + behind));
  };
  __m256i wrong = _mm256_setzero_si256();
  size_t done = 0;
  for (; (done + kTogether - 1) * length + kHalfBytes <= count * length;
       done += kTogether) {
    const char* const pair = digits + done * length;
    __m256i sums = _mm256_or_si256(
        counted(pair), _mm256_slli_epi64(counted(pair + 2 * length), 32));
    sums = _mm256_add_epi16(sums, _mm256_shuffle_epi32(sums, 0x4E));
    const __m256i tenths = _mm256_mulhi_epu16(sums, _mm256_set1_epi16(6554));
    const __m256i tens = _mm256_mullo_epi16(tenths, _mm256_set1_epi16(10));
    wrong = _mm256_or_si256(wrong, _mm256_xor_si256(sums, tens));
  }
  *checked = done;
  return _mm256_testz_si256(wrong, wrong) == 0;
}

#endif

// Whether one of the first `*checked` numbers is wrong: as many as the CPU can
// look at together.
bool AnyWrongTogether(const char* numbers, size_t count, size_t length,
                      size_t* checked) {
  *checked = 0;
#if defined(__x86_64__)
  switch (UsedCpuLevel()) {
    case CpuLevel::kAvx512:
      return WrongSums(numbers, count, length, checked) != 0;
    case CpuLevel::kAvx2:
      return length > kHalfBytes
                 ? AnyWrong<true>(numbers, count, length, checked)
                 : AnyWrong<false>(numbers, count, length, checked);
    case CpuLevel::kPortable:
      break;
  }
#endif
  return false;
}

}  // namespace

bool HaveLuhnDigits(const char* numbers, size_t count, size_t length) {
  assert(length >= 13 && length <= 19);
  size_t checked = 0;
  if (AnyWrongTogether(numbers, count, length, &checked)) return false;
  for (; checked < count; ++checked) {
    if (!HasLuhnDigit(numbers + checked * length, length)) return false;
  }
  return true;
}

}  // namespace sluice::desensitize
