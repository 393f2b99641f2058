#include "libs/desensitize/point_rows.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"

namespace sluice::desensitize {

#if defined(__x86_64__)

namespace {

constexpr uint32_t kTextBytesMax = 32;
// A number is looked at through a window of the text, in which its point is in
// the middle: three digits before it and six behind it count.
constexpr uint32_t kWindowBytes = 16;
constexpr uint32_t kPointAt = kWindowBytes / 2;
constexpr uint32_t kDigitsBefore = 3;
constexpr uint32_t kDigitsBehind = 6;
// What a vector has of windows.
constexpr uint32_t kRows = 4;
static_assert(kRows <= PairWriter::kRowsBehind);

// The windows of some points, with the values of those digits that count and 0
// elsewhere.
struct PointWindows {
  alignas(64)
      std::array<char, size_t{PairWriter::kRowsMax} * 2 * kWindowBytes> digits;
  // For each four rows which numbers are below 0, two bits a row.
  std::array<uint8_t, PairWriter::kRowsMax / kRows> negative = {};
};

// Whether the bytes that `marks` says are a point, a comma and a point.
SLUICE_AVX512 inline bool ArePoints(uint32_t marks, __m256i bytes) {
  constexpr int kPoints = '.' | ',' << 8 | '.' << 16;
  const __m128i marked =
      _mm256_castsi256_si128(_mm256_maskz_compress_epi8(marks, bytes));
  // A fourth may be a byte of 0.
  return _mm_cvtsi128_si32(marked) == kPoints && std::popcount(marks) == 3;
}

// Opens the windows of the point in `length` bytes; false if it is none that
// can be read here. Sets the lowest bits of `negative` if a number is below 0.
// Reads from kPointAt bytes before the text to kTextBytesMax + kPointAt behind
// where it begins.
SLUICE_AVX512 inline bool OpenWindows(const char* text, uint32_t length,
                                      char* digits, uint32_t* negative) {
  const __m256i zeros = _mm256_set1_epi8('0');
  const __m256i bytes =
      _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
  // A bit a byte: all that is no digit, and of these the two points and the
  // comma.
  const uint32_t inside = _bzhi_u32(~0u, length);
  const uint32_t marks =
      inside & _mm256_cmpgt_epu8_mask(_mm256_sub_epi8(bytes, zeros),
                                      _mm256_set1_epi8(9));
  uint32_t points = marks;
  if (!ArePoints(marks, bytes)) {
    const uint32_t signs =
        marks & _mm256_cmpeq_epi8_mask(bytes, _mm256_set1_epi8('-'));
    points ^= signs;
    if (!ArePoints(points, bytes)) return false;
    const uint32_t behind_comma = 2 * _blsi_u32(_blsr_u32(points));
    if ((signs & ~(1 | behind_comma)) != 0) return false;
    *negative = (signs & 1) | (signs > 1 ? 2u : 0u);
  }
  const uint32_t second = _blsr_u32(_blsr_u32(points));
  const uint64_t before_comma = _blsi_u32(_blsr_u32(points)) - 1;
  // The digits of each number, moved to where its window has them.
  const uint64_t all = marks ^ inside;
  const uint64_t moved[] = {
      (all & before_comma) << kPointAt >> std::countr_zero(points),
      (all & ~before_comma) << kPointAt >> std::countr_zero(second)};
  constexpr uint64_t kTooHigh = (1u << (kPointAt - kDigitsBefore)) - 1;
  constexpr uint64_t kLeftOut = ~uint64_t{0} << (kPointAt + 1 + kDigitsBehind);
  // A digit on both sides of each point, and no more of them than there is
  // place for. What is below 0 is not rounded down by leaving decimals out.
  const uint64_t wrong = (points & (marks << 1 | 1)) |
                         (points >> (length - 1)) |
                         ((moved[0] | moved[1]) &
                          (*negative != 0 ? kTooHigh | kLeftOut : kTooHigh));
  constexpr uint64_t kCounted = (0xFF & (0xFF00 >> kDigitsBefore)) |
                                ((1u << kDigitsBehind) - 1) << (kPointAt + 1);
  const __mmask32 counted = static_cast<uint32_t>(
      (moved[0] & kCounted) | (moved[1] & kCounted) << kWindowBytes);
  const auto window_of = [text](uint32_t point) SLUICE_AVX512 {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(
        text + std::countr_zero(point) - kPointAt));
  };
  const __m256i windows = _mm256_inserti128_si256(
      _mm256_castsi128_si256(window_of(points)), window_of(second), 1);
  _mm256_store_si256(reinterpret_cast<__m256i*>(digits),
                     _mm256_maskz_sub_epi8(counted, windows, zeros));
  return wrong == 0;
}

// The eight numbers of four rows, in millionths. Returns a bit for each that is
// above 180.
SLUICE_AVX512 inline uint32_t ReadWindows(const char* digits, __mmask8 negative,
                                          NumberPair* pairs) {
  // Each step adds neighbours up: digits, then the whole degrees and thousands
  // and the rest of the millionths, then these, for each of four windows.
  const __m512i tens = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 0, 0, 0, 0, 1, 10, 1, 0, 1, 10, 1, 10, 1, 1, 0));
  const __m512i hundreds =
      _mm512_broadcast_i32x4(_mm_setr_epi16(0, 0, 100, 1, 100, 1, 10, 1));
  const __m512i thousands =
      _mm512_broadcast_i32x4(_mm_setr_epi16(0, 1, 1000, 1, 0, 1, 1000, 1));
  const auto three_parts = [&](const char* windows) SLUICE_AVX512 {
    return _mm512_madd_epi16(
        _mm512_maddubs_epi16(_mm512_load_si512(windows), tens), hundreds);
  };
  const __m512i parts = _mm512_madd_epi16(
      _mm512_packus_epi32(three_parts(digits), three_parts(digits + 64)),
      thousands);
  const __m512i mixed =
      _mm512_add_epi64(_mm512_mul_epu32(parts, _mm512_set1_epi64(1'000'000)),
                       _mm512_srli_epi64(parts, 32));
  // Packing left the rows in turns.
  const __m512i numbers = _mm512_permutexvar_epi64(
      _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), mixed);
  const __m512i with_signs =
      _mm512_mask_sub_epi64(numbers, negative, _mm512_setzero_si512(), numbers);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(pairs),
                      _mm512_cvtepi64_epi32(with_signs));
  return _mm512_cmpgt_epu64_mask(numbers, _mm512_set1_epi64(180'000'000));
}

}  // namespace

SLUICE_AVX512 uint64_t ReadPoints(const records::Column& column, uint32_t begin,
                                  uint32_t rows, NumberPair* pairs) {
  assert(rows <= PairWriter::kRowsMax);
  PointWindows windows;
  const char* const texts = column.data.data();
  const char* const offsets = column.offsets.data() + begin * sizeof(int32_t);
  // What begins outside cannot be read with what is before and behind.
  constexpr auto kFirst = static_cast<int64_t>(kPointAt);
  const int64_t last =
      static_cast<int64_t>(column.data.size()) - kTextBytesMax - kPointAt;
  uint64_t read = 0;
  auto text = LoadLittle<int32_t>(offsets);
  for (uint32_t row = 0; row < rows; ++row) {
    const auto end =
        LoadLittle<int32_t>(offsets + (row + size_t{1}) * sizeof(int32_t));
    const auto length = static_cast<uint32_t>(end - text);
    char* const digits = windows.digits.data() + row * 2 * kWindowBytes;
    uint32_t negative = 0;
    if (length - 1 < kTextBytesMax && text >= kFirst && text <= last &&
        OpenWindows(texts + text, length, digits, &negative)) {
      read |= uint64_t{1} << row;
      if (negative != 0) {
        windows.negative[row / kRows] |=
            static_cast<uint8_t>(negative << row % kRows * 2);
      }
    } else {
      std::memset(digits, 0, 2 * kWindowBytes);
    }
    text = end;
  }
  for (uint32_t row = 0; row < rows; row += kRows) {
    const uint32_t far =
        ReadWindows(windows.digits.data() + row * 2 * kWindowBytes,
                    windows.negative[row / kRows], pairs + row);
    read &= ~(uint64_t{_pext_u32(far | far >> 1, 0x55)} << row);
  }
  return read;
}

#else

uint64_t ReadPoints(const records::Column&, uint32_t, uint32_t, NumberPair*) {
  return 0;
}

#endif

}  // namespace sluice::desensitize
