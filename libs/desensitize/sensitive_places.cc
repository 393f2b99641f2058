#include "libs/desensitize/sensitive_places.h"

#include <algorithm>
#include <bit>
#include <cstring>

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

struct Bytes {
  Bits digits;
  Bits at_signs;
  Bits leads;
  Bits seconds;
  Bits digit_tails;
  Bits at_tails;
  // kHanLead and above.
  Bits high;
};

// Joins the parts that Find(part) makes of `window`, kBytes each.
template <size_t kBytes, typename Find>
SLUICE_ANY_LEVEL inline Bytes Join(const char* window, Find find) {
  Bytes all = {};
  for (size_t at = 0; at < kWindowBytes; at += kBytes) {
    const Bytes part = find(window + at);
    all.digits |= part.digits << at;
    all.at_signs |= part.at_signs << at;
    all.leads |= part.leads << at;
    all.seconds |= part.seconds << at;
    all.digit_tails |= part.digit_tails << at;
    all.at_tails |= part.at_tails << at;
    all.high |= part.high << at;
  }
  return all;
}

// `is(c)` tells which bytes are `c`, `among(c)` which are one of the ten from
// `c` on, and `from(c)` which are `c` or above.
template <typename Is, typename Among, typename From>
SLUICE_ANY_LEVEL inline Bytes BytesBy(const Is& is, const Among& among,
                                      const From& from) {
  return {among('0'),        is('@'),     is(kFullWidthLead), is(kSecond),
          among(kDigitTail), is(kAtTail), from(kHanLead)};
}

// Each level has Find(at, left), of the kWindowBytes at `at`, of which all
// behind the first `left` count as zero bytes, and are not read.

// For levels that cannot read less than a window.
template <typename FindWhole>
SLUICE_ANY_LEVEL inline Bytes FindPadded(const char* at, size_t left,
                                         FindWhole find) {
  if (left >= kWindowBytes) return find(at);
  char window[kWindowBytes] = {};
  if (left > 0) std::memcpy(window, at, left);
  return find(window);
}

#if defined(__x86_64__)

struct Avx512 {
  SLUICE_AVX512 static inline Bytes Find(const char* at, size_t left) {
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
    return BytesBy(is, among, from);
  }
};

struct Avx2 {
  SLUICE_AVX2 static inline Bytes Find(const char* at, size_t left) {
    return FindPadded(at, left, [](const char* window) SLUICE_AVX2 {
      return Join<sizeof(__m256i)>(window, FindPart);
    });
  }

 private:
  SLUICE_AVX2 static inline Bytes FindPart(const char* part) {
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
    return BytesBy(is, among, from);
  }
};

struct Portable {
  static inline Bytes Find(const char* at, size_t left) {
    return FindPadded(at, left, [](const char* window) {
      return Join<sizeof(__m128i)>(window, FindPart);
    });
  }

 private:
  static inline Bytes FindPart(const char* part) {
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
    return BytesBy(is, among, from);
  }
};

#else

struct Portable {
  static inline Bytes Find(const char* at, size_t left) {
    return FindPadded(at, left, [](const char* window) {
      return Join<1>(window, [](const char* byte) {
        const auto is = [byte](char c) { return Bits{*byte == c}; };
        const auto among = [byte](char c) {
          return Bits{static_cast<uint8_t>(*byte - c) < kDigits};
        };
        const auto from = [byte](char c) {
          return Bits{static_cast<uint8_t>(*byte) >= static_cast<uint8_t>(c)};
        };
        return BytesBy(is, among, from);
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
  // The first bytes of those that part numbers.
  Bits parting;
};

// Of a window. One of full width that it does not hold whole is not seen.
template <typename Level>
SLUICE_ANY_LEVEL inline Characters CharactersAt(const char* at, size_t left) {
  const Bytes bytes = Level::Find(at, left);
  const Bits wide = bytes.leads & bytes.seconds >> 1;
  return {bytes.digits, wide & bytes.digit_tails >> 2,
          bytes.at_signs | (wide & bytes.at_tails >> 2),
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
    size_t place = size;
    bool has_eleven_alone = false;
    if (size > kWindowBytes) {
      place = Next<Level>(texts.substr(at, size), 0).begin;
    } else if (!HasNone(found)) {
      const auto first = static_cast<size_t>(std::countr_zero(found.digits));
      has_eleven_alone = (found.wide_digits | found.at_signs) == 0 &&
                         found.digits >> first == kElevenBits;
      place = has_eleven_alone ? first : PlaceIn(found, false).begin;
    }
    if (place < size) {
      *out++ = {row, static_cast<uint32_t>(at + place), has_eleven_alone};
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
