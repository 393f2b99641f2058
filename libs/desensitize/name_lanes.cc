#include "libs/desensitize/name_lanes.h"

#include <bit>
#include <cassert>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/compound_surnames.h"

// g++ 12 takes the deliberately undefined operands of its own AVX-512 header
// for mistakes (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#if defined(__x86_64__)

#include <immintrin.h>

namespace sluice::desensitize {
namespace {

constexpr uint32_t kLanes = 4;
constexpr size_t kLaneBytes = 16;
// The lowest bit of each lane, in a mask of a bit a byte.
constexpr uint64_t kLaneOnes = 0x0001000100010001;

// Each lane that has a bit set becomes all ones.
SLUICE_AVX512 inline uint64_t FillLanes(uint64_t bits) {
  constexpr uint64_t kBelowTop = 0x7FFF * kLaneOnes;
  const uint64_t top = (((bits & kBelowTop) + kBelowTop) | bits) & ~kBelowTop;
  return (top >> 15) * 0xFFFF;
}

// Where four names begin.
struct Places {
  const char* texts;
  const char* offsets;

  SLUICE_AVX512 const char* operator[](size_t lane) const {
    return texts + LoadLittle<int32_t>(offsets + lane * sizeof(int32_t));
  }
};

SLUICE_AVX512 inline __m128i LoadLane(const char* text) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text));
}

SLUICE_AVX512 inline __m512i LoadLanes(const Places& places) {
  const __m256i low = _mm256_inserti128_si256(
      _mm256_castsi128_si256(LoadLane(places[0])), LoadLane(places[1]), 1);
  const __m256i high = _mm256_inserti128_si256(
      _mm256_castsi128_si256(LoadLane(places[2])), LoadLane(places[3]), 1);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// Whether one of the names begins with a compound surname, or is one.
SLUICE_AVX512 inline bool HasCompound(const Places& places) {
  bool has = false;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    has |= kCompoundSurnameTable.Has(LoadLittle<uint64_t>(places[lane])
                                     << CompoundSurnameTable::kKeyShift);
  }
  return has;
}

// Four names as a vector, and what is in its bytes as bits.
struct Names {
  __m512i bytes;
  // The first byte of each character.
  uint64_t leads;
  // The bytes of the first character, where it is not the only one.
  uint64_t family;
};

SLUICE_AVX512 inline Names Classify(__m512i bytes, __m128i lengths) {
  const __m512i places = _mm512_broadcast_i32x4(
      _mm_set_epi64x(0x0F0E0D0C0B0A0908, 0x0706050403020100));
  const __m512i length_of_lane = _mm512_set_epi64(
      0x0C0C0C0C0C0C0C0C, 0x0C0C0C0C0C0C0C0C, 0x0808080808080808,
      0x0808080808080808, 0x0404040404040404, 0x0404040404040404, 0, 0);
  const __mmask64 inside = _mm512_cmplt_epu8_mask(
      places,
      _mm512_permutexvar_epi8(length_of_lane, _mm512_castsi128_si512(lengths)));
  const __mmask64 leads = _mm512_mask_cmpgt_epi8_mask(
      inside, bytes, _mm512_set1_epi8(static_cast<char>(0xBF)));
  // A character goes on to its second, third, fourth byte if its first byte is
  // at least C0, E0, F0; none goes further.
  const __m512i least_first = _mm512_broadcast_i32x4(
      _mm_set_epi64x(-1, static_cast<int64_t>(0xFFFFFFFFF0E0C000)));
  const __m512i first = _mm512_shuffle_epi8(bytes, _mm512_setzero_si512());
  const __mmask64 in_first =
      _mm512_mask_cmpge_epu8_mask(inside, first, least_first);
  return {bytes, leads, in_first & FillLanes(leads & ~in_first)};
}

SLUICE_AVX512 uint32_t HideNamesWide(const records::Column& column,
                                     uint32_t row, char symbol,
                                     const char* out_begin, char** out_end,
                                     char* offsets_out) {
  const char* const texts = column.data.data();
  const char* const texts_end = texts + column.data.size();
  const char* const offsets = column.offsets.data();
  const uint32_t rows = column.row_count;
  const __m512i symbols = _mm512_set1_epi8(symbol);
  char* out = *out_end;
  for (; row + kLanes <= rows; row += kLanes) {
    const char* const at = offsets + row * sizeof(int32_t);
    const __m128i begins =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i ends =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + sizeof(int32_t)));
    const __m128i lengths = _mm_sub_epi32(ends, begins);
    const bool is_long =
        _mm_cmpgt_epi32_mask(lengths, _mm_set1_epi32(kLaneBytes)) != 0;
    const Places places = {texts, at};
    if (is_long || places[3] + kLaneBytes > texts_end || HasCompound(places)) {
      break;
    }
    const Names names = Classify(LoadLanes(places), lengths);
    const uint64_t kept = names.leads | names.family;
    const __m512i hidden = _mm512_mask_blend_epi8(names.leads & ~names.family,
                                                  names.bytes, symbols);
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(kept, hidden));
    // What each lane holds, then what it and those before it hold.
    __m128i ended =
        _mm_popcnt_epi16(_mm_cvtsi64_si128(static_cast<int64_t>(kept)));
    ended = _mm_add_epi16(ended, _mm_slli_epi64(ended, 16));
    ended = _mm_add_epi16(ended, _mm_slli_epi64(ended, 32));
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(offsets_out +
                                   (row + size_t{1}) * sizeof(int32_t)),
        _mm_add_epi32(_mm_cvtepu16_epi32(ended),
                      _mm_set1_epi32(static_cast<int>(out - out_begin))));
    out += std::popcount(kept);
  }
  *out_end = out;
  return row;
}

}  // namespace

bool HasNameLanes() { return UsedCpuLevel() == CpuLevel::kAvx512; }

uint32_t HideNames(const records::Column& column, uint32_t row, char symbol,
                   const char* out_begin, char** out, char* offsets_out) {
  assert(HasNameLanes());
  return HideNamesWide(column, row, symbol, out_begin, out, offsets_out);
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

bool HasNameLanes() { return false; }

uint32_t HideNames(const records::Column&, uint32_t row, char, const char*,
                   char**, char*) {
  return row;
}

}  // namespace sluice::desensitize

#endif
