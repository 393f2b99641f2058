#include "libs/records/utf8_scan.h"

#include "libs/base/encoding.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace sluice::records {
namespace {

// The algorithm of J. Keiser and D. Lemire, "Validating UTF-8 In Less Than One
// Instruction Per Byte", Software: Practice and Experience 51(5), 2021. Three
// tables, looked up by nibbles of two neighbouring bytes, each give the errors
// that are still possible; what all three agree on is an error.
constexpr uint8_t kTooShort = 1 << 0;   // a lead where a continuation belongs
constexpr uint8_t kTooLong = 1 << 1;    // a continuation behind ASCII
constexpr uint8_t kOverlong3 = 1 << 2;  // E0 80..9F
constexpr uint8_t kTooLarge = 1 << 3;   // F4 90..BF, F5.. 90..BF
constexpr uint8_t kSurrogate = 1 << 4;  // ED A0..BF
constexpr uint8_t kOverlong2 = 1 << 5;  // C0, C1
constexpr uint8_t kOverlong4 = 1 << 6;  // F0 80..8F
constexpr uint8_t kTooLarge1000 = 1 << 6;  // F5.. 80..8F
constexpr uint8_t kTwoContinuations = 1 << 7;
// Errors that the low nibble of the first byte does not decide.
constexpr uint8_t kCarry = kTooShort | kTooLong | kTwoContinuations;
constexpr uint8_t kLarge = kCarry | kTooLarge | kTooLarge1000;

alignas(16) constexpr uint8_t kFirstHigh[16] = {
    kTooLong,
    kTooLong,
    kTooLong,
    kTooLong,
    kTooLong,
    kTooLong,
    kTooLong,
    kTooLong,
    kTwoContinuations,
    kTwoContinuations,
    kTwoContinuations,
    kTwoContinuations,
    kTooShort | kOverlong2,
    kTooShort,
    kTooShort | kOverlong3 | kSurrogate,
    kTooShort | kTooLarge | kTooLarge1000 | kOverlong4};
alignas(16) constexpr uint8_t kFirstLow[16] = {
    kCarry | kOverlong3 | kOverlong2 | kOverlong4,
    kCarry | kOverlong2,
    kCarry,
    kCarry,
    kCarry | kTooLarge,
    kLarge,
    kLarge,
    kLarge,
    kLarge,
    kLarge,
    kLarge,
    kLarge,
    kLarge,
    kLarge | kSurrogate,
    kLarge,
    kLarge};
alignas(16) constexpr uint8_t kSecondHigh[16] = {
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooLong | kOverlong2 | kTwoContinuations | kOverlong3 | kTooLarge1000 |
        kOverlong4,
    kTooLong | kOverlong2 | kTwoContinuations | kOverlong3 | kTooLarge,
    kTooLong | kOverlong2 | kTwoContinuations | kSurrogate | kTooLarge,
    kTooLong | kOverlong2 | kTwoContinuations | kSurrogate | kTooLarge,
    kTooShort,
    kTooShort,
    kTooShort,
    kTooShort};

__attribute__((target("ssse3"))) __m128i Table(const uint8_t* table) {
  return _mm_load_si128(reinterpret_cast<const __m128i*>(table));
}

__attribute__((target("ssse3"))) __m128i HighNibbles(__m128i bytes) {
  return _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(0x0F));
}

// Not zero where `block`, which follows `previous`, is not UTF-8. A character
// cut at the end of `block` shows when the next one is looked at.
__attribute__((target("ssse3"))) __m128i BlockErrors(__m128i block,
                                                     __m128i previous) {
  const __m128i first = _mm_alignr_epi8(block, previous, 15);
  const __m128i low = _mm_and_si128(first, _mm_set1_epi8(0x0F));
  const __m128i pairs = _mm_and_si128(
      _mm_and_si128(_mm_shuffle_epi8(Table(kFirstHigh), HighNibbles(first)),
                    _mm_shuffle_epi8(Table(kFirstLow), low)),
      _mm_shuffle_epi8(Table(kSecondHigh), HighNibbles(block)));
  // The third byte of three and the third and fourth of four are the places,
  // and the only ones, where two continuations stand in a row: there the top
  // bit of `pairs` is no error but must be set.
  const __m128i second_before = _mm_alignr_epi8(block, previous, 14);
  const __m128i third_before = _mm_alignr_epi8(block, previous, 13);
  const __m128i due = _mm_and_si128(
      _mm_or_si128(_mm_subs_epu8(second_before, _mm_set1_epi8(0xE0 - 0x80)),
                   _mm_subs_epu8(third_before, _mm_set1_epi8(0xF0 - 0x80))),
      _mm_set1_epi8(static_cast<char>(0x80)));
  return _mm_xor_si128(due, pairs);
}

__attribute__((target("ssse3"))) bool ScanWithSsse3(absl::string_view text) {
  __m128i errors = _mm_setzero_si128();
  __m128i previous = _mm_setzero_si128();
  while (text.size() >= sizeof(__m128i)) {
    const __m128i block =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data()));
    errors = _mm_or_si128(errors, BlockErrors(block, previous));
    previous = block;
    text.remove_prefix(sizeof(__m128i));
  }
  // At least one zero behind the text: a character cut at the end is an error
  // there.
  alignas(16) char rest[sizeof(__m128i)] = {};
  if (!text.empty()) std::memcpy(rest, text.data(), text.size());
  const __m128i block = _mm_load_si128(reinterpret_cast<const __m128i*>(rest));
  errors = _mm_or_si128(errors, BlockErrors(block, previous));
  return _mm_movemask_epi8(_mm_cmpeq_epi8(errors, _mm_setzero_si128())) ==
         0xFFFF;
}

}  // namespace

bool ScanUtf8(absl::string_view text) {
  static const bool has_ssse3 = __builtin_cpu_supports("ssse3") != 0;
  return has_ssse3 ? ScanWithSsse3(text) : IsValidUtf8(text);
}

}  // namespace sluice::records

#else

namespace sluice::records {

bool ScanUtf8(absl::string_view text) { return IsValidUtf8(text); }

}  // namespace sluice::records

#endif
