#include "libs/desensitize/number_pairs.h"

#include <bit>
#include <cassert>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kDigits = 8;
// Two rows fill a vector.
constexpr size_t kRowBytes = 32;

#if defined(__x86_64__)

// The eight decimal digits of each of eight numbers below 10^8, the highest
// first, a byte each. A number is cut into two of half as many digits, side by
// side, three times; quotients are products with a reciprocal, rounded up so
// little that they are exact.
SLUICE_AVX512 inline __m512i DigitsOf(__m512i numbers) {
  __m512i ten = _mm512_set1_epi16(10);
  // g++ would make three additions of this multiplication if it knew.
  asm("" : "+v"(ten));
  const __m512i thousands = _mm512_srli_epi64(
      _mm512_mul_epu32(numbers, _mm512_set1_epi64(109'951'163)), 40);
  const __m512i below_thousands = _mm512_sub_epi64(
      numbers, _mm512_mul_epu32(thousands, _mm512_set1_epi64(10'000)));
  const __m512i fours =
      _mm512_or_si512(thousands, _mm512_slli_epi64(below_thousands, 32));
  const __m512i hundreds =
      _mm512_srli_epi16(_mm512_mulhi_epu16(fours, _mm512_set1_epi32(5'243)), 3);
  const __m512i below_hundreds = _mm512_sub_epi16(
      fours, _mm512_mullo_epi16(hundreds, _mm512_set1_epi32(100)));
  const __m512i twos =
      _mm512_or_si512(hundreds, _mm512_slli_epi32(below_hundreds, 16));
  const __m512i tens = _mm512_mulhi_epu16(twos, _mm512_set1_epi16(6'554));
  const __m512i ones = _mm512_sub_epi16(twos, _mm512_mullo_epi16(tens, ten));
  return _mm512_or_si512(tens, _mm512_slli_epi16(ones, 8));
}

// In each byte the lowest bit that is set and all above it. The highest bit of
// each is set.
inline uint64_t FromLowestBits(uint64_t bytes) {
  // Bytes | -bytes, byte by byte: no addition carries into the next.
  return bytes | (~bytes + 0x0101'0101'0101'0101);
}

// Rows whose digits fill a vector.
constexpr uint32_t kDigitRows = 4;
static_assert(kDigitRows <= PairWriter::kRowsBehind);
static_assert(sizeof(NumberPair) == kDigits);

// Of four rows.
struct PairDigits {
  alignas(64) char characters[64];
  // The digits that are no leading zeros, a bit each...
  uint64_t significant;
  // ...and the numbers below 0.
  uint64_t negative;
};
using PairBlock = std::array<PairDigits, PairWriter::kRowsMax / kDigitRows>;

// All numbers before the first text: what a text needs takes many steps one
// behind the other, so that a CPU must see many numbers ahead to be busy.
SLUICE_AVX512 void FindDigits(const NumberPair* pairs, uint32_t rows,
                              uint64_t digits_always, PairBlock* block) {
  PairDigits* out = block->data();
  for (uint32_t row = 0; row < rows; row += kDigitRows, ++out) {
    const __m512i numbers = _mm512_cvtepi32_epi64(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(pairs + row)));
    const __m512i digits = DigitsOf(_mm512_abs_epi64(numbers));
    _mm512_store_si512(out->characters,
                       _mm512_or_si512(digits, _mm512_set1_epi8('0')));
    out->significant =
        FromLowestBits(_mm512_test_epi8_mask(digits, digits) | digits_always);
    out->negative = _mm512_movepi64_mask(numbers);
  }
}

#endif

}  // namespace

PairWriter::PairWriter(PairForm form) {
  assert(form.decimals <= kPairDecimalsMax);
  for (size_t row = 0; row < 2; ++row) {
    size_t at = row * kRowBytes;
    const auto put = [&](char character, uint64_t* bytes) {
      *bytes |= uint64_t{1} << at;
      layout_[at++] = character;
    };
    if (form.is_range) put('[', &always_);
    for (size_t number = 0; number < 2; ++number) {
      if (number == 1) put(',', &always_);
      put('-', &signs_);
      for (size_t digit = 0; digit < kDigits; ++digit) {
        if (digit + form.decimals == kDigits) put('.', &always_);
        digit_of_[at] =
            static_cast<uint8_t>((row * 2 + number) * kDigits + digit);
        put('\0', &digits_);
      }
    }
    if (form.is_range) put(')', &always_);
    assert(at <= row * kRowBytes + kPairTextBytesMax);
  }
  constexpr uint64_t kEachNumber = 0x0101'0101'0101'0101;
  digits_always_ =
      kEachNumber * (0xFF & (0xFFu << (kDigits - 1 - form.decimals)));
}

bool PairWriter::CanWrite() { return UsedCpuLevel() == CpuLevel::kAvx512; }

#if defined(__x86_64__)

SLUICE_AVX512 size_t PairWriter::Write(const NumberPair* pairs, uint32_t rows,
                                       uint64_t with_text, char* data,
                                       size_t begin, char* ends) const {
  assert(rows <= kRowsMax);
  PairBlock block;
  FindDigits(pairs, rows, digits_always_, &block);
  // The bytes of two rows, by which of them have a text.
  static constexpr uint64_t kBytesOf[] = {0, 0xFFFF'FFFF, 0xFFFF'FFFFull << 32,
                                          ~uint64_t{0}};
  const __m512i layout = _mm512_loadu_si512(layout_.data());
  const __m512i first_rows = _mm512_loadu_si512(digit_of_.data());
  const __m512i last_rows =
      _mm512_add_epi8(first_rows, _mm512_set1_epi8(4 * kDigits));
  const uint64_t always = always_;
  const uint64_t signs = signs_;
  const uint64_t digits_to = digits_;
  const auto write_two = [&](const char* characters, __m512i digit_of,
                             uint64_t significant, uint64_t negative,
                             uint64_t two_with_text,
                             char* two_ends) SLUICE_AVX512 {
    const __m512i text = _mm512_mask_permutexvar_epi8(
        layout, digits_to, digit_of, _mm512_load_si512(characters));
    const uint64_t bytes = (always | _pdep_u64(significant, digits_to) |
                            _pdep_u64(negative, signs)) &
                           kBytesOf[two_with_text & 3];
    _mm512_storeu_si512(data + begin, _mm512_maskz_compress_epi8(bytes, text));
    const auto first = begin + static_cast<size_t>(
                                   std::popcount(static_cast<uint32_t>(bytes)));
    begin += static_cast<size_t>(std::popcount(bytes));
    StoreLittle(static_cast<int32_t>(first), two_ends);
    StoreLittle(static_cast<int32_t>(begin), two_ends + sizeof(int32_t));
  };
  with_text &= _bzhi_u64(~uint64_t{0}, rows);
  const PairDigits* digits = block.data();
  for (uint32_t row = 0; row < rows; row += kDigitRows, ++digits) {
    char* const row_ends = ends + row * sizeof(int32_t);
    write_two(digits->characters, first_rows, digits->significant,
              digits->negative, with_text >> row, row_ends);
    write_two(digits->characters, last_rows, digits->significant >> 32,
              digits->negative >> 4, with_text >> row >> 2,
              row_ends + 2 * sizeof(int32_t));
  }
  return begin;
}

#else

size_t PairWriter::Write(const NumberPair*, uint32_t, uint64_t, char*,
                         size_t begin, char*) const {
  return begin;
}

#endif

}  // namespace sluice::desensitize
