#include "libs/desensitize/sensitive_places.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/identifiers/contact.h"

namespace sluice::desensitize {
namespace {

// A bit a byte.
using Bits = uint64_t;

// The bytes that are looked at together, and how many of the last ones may be
// of a character that goes on behind them.
constexpr size_t kWindowBytes = 64;
constexpr size_t kCutBytes = kFullWidthBytes - 1;

constexpr int kDigitsMin = int{identifiers::kMobileDigits};
constexpr Bits kElevenBits = (Bits{1} << kDigitsMin) - 1;

// ---- What bytes are.

// A full-width digit is kFullWidthLead, kSecond and one of kDigitTail to
// kDigitTail + 9; a full-width @ ends with kAtTail.
constexpr char kSecond = '\xBC';
constexpr char kDigitTail = '\x90';
constexpr char kAtTail = '\xA0';
// From it on up to kFullWidthLead, and above that one, first bytes of Han
// characters and others that are in no number.
constexpr char kHanLead = '\xE4';
constexpr char kDigits = 10;
constexpr char kBeyondAscii = '\x80';
// U+3000, and the last bytes of U+FF0D and U+FF0E.
constexpr char kSpaceLead = '\xE3';
constexpr char kSpaceTail = '\x80';
constexpr char kWideHyphen = '\x8D';
constexpr char kWideDot = '\x8E';

struct Bytes {
  Bits digits;
  Bits at_signs;
  Bits leads;
  Bits seconds;
  Bits digit_tails;
  Bits at_tails;
  // kHanLead and above.
  Bits high;

  // `is(c)` tells which bytes are `c`, `among(c)` which are one of the ten from
  // `c` on, and `from(c)` which are `c` or above.
  template <typename Is, typename Among, typename From>
  SLUICE_ANY_LEVEL static inline Bytes By(const Is& is, const Among& among,
                                          const From& from) {
    return {among('0'),        is('@'),     is(kFullWidthLead), is(kSecond),
            among(kDigitTail), is(kAtTail), from(kHanLead)};
  }
  // `part` begins at byte `at`.
  SLUICE_ANY_LEVEL inline void Add(const Bytes& part, size_t at) {
    digits |= part.digits << at;
    at_signs |= part.at_signs << at;
    leads |= part.leads << at;
    seconds |= part.seconds << at;
    digit_tails |= part.digit_tails << at;
    at_tails |= part.at_tails << at;
    high |= part.high << at;
  }
};

// More of bytes, which is seldom asked.
struct GapBytes {
  // All that is not ASCII.
  Bits beyond_ascii;
  // Separators (digit_run.h) of one byte.
  Bits separators;
  // The ideographic space is U+3000.
  Bits space_leads;
  Bits space_tails;
  // Of separators of full width.
  Bits wide_tails;

  template <typename Is, typename Among, typename From>
  SLUICE_ANY_LEVEL static inline GapBytes By(const Is& is,
                                             const Among& /*among*/,
                                             const From& from) {
    return {from(kBeyondAscii), is(' ') | is('\t') | is('-') | is('.'),
            is(kSpaceLead), is(kSpaceTail), is(kWideHyphen) | is(kWideDot)};
  }
  SLUICE_ANY_LEVEL inline void Add(const GapBytes& part, size_t at) {
    beyond_ascii |= part.beyond_ascii << at;
    separators |= part.separators << at;
    space_leads |= part.space_leads << at;
    space_tails |= part.space_tails << at;
    wide_tails |= part.wide_tails << at;
  }
};

// Joins the parts that find(part) makes of `window`, kBytes each.
template <typename Kind, size_t kBytes, typename Find>
SLUICE_ANY_LEVEL inline Kind Join(const char* window, Find find) {
  Kind all = {};
  for (size_t at = 0; at < kWindowBytes; at += kBytes) {
    all.Add(find(window + at), at);
  }
  return all;
}

// Each level has Find<Kind>(at, left), of the kWindowBytes at `at`, of which
// all behind the first `left` count as zero bytes, and are not read. A Kind is
// Bytes or GapBytes.

// For levels that cannot read less than a window.
template <typename FindWhole>
SLUICE_ANY_LEVEL inline auto FindPadded(const char* at, size_t left,
                                        FindWhole find) {
  if (left >= kWindowBytes) return find(at);
  char window[kWindowBytes] = {};
  if (left > 0) std::memcpy(window, at, left);
  return find(window);
}

#if defined(__x86_64__)

struct Avx512 {
  template <typename Kind>
  SLUICE_AVX512 static inline Kind Find(const char* at, size_t left) {
    const Bits used = left >= kWindowBytes
                          ? ~Bits{0}
                          : _bzhi_u64(~Bits{0}, static_cast<uint32_t>(left));
    const __m512i bytes = _mm512_maskz_loadu_epi8(used, at);
    const auto is = [bytes](char c) SLUICE_AVX512 {
      return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(c));
    };
    const auto among = [bytes](char c) SLUICE_AVX512 {
      return _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(c)),
                                    _mm512_set1_epi8(kDigits));
    };
    const auto from = [bytes](char c) SLUICE_AVX512 {
      return _mm512_cmpge_epu8_mask(bytes, _mm512_set1_epi8(c));
    };
    return Kind::By(is, among, from);
  }
};

struct Avx2 {
  template <typename Kind>
  SLUICE_AVX2 static inline Kind Find(const char* at, size_t left) {
    return FindPadded(at, left, [](const char* window) SLUICE_AVX2 {
      return Join<Kind, sizeof(__m256i)>(window, FindPart<Kind>);
    });
  }

 private:
  template <typename Kind>
  SLUICE_AVX2 static inline Kind FindPart(const char* part) {
    const __m256i bytes =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(part));
    const auto bits = [](__m256i found) SLUICE_AVX2 {
      return Bits{static_cast<uint32_t>(_mm256_movemask_epi8(found))};
    };
    const auto is = [bytes, bits](char c) SLUICE_AVX2 {
      return bits(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c)));
    };
    const auto among = [bytes, bits](char c) SLUICE_AVX2 {
      const __m256i above = _mm256_sub_epi8(bytes, _mm256_set1_epi8(c));
      return bits(_mm256_cmpeq_epi8(
          _mm256_min_epu8(above, _mm256_set1_epi8(kDigits - 1)), above));
    };
    const auto from = [bytes, bits](char c) SLUICE_AVX2 {
      return bits(_mm256_cmpeq_epi8(_mm256_max_epu8(bytes, _mm256_set1_epi8(c)),
                                    bytes));
    };
    return Kind::By(is, among, from);
  }
};

struct Portable {
  template <typename Kind>
  static inline Kind Find(const char* at, size_t left) {
    return FindPadded(at, left, [](const char* window) {
      return Join<Kind, sizeof(__m128i)>(window, FindPart<Kind>);
    });
  }

 private:
  template <typename Kind>
  static inline Kind FindPart(const char* part) {
    const __m128i bytes =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(part));
    const auto bits = [](__m128i found) {
      return Bits{static_cast<uint32_t>(_mm_movemask_epi8(found))};
    };
    const auto is = [bytes, bits](char c) {
      return bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
    };
    const auto among = [bytes, bits](char c) {
      const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8(c));
      return bits(_mm_cmpeq_epi8(
          _mm_min_epu8(above, _mm_set1_epi8(kDigits - 1)), above));
    };
    const auto from = [bytes, bits](char c) {
      return bits(_mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(c)), bytes));
    };
    return Kind::By(is, among, from);
  }
};

#else

struct Portable {
  template <typename Kind>
  static inline Kind Find(const char* at, size_t left) {
    return FindPadded(at, left, [](const char* window) {
      return Join<Kind, 1>(window, [](const char* byte) {
        const auto is = [byte](char c) { return Bits{*byte == c}; };
        const auto among = [byte](char c) {
          return Bits{static_cast<uint8_t>(*byte - c) < kDigits};
        };
        const auto from = [byte](char c) {
          return Bits{static_cast<uint8_t>(*byte) >= static_cast<uint8_t>(c)};
        };
        return Kind::By(is, among, from);
      });
    });
  }
};

#endif

// ---- Digits and @ of either width.

struct Characters {
  // ASCII.
  Bits digits;
  // The first byte of each of full width.
  Bits wide_digits;
  Bits at_signs;
  // The first byte of each of full width that is no small letter.
  Bits wide;
  // The first bytes of those that part numbers.
  Bits parting;
};

// Of a window. One of full width that it does not hold whole is not seen.
template <typename Level>
SLUICE_ANY_LEVEL inline Characters CharactersAt(const char* at, size_t left) {
  const auto bytes = Level::template Find<Bytes>(at, left);
  const Bits wide = bytes.leads & bytes.seconds >> 1;
  return {bytes.digits, wide & bytes.digit_tails >> 2,
          bytes.at_signs | (wide & bytes.at_tails >> 2), wide,
          bytes.high & ~bytes.leads};
}

SLUICE_ANY_LEVEL inline bool HasNone(const Characters& found) {
  return found.at_signs == 0 &&
         std::popcount(found.digits | found.wide_digits) < kDigitsMin;
}

SLUICE_ANY_LEVEL inline Bits FirstBits(size_t count) {
  return count >= kWindowBytes ? ~Bits{0} : (Bits{1} << count) - 1;
}

// Each bit, and the next that many behind it.
template <int kBehind>
SLUICE_ANY_LEVEL inline Bits Smeared(Bits bits) {
  int done = 0;
  while (done < kBehind) {
    const int more = std::min(done + 1, kBehind - done);
    bits |= bits << more;
    done += more;
  }
  return bits;
}

// Whether characters that are not seen may be near what ends at `end`.
SLUICE_ANY_LEVEL inline bool IsCut(size_t end, bool goes_on) {
  return goes_on && end >= kWindowBytes - kCutBytes;
}

// The first place in a window, beginning at its end if there is none. Digits
// that are cut by its end are one, if the text goes on: how many follow is not
// known.
SLUICE_ANY_LEVEL inline SensitivePlace PlaceIn(const Characters& found,
                                               bool goes_on) {
  const Bits digits = found.digits | found.wide_digits;
  const Bits near =
      Smeared<kGapBytesMax>(
          found.digits | Smeared<int{kFullWidthBytes} - 1>(found.wide_digits)) &
      ~found.parting;
  const auto at_sign = static_cast<size_t>(std::countr_zero(found.at_signs));
  for (Bits left = digits; left != 0;) {
    const auto begin = static_cast<size_t>(std::countr_zero(left));
    if (begin > at_sign) break;
    // One more carries to where they end.
    const auto end = static_cast<size_t>(
        std::countr_zero((near + (Bits{1} << begin)) & ~near));
    const Bits together = left & FirstBits(end);
    if (std::popcount(together) >= kDigitsMin || IsCut(end, goes_on)) {
      return {begin, end};
    }
    left &= ~together;
  }
  return {at_sign, at_sign + 1};
}

// What parts the numbers of a text that a window holds whole, in which `found`
// has no digit and no @ of full width: characters that are in no gap, as far as
// that is easily seen.
template <typename Level>
SLUICE_ANY_LEVEL inline Bits PartingAt(const char* at, size_t left,
                                       const Characters& found) {
  const auto bytes = Level::template Find<GapBytes>(at, left);
  const Bits ascii = ~(bytes.beyond_ascii | bytes.separators | found.digits);
  const Bits no_space =
      bytes.space_leads & ~(bytes.space_tails >> 1 & bytes.space_tails >> 2);
  return ascii | no_space | (found.wide & ~(bytes.wide_tails >> 2)) |
         found.parting;
}

// The first digits of each eleven in a text of ASCII digits that has no more
// which are near one another; nothing if it has.
SLUICE_ANY_LEVEL inline std::optional<Bits> ElevensAlone(Bits digits,
                                                         Bits parting) {
  const Bits near = Smeared<kGapBytesMax>(digits) & ~parting;
  Bits elevens = 0;
  for (Bits left = digits; left != 0;) {
    const Bits first = left & -left;
    // One more carries to where those end that are near it.
    const Bits behind = (near + first) & ~near;
    const Bits together = left & (behind - 1);
    left &= ~together;
    if (std::popcount(together) < kDigitsMin) continue;
    if (together != first * kElevenBits) return std::nullopt;
    elevens |= first;
  }
  return elevens;
}

// The same of a text that a window holds whole.
template <typename Level>
SLUICE_ANY_LEVEL inline std::optional<Bits> ElevensIn(const char* at,
                                                      size_t left,
                                                      const Characters& found) {
  if ((found.wide_digits | found.at_signs) != 0) return std::nullopt;
  const Bits first = found.digits & -found.digits;
  // Most have one number.
  if (found.digits == first * kElevenBits) return first;
  return ElevensAlone(found.digits, PartingAt<Level>(at, left, found));
}

// ---- Texts.

template <typename Level>
SLUICE_ANY_LEVEL inline SensitivePlace Next(absl::string_view text,
                                            size_t from) {
  while (from < text.size()) {
    const size_t left = text.size() - from;
    const bool goes_on = left > kWindowBytes;
    const SensitivePlace place =
        PlaceIn(CharactersAt<Level>(text.data() + from, left), goes_on);
    if (place.begin == kWindowBytes) {
      if (!goes_on) break;
      from += kWindowBytes - kCutBytes;
    } else if (place.begin > 0 && IsCut(place.end, goes_on)) {
      // They may be few once more is seen.
      from += place.begin;
    } else {
      return {from + place.begin, std::min(from + place.end, text.size())};
    }
  }
  return {text.size(), text.size()};
}

template <typename Level>
SLUICE_ANY_LEVEL inline size_t FindRows(const records::Column& column,
                                        uint32_t begin, uint32_t end,
                                        SensitiveRow* out) {
  const absl::string_view texts = column.data.view();
  SensitiveRow* const out_begin = out;
  uint32_t row = begin;
  auto at = static_cast<size_t>(column.Offset(row));
  while (row < end) {
    Characters found =
        CharactersAt<Level>(texts.data() + at, texts.size() - at);
    auto text_end = static_cast<size_t>(column.Offset(row + 1));
    if (HasNone(found)) {
      // Nor is one in any of the texts that end in the window.
      const size_t window_end = at + kWindowBytes;
      while (text_end <= window_end) {
        at = text_end;
        if (++row == end) break;
        text_end = static_cast<size_t>(column.Offset(row + 1));
      }
      if (at != window_end - kWindowBytes || row == end) continue;
    }
    const size_t size = text_end - at;
    found.digits &= FirstBits(size);
    found.wide_digits &= FirstBits(size);
    found.at_signs &= FirstBits(size);
    if (size > kWindowBytes) {
      const size_t place = Next<Level>(texts.substr(at, size), 0).begin;
      if (place < size) *out++ = {row, static_cast<uint32_t>(at + place), 0};
    } else if (!HasNone(found)) {
      const std::optional<Bits> elevens =
          ElevensIn<Level>(texts.data() + at, texts.size() - at, found);
      if (!elevens.has_value()) {
        const size_t place = PlaceIn(found, false).begin;
        if (place < size) *out++ = {row, static_cast<uint32_t>(at + place), 0};
      } else if (*elevens != 0) {
        *out++ = {row, static_cast<uint32_t>(at), *elevens};
      }
    }
    at = text_end;
    ++row;
  }
  return static_cast<size_t>(out - out_begin);
}

}  // namespace

SensitivePlace NextSensitivePlace(absl::string_view text, size_t from) {
#if defined(__x86_64__)
  switch (UsedCpuLevel()) {
    case CpuLevel::kAvx512:
      return [=]() SLUICE_AVX512 { return Next<Avx512>(text, from); }();
    case CpuLevel::kAvx2:
      return [=]() SLUICE_AVX2 { return Next<Avx2>(text, from); }();
    case CpuLevel::kPortable:
      break;
  }
#endif
  return Next<Portable>(text, from);
}

size_t FindSensitiveRows(const records::Column& column, uint32_t begin,
                         uint32_t end, SensitiveRow* out) {
#if defined(__x86_64__)
  switch (UsedCpuLevel()) {
    case CpuLevel::kAvx512:
      return [&]() SLUICE_AVX512 {
        return FindRows<Avx512>(column, begin, end, out);
      }();
    case CpuLevel::kAvx2:
      return [&]() SLUICE_AVX2 {
        return FindRows<Avx2>(column, begin, end, out);
      }();
    case CpuLevel::kPortable:
      break;
  }
#endif
  return FindRows<Portable>(column, begin, end, out);
}

}  // namespace sluice::desensitize
