#include "libs/desensitize/email_rows.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/desensitize/output_validity.h"
#include "libs/identifiers/contact.h"
#include "libs/records/aligned_buffer.h"

// g++ 12 takes the deliberately undefined operands of its own AVX-512 header
// for mistakes (its bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sluice::desensitize {

std::optional<KeptEnds> KeptOfEmail(absl::string_view text) {
  const size_t at = identifiers::FindEmailAt(text);
  if (at == absl::string_view::npos) return std::nullopt;
  return KeptEnds{at > 1 ? size_t{1} : 0, text.size() - at};
}

#if defined(__x86_64__)

namespace {

constexpr size_t kRowBytesMax = 64;
constexpr uint8_t kLocal = 1;
constexpr uint8_t kDomain = 2;

// What each ASCII character may be part of.
struct Classes {
  std::array<uint8_t, 128> of;

  Classes() {
    for (size_t c = 0; c < of.size(); ++c) {
      const char character = static_cast<char>(c);
      of[c] = static_cast<uint8_t>(
          (identifiers::IsEmailLocalCharacter(character) ? kLocal : 0) |
          (identifiers::IsEmailDomainCharacter(character) ? kDomain : 0));
    }
  }
};

// A text, and where its bytes are what: a bit a byte.
struct Row {
  uint64_t used;
  uint64_t at_signs;
  uint64_t dots;
  uint64_t not_local;
  uint64_t not_domain;
};

// The bytes to hide; 0 if the row is no address.
SLUICE_AVX512 inline uint64_t HiddenOf(const Row& row) {
  const uint64_t at_sign = _blsi_u64(row.at_signs);
  const uint64_t local = at_sign - 1;
  const uint64_t domain = row.used & ~(local | at_sign);
  const uint64_t last = row.used ^ (row.used >> 1);
  // None at an end, and none next to another: this finds empty sides too.
  const uint64_t marks = row.dots | row.at_signs;
  const uint64_t wrong = (row.not_local & local) | (row.not_domain & domain) |
                         (marks & (marks << 1 | 1 | last));
  if (at_sign == 0 || wrong != 0 || (row.dots & domain) == 0) return 0;
  return local == 1 ? local : local & ~uint64_t{1};
}

// The slow way, for a text that is too long for a vector. Null if it is none.
char* MaskOne(absl::string_view text, char symbol, char* out) {
  const auto kept = KeptOfEmail(text);
  if (!kept) return nullptr;
  std::memcpy(out, text.data(), text.size());
  std::memset(out + kept->head, symbol, text.size() - kept->head - kept->tail);
  return out + text.size();
}

SLUICE_AVX512 Treated MaskRows(const records::Column& column, char symbol) {
  static const Classes classes;
  const __m512i low = _mm512_loadu_si512(classes.of.data());
  const __m512i high = _mm512_loadu_si512(classes.of.data() + 64);
  const __m512i symbols = _mm512_set1_epi8(symbol);
  const uint32_t rows = column.row_count;
  records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(int32_t));
  records::AlignedBuffer data(column.data.size() + kRowBytesMax);
  OutputValidity validity(column);
  char* const out_begin = data.data();
  char* out = out_begin;
  StoreLittle<int32_t>(0, offsets.data());
  for (uint32_t index = 0; index < rows; ++index) {
    const absl::string_view text = column.Text(index);
    if (text.size() > kRowBytesMax) {
      char* const end = MaskOne(text, symbol, out);
      if (end == nullptr) validity.ClearRow(index);
      out = end == nullptr ? out : end;
    } else if (!text.empty()) {
      const uint64_t used =
          _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(text.size()));
      const __m512i bytes = _mm512_maskz_loadu_epi8(used, text.data());
      // Bytes that are not ASCII have their highest bit set.
      const __m512i class_of = _mm512_maskz_permutex2var_epi8(
          ~_mm512_movepi8_mask(bytes), low, bytes, high);
      const uint64_t hidden = HiddenOf(
          {used, _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('@')),
           _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('.')),
           _mm512_testn_epi8_mask(class_of, _mm512_set1_epi8(kLocal)),
           _mm512_testn_epi8_mask(class_of, _mm512_set1_epi8(kDomain))});
      if (hidden != 0) {
        _mm512_mask_storeu_epi8(out, used,
                                _mm512_mask_mov_epi8(bytes, hidden, symbols));
        out += text.size();
      } else {
        validity.ClearRow(index);
      }
    }
    StoreLittle(static_cast<int32_t>(out - out_begin),
                offsets.data() + (index + size_t{1}) * sizeof(int32_t));
  }
  Treated treated{column, validity.cleared()};
  treated.column.offsets = std::move(offsets).Share();
  treated.column.data =
      std::move(data).Share().Slice(0, static_cast<size_t>(out - out_begin));
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace

std::optional<Treated> MaskEmailRows(const records::Column& column,
                                     char symbol) {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return std::nullopt;
  return MaskRows(column, symbol);
}

#else

std::optional<Treated> MaskEmailRows(const records::Column& /*column*/,
                                     char /*symbol*/) {
  return std::nullopt;
}

#endif

}  // namespace sluice::desensitize
