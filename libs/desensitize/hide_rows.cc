#include "libs/desensitize/hide_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/hide_ascii_avx2.h"
#include "libs/desensitize/hide_utf8_avx2.h"
#include "libs/desensitize/hide_windows.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/desensitize/treat_texts.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

using TreatText =
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>;

// Whole vectors are written.
constexpr size_t kSlack = 64;
// The bit of a vector's last byte is left for what is behind a text.
constexpr uint32_t kRowBytesMax = 63;
// Of a column's texts on average, if nearly all are to fit in half a vector.
constexpr size_t kNarrowBytesMean = 24;

// A row that is one vector, of a text of up to kBytesMax bytes.
struct Narrow {
  using Vector = __m256i;
  static constexpr uint32_t kBytesMax = sizeof(Vector);

  SLUICE_AVX512 static Vector Load(const char* bytes) {
    return _mm256_loadu_si256(reinterpret_cast<const Vector*>(bytes));
  }
  SLUICE_AVX512 static void Store(Vector bytes, char* out) {
    _mm256_storeu_si256(reinterpret_cast<Vector*>(out), bytes);
  }
  SLUICE_AVX512 static Vector Fill(char byte) { return _mm256_set1_epi8(byte); }
  SLUICE_AVX512 static Vector Or(Vector a, Vector b) {
    return _mm256_or_si256(a, b);
  }
  // `b` where `of_b` has a bit.
  SLUICE_AVX512 static Vector Blend(uint64_t of_b, Vector a, Vector b) {
    return _mm256_mask_blend_epi8(static_cast<__mmask32>(of_b), a, b);
  }
  SLUICE_AVX512 static uint64_t Equal(Vector a, Vector b) {
    return _mm256_cmpeq_epi8_mask(a, b);
  }
  SLUICE_AVX512 static uint64_t HighBits(Vector bytes) {
    return _mm256_movepi8_mask(bytes);
  }
};

struct Wide {
  using Vector = __m512i;
  static constexpr uint32_t kBytesMax = kRowBytesMax;

  SLUICE_AVX512 static Vector Load(const char* bytes) {
    return _mm512_loadu_si512(bytes);
  }
  SLUICE_AVX512 static void Store(Vector bytes, char* out) {
    _mm512_storeu_si512(out, bytes);
  }
  SLUICE_AVX512 static Vector Fill(char byte) { return _mm512_set1_epi8(byte); }
  SLUICE_AVX512 static Vector Or(Vector a, Vector b) {
    return _mm512_or_si512(a, b);
  }
  SLUICE_AVX512 static Vector Blend(uint64_t of_b, Vector a, Vector b) {
    return _mm512_mask_blend_epi8(of_b, a, b);
  }
  SLUICE_AVX512 static uint64_t Equal(Vector a, Vector b) {
    return _mm512_cmpeq_epi8_mask(a, b);
  }
  SLUICE_AVX512 static uint64_t HighBits(Vector bytes) {
    return _mm512_movepi8_mask(bytes);
  }
};

SLUICE_AVX512 inline uint64_t LowBits(uint64_t count) {
  return _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(count));
}

// The characters of a text of `size` bytes, a bit a byte.
template <typename Width>
struct AsciiRow {
  static constexpr bool kIsAscii = true;

  typename Width::Vector bytes;
  uint32_t size;

  SLUICE_AVX512 uint64_t inside() const { return LowBits(size); }
  SLUICE_AVX512 uint64_t characters() const { return size; }
  // The bytes of those from `begin` on and before `end`, and perhaps bits
  // behind the text.
  SLUICE_AVX512 uint64_t Between(uint64_t begin, uint64_t end) const {
    return LowBits(end) & ~LowBits(begin);
  }
  SLUICE_AVX512 uint64_t Places(char byte) const {
    return Width::Equal(bytes, Width::Fill(byte));
  }
};

struct Utf8Row {
  static constexpr bool kIsAscii = false;

  __m512i bytes;
  uint32_t size;
  // Where each character begins, and the text behind.
  uint64_t leads;

  SLUICE_AVX512 uint64_t inside() const { return LowBits(size); }
  SLUICE_AVX512 uint64_t characters() const {
    return static_cast<uint64_t>(std::popcount(leads)) - 1;
  }
  SLUICE_AVX512 uint64_t Between(uint64_t begin, uint64_t end) const {
    // A bit less a lower one is all from the lower one up to the other. No bit
    // is what would stand behind the highest.
    return _pdep_u64(uint64_t{1} << (end & 63), leads) -
           _pdep_u64(uint64_t{1} << (begin & 63), leads);
  }
  SLUICE_AVX512 uint64_t Places(char byte) const {
    return Wide::Equal(bytes, Wide::Fill(byte));
  }
};

// Each says which bytes of a text are hidden: those of one character at least,
// or, if it kRefuses, none where the text is untreatable. The others add bits
// behind the text. More than kRowBytesMax characters are counted as these.
struct BetweenBits {
  static constexpr bool kRefuses = false;
  static constexpr bool kBySize = true;

  explicit BetweenBits(const HideBetween& rule)
      : first(std::min<size_t>(rule.first, kRowBytesMax)),
        last(std::min<size_t>(rule.last, kRowBytesMax)) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const uint64_t count = row.characters();
    const uint64_t between = row.Between(first, count - last);
    return count > first + last ? between : ~uint64_t{0};
  }

  uint64_t first;
  uint64_t last;
};

struct InsideBits {
  static constexpr bool kRefuses = true;
  static constexpr bool kBySize = true;

  explicit InsideBits(const HideInside& rule)
      : begin(std::min<size_t>(rule.begin, kRowBytesMax)),
        end(std::min<size_t>(rule.end, kRowBytesMax)) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    return row.Between(begin, end) & row.inside();
  }

  uint64_t begin;
  uint64_t end;
};

struct OutsideBits {
  static constexpr bool kRefuses = false;
  static constexpr bool kBySize = true;

  explicit OutsideBits(const HideOutside& rule)
      : inside(HideInside{rule.begin, rule.end}) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const uint64_t shown = inside.Of(row);
    return shown != row.inside() ? ~shown : ~uint64_t{0};
  }

  InsideBits inside;
};

// A character's places in a text.
struct CharacterBits {
  explicit CharacterBits(absl::string_view text) : size(text.size()) {
    assert(size > 0 && size <= sizeof(bytes));
    std::memcpy(bytes, text.data(), size);
  }

  // Its first bytes.
  template <typename Row>
  SLUICE_AVX512 uint64_t FirstBytes(const Row& row) const {
    uint64_t places = row.inside() & row.Places(bytes[0]);
    // No byte of ASCII equals the first one of a longer character.
    if constexpr (Row::kIsAscii) return places;
    for (size_t i = 1; i < size; ++i) places &= row.Places(bytes[i]) >> i;
    return places;
  }

  // Its last bytes.
  template <typename Row>
  SLUICE_AVX512 uint64_t LastBytes(const Row& row) const {
    uint64_t places = FirstBytes(row);
    if constexpr (!Row::kIsAscii) places <<= size - 1;
    return places;
  }

  char bytes[4] = {};
  size_t size;
};

struct BeforeBits {
  static constexpr bool kRefuses = false;
  static constexpr bool kBySize = false;

  explicit BeforeBits(const HideBefore& rule) : character(rule.character) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const uint64_t places = character.FirstBytes(row);
    // All if there is none.
    const uint64_t hidden = ~places & (places - 1);
    return hidden != 0 ? hidden : ~uint64_t{0};
  }

  CharacterBits character;
};

struct BehindBits {
  static constexpr bool kRefuses = false;
  static constexpr bool kBySize = false;

  explicit BehindBits(const HideBehind& rule) : character(rule.character) {}

  template <typename Row>
  SLUICE_AVX512 uint64_t Of(const Row& row) const {
    const uint64_t places = character.LastBytes(row);
    // All if there is none: shifts count to 63, and then from 0 again.
    const uint64_t hidden = ~uint64_t{0} << (-_lzcnt_u64(places) & 63);
    return (hidden & row.inside()) != 0 ? hidden : ~uint64_t{0};
  }

  CharacterBits character;
};

// Where each character is one byte, what is hidden by its place depends on a
// text's size alone.
template <typename Width, typename Bits>
class BitsOfSizes {
 public:
  static constexpr bool kRefuses = Bits::kRefuses;

  SLUICE_AVX512 explicit BitsOfSizes(const Bits& bits) {
    for (uint32_t size = 0; size <= Width::kBytesMax; ++size) {
      hidden_[size] = bits.Of(AsciiRow<Width>{{}, size});
    }
  }

  SLUICE_AVX512 uint64_t Of(const AsciiRow<Width>& row) const {
    return hidden_[row.size];
  }

 private:
  std::array<uint64_t, Width::kBytesMax + size_t{1}> hidden_;
};

template <typename Width, typename Bits>
SLUICE_AVX512 auto BySize(const Bits& bits) {
  if constexpr (Bits::kBySize) {
    return BitsOfSizes<Width, Bits>(bits);
  } else {
    return bits;
  }
}

BetweenBits BitsOf(const HideBetween& rule) { return BetweenBits(rule); }
InsideBits BitsOf(const HideInside& rule) { return InsideBits(rule); }
OutsideBits BitsOf(const HideOutside& rule) { return OutsideBits(rule); }
BeforeBits BitsOf(const HideBefore& rule) { return BeforeBits(rule); }
BehindBits BitsOf(const HideBehind& rule) { return BehindBits(rule); }

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
template <typename Width, typename Bits>
SLUICE_AVX512 Progress HideAsciiRows(const records::Column& column,
                                     uint32_t rows, const Bits& bits,
                                     char symbol, Progress at,
                                     uint64_t* other) {
  if (at.row >= rows) return at;
  using Vector = typename Width::Vector;
  const Vector symbols = Width::Fill(symbol);
  const char* const in = column.data.data();
  char* const out = at.out - at.begin;
  const char* const offsets = column.offsets.data() + sizeof(uint32_t);
  const char* const stop = offsets + rows * sizeof(uint32_t);
  const char* offset = offsets + at.row * sizeof(uint32_t);
  uint32_t begin = at.begin;
  Vector all = Width::Fill(0);
  for (; offset != stop; offset += sizeof(uint32_t)) {
    const auto end = LoadLittle<uint32_t>(offset);
    const uint32_t size = end - begin;
    if (size > Width::kBytesMax) break;
    const Vector text = Width::Load(in + begin);
    const uint64_t hidden = bits.Of(AsciiRow<Width>{text, size});
    all = Width::Or(all, text);
    if constexpr (Bits::kRefuses) {
      if (hidden == 0 && size > 0) break;
    }
    Width::Store(Width::Blend(hidden, text, symbols), out + begin);
    begin = end;
  }
  *other |= Width::HighBits(all);
  return {static_cast<uint32_t>((offset - offsets) / sizeof(uint32_t)), begin,
          out + begin};
}

// Nothing if the column is not ASCII or has what is untreatable. Rows before
// `narrow_rows` are looked at as narrow ones first.
template <typename NarrowBits, typename WideBits>
std::optional<Treated> HideAsciiWith(const records::Column& column,
                                     const NarrowBits& narrow_bits,
                                     uint32_t narrow_rows,
                                     const WideBits& wide_bits, char symbol,
                                     TreatText treat) {
  const char* const in = column.data.data();
  const size_t size = column.data.size();
  records::AlignedBuffer data(size + kSlack);
  const uint32_t wide_rows = RowsToRead(column, sizeof(Wide::Vector));
  Progress at = {0, 0, data.data()};
  uint64_t other = 0;
  while (at.row < column.row_count && other == 0) {
    at = HideAsciiRows<Narrow>(column, narrow_rows, narrow_bits, symbol, at,
                               &other);
    // What is left of the column, or one longer text.
    const uint32_t stopped = at.row;
    const uint32_t until =
        stopped < narrow_rows ? std::min(stopped + 1, wide_rows) : wide_rows;
    at = HideAsciiRows<Wide>(column, until, wide_bits, symbol, at, &other);
    if (at.row == column.row_count || at.row > stopped) continue;
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

template <typename Bits>
std::optional<Treated> HideAscii(const records::Column& column,
                                 const Bits& bits, char symbol,
                                 TreatText treat) {
  const size_t size = column.data.size();
  // What other scripts write shows early.
  constexpr size_t kLookedAt = 256;
  if (!IsAscii(column.data.data(), std::min(size, kLookedAt)))
    return std::nullopt;
  if (size <= size_t{column.row_count} * kNarrowBytesMean) {
    return HideAsciiWith(column, BySize<Narrow>(bits),
                         RowsToRead(column, sizeof(Narrow::Vector)), bits,
                         symbol, treat);
  }
  return HideAsciiWith(column, bits, 0, BySize<Wide>(bits), symbol, treat);
}

// The texts one behind the other, and where each ends.
template <typename Bits>
SLUICE_AVX512 Progress HideUtf8Rows(const records::Column& column,
                                    uint32_t rows, const Bits& rule,
                                    char symbol, Progress at, char* out_begin,
                                    char* offsets_out) {
  if (at.row >= rows) return at;
  const Bits bits = rule;
  const __m512i symbols = Wide::Fill(symbol);
  const __m512i last_continuation = Wide::Fill(static_cast<char>(0xBF));
  const char* const in = column.data.data();
  const char* const offsets = column.offsets.data() + sizeof(uint32_t);
  offsets_out += sizeof(uint32_t);
  uint32_t begin = at.begin;
  uint64_t written = static_cast<uint64_t>(at.out - out_begin);
  size_t offset = at.row * sizeof(uint32_t);
  const size_t stop = rows * sizeof(uint32_t);
  for (; offset != stop; offset += sizeof(uint32_t)) {
    const auto end = LoadLittle<uint32_t>(offsets + offset);
    const uint32_t size = end - begin;
    if (size > Wide::kBytesMax) break;
    const __m512i text = Wide::Load(in + begin);
    const uint64_t leads = _mm512_cmpgt_epi8_mask(text, last_continuation);
    // The text behind this one begins with a character too.
    const uint64_t hidden =
        bits.Of(Utf8Row{text, size, _bzhi_u64(leads, size + 1)});
    if constexpr (Bits::kRefuses) {
      if (hidden == 0 && size > 0) break;
    }
    const uint64_t left_out = hidden & ~leads;
    Wide::Store(_mm512_maskz_compress_epi8(~left_out,
                                           Wide::Blend(hidden, text, symbols)),
                out_begin + written);
    written +=
        size - static_cast<uint64_t>(std::popcount(_bzhi_u64(left_out, size)));
    begin = end;
    StoreLittle(static_cast<uint32_t>(written), offsets_out + offset);
  }
  return {static_cast<uint32_t>(offset / sizeof(uint32_t)), begin,
          out_begin + written};
}

template <typename Bits>
Treated HideUtf8(const records::Column& column, const HideRule& rule,
                 const Bits& bits, char symbol, TreatText treat) {
  const char* const in = column.data.data();
  records::AlignedBuffer offsets((column.row_count + size_t{1}) *
                                 sizeof(int32_t));
  records::AlignedBuffer data(column.data.size() + kSlack);
  OutputValidity validity(column);
  StoreLittle<uint32_t>(0, offsets.data());
  const uint32_t rows = RowsToRead(column, sizeof(Wide::Vector));
  const bool in_windows = HasHideWindows(column, rule);
  Progress at = {0, 0, data.data()};
  while (at.row < column.row_count) {
    uint32_t until = rows;
    if (in_windows) {
      at.row = HideInWindows(column, rule, at.row, symbol, data.data(), &at.out,
                             offsets.data());
      at.begin = static_cast<uint32_t>(column.Offset(at.row));
      until = std::min(rows, at.row + kHideWindowRows);
    }
    at = HideUtf8Rows(column, until, bits, symbol, at, data.data(),
                      offsets.data());
    if (at.row == until && until < rows) continue;
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

bool CanHideRows() { return UsedCpuLevel() >= CpuLevel::kAvx2; }

Treated HideRows(const records::Column& column, const HideRule& rule,
                 char symbol, TreatText treat) {
  assert(CanHideRows());
  if (UsedCpuLevel() == CpuLevel::kAvx2) {
    auto ascii = HideAsciiAvx2(column, rule, symbol, treat);
    return ascii ? *std::move(ascii)
                 : HideUtf8Avx2(column, rule, symbol, treat);
  }
  return std::visit(
      [&](const auto& each) {
        const auto bits = BitsOf(each);
        auto ascii = HideAscii(column, bits, symbol, treat);
        return ascii ? *std::move(ascii)
                     : HideUtf8(column, rule, bits, symbol, treat);
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
