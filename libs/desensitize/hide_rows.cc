#include "libs/desensitize/hide_rows.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

using TreatText =
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>;

constexpr uint32_t kRowBytesMax = 64;

// A text, and a bit for each of its bytes.
struct AsciiRow {
  __m512i bytes;
  uint64_t inside;
  uint32_t characters;

  // The bytes of the first `count` characters, and perhaps some outside.
  SLUICE_AVX512 static uint64_t First(size_t count) {
    return _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(count));
  }
};

struct Utf8Row {
  __m512i bytes;
  uint64_t inside;
  // The first byte of each character.
  uint64_t leads;
  uint32_t characters;

  SLUICE_AVX512 uint64_t First(size_t count) const {
    const uint64_t before =
        _pdep_u64(_bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(count)), leads);
    const uint64_t behind = leads & ~before;
    return ~behind & (behind - 1);
  }
};

// Each says which bytes of a text are hidden: those of one character at least,
// or, if it kRefuses, none where the text is untreatable. Counts are
// kRowBytesMax at most.
struct BetweenBits {
  static constexpr bool kRefuses = false;

  explicit BetweenBits(const HideBetween& rule)
      : first(std::min<size_t>(rule.first, kRowBytesMax)),
        last(std::min<size_t>(rule.last, kRowBytesMax)) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const size_t count = row.characters;
    const uint64_t between = row.First(count - last) & ~row.First(first);
    return count > first + last ? between : row.inside;
  }

  size_t first;
  size_t last;
};

struct InsideBits {
  static constexpr bool kRefuses = true;

  explicit InsideBits(const HideInside& rule)
      : begin(std::min<size_t>(rule.begin, kRowBytesMax)),
        end(std::min<size_t>(rule.end, kRowBytesMax)) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    return row.inside & row.First(end) & ~row.First(begin);
  }

  size_t begin;
  size_t end;
};

struct OutsideBits {
  static constexpr bool kRefuses = false;

  explicit OutsideBits(const HideOutside& rule)
      : inside(HideInside{rule.begin, rule.end}) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const uint64_t hidden = row.inside & ~inside.Of(row);
    return hidden != 0 ? hidden : row.inside;
  }

  InsideBits inside;
};

// The first bytes of a character's places in a text.
struct CharacterBits {
  explicit CharacterBits(absl::string_view text) : size(text.size()) {
    assert(size > 0 && size <= sizeof(bytes));
    std::memcpy(bytes, text.data(), size);
  }

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    uint64_t places = row.inside;
    for (size_t i = 0; i < size; ++i) {
      places &=
          _mm512_cmpeq_epi8_mask(row.bytes, _mm512_set1_epi8(bytes[i])) >> i;
    }
    return places;
  }

  char bytes[4] = {};
  size_t size;
};

struct BeforeBits {
  static constexpr bool kRefuses = false;

  explicit BeforeBits(const HideBefore& rule) : character(rule.character) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const uint64_t places = character.Of(row);
    const uint64_t hidden = ~places & (places - 1) & row.inside;
    return hidden != 0 ? hidden : row.inside;
  }

  CharacterBits character;
};

struct BehindBits {
  static constexpr bool kRefuses = false;

  explicit BehindBits(const HideBehind& rule) : character(rule.character) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const uint64_t places = character.Of(row);
    if (places == 0) return row.inside;
    const auto behind = static_cast<uint32_t>(std::bit_width(places) - 1) +
                        static_cast<uint32_t>(character.size);
    const uint64_t hidden = row.inside & ~_bzhi_u64(~uint64_t{0}, behind);
    return hidden != 0 ? hidden : row.inside;
  }

  CharacterBits character;
};

BetweenBits BitsOf(const HideBetween& rule) { return BetweenBits(rule); }
InsideBits BitsOf(const HideInside& rule) { return InsideBits(rule); }
OutsideBits BitsOf(const HideOutside& rule) { return OutsideBits(rule); }
BeforeBits BitsOf(const HideBefore& rule) { return BeforeBits(rule); }
BehindBits BitsOf(const HideBehind& rule) { return BehindBits(rule); }

SLUICE_AVX512 inline uint64_t InsideOf(uint32_t size) {
  return _bzhi_u64(~uint64_t{0}, size);
}

// Where a whole vector may be read from on: the rows before this one.
uint32_t RowsBeforeEnd(const records::Column& column) {
  uint32_t rows = column.row_count;
  while (rows > 0 &&
         static_cast<size_t>(column.Offset(rows - 1)) + kRowBytesMax >
             column.data.size()) {
    --rows;
  }
  return rows;
}

// How far a kernel came: to a row that needs more care, or that is behind the
// last one it may read.
struct Progress {
  uint32_t row;
  // Where that row's text begins in the column, and where it goes.
  uint32_t begin;
  char* out;
};

// Texts of ASCII keep their lengths, and each is written over what the one
// before it wrote too much. Sets bits of `other` if one is not ASCII.
template <typename Bits>
SLUICE_AVX512 Progress HideAsciiRows(const records::Column& column,
                                     uint32_t rows, Bits bits, char symbol,
                                     Progress at, uint64_t* other) {
  const __m512i symbols = _mm512_set1_epi8(symbol);
  const char* const in = column.data.data();
  const char* const offsets = column.offsets.data();
  char* const out = at.out - at.begin;
  __m512i all = _mm512_setzero_si512();
  for (; at.row < rows; ++at.row) {
    const auto end =
        LoadLittle<uint32_t>(offsets + (at.row + size_t{1}) * sizeof(uint32_t));
    const uint32_t size = end - at.begin;
    if (size > kRowBytesMax) break;
    const __m512i text = _mm512_loadu_si512(in + at.begin);
    const uint64_t hidden = bits.Of(AsciiRow{text, InsideOf(size), size});
    all = _mm512_or_si512(all, text);
    if constexpr (Bits::kRefuses) {
      if (hidden == 0 && size > 0) break;
    }
    _mm512_storeu_si512(out + at.begin,
                        _mm512_mask_blend_epi8(hidden, text, symbols));
    at.begin = end;
  }
  *other |= _mm512_movepi8_mask(all);
  at.out = out + at.begin;
  return at;
}

// Nothing if the column is not ASCII or has what is untreatable.
template <typename Bits>
std::optional<Treated> HideAscii(const records::Column& column,
                                 const Bits& bits, char symbol,
                                 TreatText treat) {
  const char* const in = column.data.data();
  const size_t size = column.data.size();
  // What other scripts write shows early.
  constexpr size_t kLookedAt = 256;
  if (!IsAscii(in, std::min(size, kLookedAt))) return std::nullopt;
  // Whole vectors are written.
  records::AlignedBuffer data(size + kRowBytesMax);
  const uint32_t rows = RowsBeforeEnd(column);
  Progress at = {0, 0, data.data()};
  uint64_t other = 0;
  while (at.row < column.row_count && other == 0) {
    at = HideAsciiRows(column, rows, bits, symbol, at, &other);
    if (at.row == column.row_count) break;
    const auto end = static_cast<uint32_t>(column.Offset(at.row + 1));
    if (end != at.begin) {
      if (!IsAscii(in + at.begin, end - at.begin)) return std::nullopt;
      at.out = treat(in + at.begin, in + end, at.out);
      if (at.out == nullptr) return std::nullopt;
    }
    at.begin = end;
    ++at.row;
  }
  if (other != 0) return std::nullopt;
  Treated treated{column, 0};
  treated.column.data = std::move(data).Share().Slice(0, size);
  return treated;
}

// The texts one behind the other, and where each ends.
template <typename Bits>
SLUICE_AVX512 Progress HideUtf8Rows(const records::Column& column,
                                    uint32_t rows, Bits bits, char symbol,
                                    Progress at, const char* out_begin,
                                    char* offsets_out) {
  const __m512i symbols = _mm512_set1_epi8(symbol);
  const __m512i last_continuation = _mm512_set1_epi8(static_cast<char>(0xBF));
  const char* const in = column.data.data();
  const char* const offsets = column.offsets.data();
  for (; at.row < rows; ++at.row) {
    const size_t behind = (at.row + size_t{1}) * sizeof(uint32_t);
    const auto end = LoadLittle<uint32_t>(offsets + behind);
    const uint32_t size = end - at.begin;
    if (size > kRowBytesMax) break;
    const uint64_t inside = InsideOf(size);
    const __m512i text = _mm512_loadu_si512(in + at.begin);
    const uint64_t leads =
        _mm512_cmpgt_epi8_mask(text, last_continuation) & inside;
    const uint64_t hidden = bits.Of(Utf8Row{
        text, inside, leads, static_cast<uint32_t>(std::popcount(leads))});
    if constexpr (Bits::kRefuses) {
      if (hidden == 0 && size > 0) break;
    }
    const uint64_t left = inside & (leads | ~hidden);
    _mm512_storeu_si512(
        at.out, _mm512_maskz_compress_epi8(
                    left, _mm512_mask_blend_epi8(hidden, text, symbols)));
    at.out += std::popcount(left);
    at.begin = end;
    StoreLittle(static_cast<uint32_t>(at.out - out_begin),
                offsets_out + behind);
  }
  return at;
}

template <typename Bits>
Treated HideUtf8(const records::Column& column, const Bits& bits, char symbol,
                 TreatText treat) {
  const char* const in = column.data.data();
  records::AlignedBuffer offsets((column.row_count + size_t{1}) *
                                 sizeof(int32_t));
  // Whole vectors are written.
  records::AlignedBuffer data(column.data.size() + kRowBytesMax);
  OutputValidity validity(column);
  StoreLittle<uint32_t>(0, offsets.data());
  const uint32_t rows = RowsBeforeEnd(column);
  Progress at = {0, 0, data.data()};
  while (at.row < column.row_count) {
    at = HideUtf8Rows(column, rows, bits, symbol, at, data.data(),
                      offsets.data());
    if (at.row == column.row_count) break;
    const auto end = static_cast<uint32_t>(column.Offset(at.row + 1));
    if (end != at.begin) {
      char* const out = treat(in + at.begin, in + end, at.out);
      if (out == nullptr) validity.ClearRow(at.row);
      at.out = out == nullptr ? at.out : out;
    }
    at.begin = end;
    ++at.row;
    StoreLittle(static_cast<uint32_t>(at.out - data.data()),
                offsets.data() + at.row * sizeof(uint32_t));
  }
  const auto size = static_cast<size_t>(at.out - data.data());
  Treated treated{column, validity.cleared()};
  treated.column.offsets = std::move(offsets).Share();
  treated.column.data = std::move(data).Share().Slice(0, size);
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace

bool CanHideRows() { return UsedCpuLevel() == CpuLevel::kAvx512; }

Treated HideRows(const records::Column& column, const HideRule& rule,
                 char symbol, TreatText treat) {
  assert(CanHideRows());
  return std::visit(
      [&](const auto& each) {
        const auto bits = BitsOf(each);
        auto ascii = HideAscii(column, bits, symbol, treat);
        return ascii ? *std::move(ascii)
                     : HideUtf8(column, bits, symbol, treat);
      },
      rule);
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

bool CanHideRows() { return false; }

Treated HideRows(
    const records::Column& column, const HideRule& /*rule*/, char /*symbol*/,
    absl::FunctionRef<char*(const char*, const char*, char*)> treat) {
  return TreatTexts(column, column.data.size(), treat);
}

}  // namespace sluice::desensitize

#endif
