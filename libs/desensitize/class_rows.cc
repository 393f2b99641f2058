#include "libs/desensitize/class_rows.h"

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/class_signs.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/rows_to_read.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kVectorBytes = sizeof(__m256i);
constexpr size_t kGroupBytes = 8;
constexpr size_t kHanBytes = 3;
// Vectors of which the first byte of the first begins a Han character if that
// behind the last does.
constexpr size_t kHanVectors = 3;
constexpr size_t kHanStepBytes = kHanVectors * kVectorBytes;
// Texts that are looked at together.
constexpr uint32_t kChunkRows = 64;
// Of such texts, so that a third of it is found out in sixteen bits.
constexpr uint32_t kChunkBytesMax = 0xFFFF;

// First bytes of characters of three bytes that all stand for content: U+4000
// to U+EFFF.
constexpr uint8_t kHanLeadMin = 0xE4;
constexpr uint8_t kHanLeadMax = 0xEE;

// How far above the least each byte may be: any may be so far where no
// character begins.
struct HanSpans {
  alignas(kVectorBytes) std::array<uint8_t, kHanStepBytes> at = {};
};
constexpr HanSpans MakeHanSpans() {
  HanSpans spans;
  spans.at.fill(0xFF);
  for (size_t i = 0; i < kHanStepBytes; i += kHanBytes) {
    spans.at[i] = kHanLeadMax - kHanLeadMin;
  }
  return spans;
}
constexpr HanSpans kHanSpans = MakeHanSpans();

// Where among eight bytes those are that have a bit in a byte, first to last.
struct GroupPlaces {
  std::array<std::array<uint8_t, kGroupBytes>, 256> of = {};
};
constexpr GroupPlaces MakeGroupPlaces() {
  GroupPlaces places;
  for (size_t bits = 0; bits < places.of.size(); ++bits) {
    size_t to = 0;
    for (uint8_t i = 0; i < kGroupBytes; ++i) {
      if ((bits >> i & 1) != 0) places.of[bits][to++] = i;
    }
  }
  return places;
}
constexpr GroupPlaces kGroupPlaces = MakeGroupPlaces();

SLUICE_AVX2 inline __m256i Load(const void* at) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}
SLUICE_AVX2 inline void Store(__m256i vector, char* at) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), vector);
}
SLUICE_AVX2 inline __m256i Fill(char byte) { return _mm256_set1_epi8(byte); }
SLUICE_AVX2 inline uint32_t HighBits(__m256i bytes) {
  return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

// Not all 0 if a character of a step of Han characters is none.
SLUICE_AVX2 inline __m256i NoHan(const char* text) {
  __m256i above = _mm256_setzero_si256();
  for (size_t at = 0; at < kHanStepBytes; at += kVectorBytes) {
    const __m256i over =
        _mm256_sub_epi8(Load(text + at), Fill(static_cast<char>(kHanLeadMin)));
    above = _mm256_or_si256(
        above, _mm256_subs_epu8(over, Load(kHanSpans.at.data() + at)));
  }
  return above;
}

// Whether whole characters of `size` bytes are all Han characters.
SLUICE_AVX2 bool AreHan(const char* text, size_t size) {
  if (size % kHanBytes != 0) return false;
  if (size < kHanStepBytes) {
    bool all = true;
    for (size_t at = 0; at < size; at += kHanBytes) {
      const auto lead = static_cast<uint8_t>(text[at]);
      all &= lead >= kHanLeadMin && lead <= kHanLeadMax;
    }
    return all;
  }
  __m256i above = NoHan(text + size - kHanStepBytes);
  for (size_t at = 0; at + kHanStepBytes < size; at += kHanStepBytes) {
    above = _mm256_or_si256(above, NoHan(text + at));
  }
  return _mm256_testz_si256(above, above) != 0;
}

// What an ASCII character is, 0xFF or 0.
SLUICE_AVX2 inline __m256i IsFrom(__m256i bytes, char first, int count) {
  const __m256i above = _mm256_sub_epi8(bytes, Fill(first));
  const __m256i most = Fill(static_cast<char>(count - 1));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(above, most), above);
}

// Writes those of the bytes that have a bit in `kept`.
SLUICE_AVX2 inline char* WriteKept(__m256i bytes, uint32_t kept, char* out) {
  alignas(kVectorBytes) std::array<char, kVectorBytes> groups;
  Store(bytes, groups.data());
  for (size_t at = 0; at < kVectorBytes; at += kGroupBytes) {
    const uint32_t bits = kept >> at & 0xFF;
    const __m128i group =
        _mm_loadl_epi64(reinterpret_cast<const __m128i*>(groups.data() + at));
    const __m128i places = _mm_loadl_epi64(
        reinterpret_cast<const __m128i*>(kGroupPlaces.of[bits].data()));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out),
                     _mm_shuffle_epi8(group, places));
    out += std::popcount(bits);
  }
  return out;
}

// A column on its way.
class ClassRows {
 public:
  ClassRows(const records::Column& column, char symbol, WriteClasses write)
      : column_(column),
        texts_(column.data.data()),
        readable_(RowsToRead(column, kVectorBytes)),
        symbol_(symbol),
        write_(write),
        offsets_((column.row_count + size_t{1}) * sizeof(uint32_t)),
        data_(column.data.size() + kVectorBytes),
        out_(data_.data()),
        validity_(column) {}

  SLUICE_AVX2 void MaskAll() {
    StoreLittle<uint32_t>(0, offsets_.data());
    for (uint32_t row = 0; row < column_.row_count; row += kChunkRows) {
      const uint32_t rows = std::min(column_.row_count - row, kChunkRows);
      const uint32_t begin = BeginOf(row);
      const uint32_t size = BeginOf(row + rows) - begin;
      if (size <= kChunkBytesMax && AreHan(texts_ + begin, size)) {
        WriteHan(row, rows, size / kHanBytes);
      } else {
        for (uint32_t i = 0; i < rows; ++i) MaskRow(row + i);
      }
    }
  }

  Treated Finish() && {
    Treated treated{column_, validity_.cleared()};
    const size_t size = written();
    treated.column.offsets = std::move(offsets_).Share();
    treated.column.data = std::move(data_).Share().Slice(0, size);
    std::move(validity_).MoveTo(&treated.column);
    return treated;
  }

 private:
  uint32_t BeginOf(uint32_t row) const {
    return static_cast<uint32_t>(column_.Offset(row));
  }
  uint32_t written() { return static_cast<uint32_t>(out_ - data_.data()); }
  char* EndOffsetAt(uint32_t row) {
    return offsets_.data() + (row + size_t{1}) * sizeof(uint32_t);
  }

  // A symbol for each character of `rows` texts from `row` on.
  SLUICE_AVX2 void WriteHan(uint32_t row, uint32_t rows, uint32_t characters) {
    constexpr uint32_t kLanes = kVectorBytes / sizeof(uint32_t);
    const uint32_t begin = BeginOf(row);
    const __m256i begins = _mm256_set1_epi32(static_cast<int>(begin));
    const __m256i writtens = _mm256_set1_epi32(static_cast<int>(written()));
    // 65536 * 2 / 3, rounded up: exact for numbers of sixteen bits.
    const __m256i two_thirds = _mm256_set1_epi32(0xAAAB);
    const char* const ends =
        column_.offsets.data() + (row + size_t{1}) * sizeof(uint32_t);
    uint32_t i = 0;
    for (; i + kLanes <= rows; i += kLanes) {
      const __m256i sizes =
          _mm256_sub_epi32(Load(ends + i * sizeof(uint32_t)), begins);
      const __m256i thirds =
          _mm256_srli_epi32(_mm256_mulhi_epu16(sizes, two_thirds), 1);
      Store(_mm256_add_epi32(writtens, thirds), EndOffsetAt(row + i));
    }
    for (; i < rows; ++i) {
      const uint32_t size = BeginOf(row + i + 1) - begin;
      StoreLittle(static_cast<uint32_t>(written() + size / uint32_t{kHanBytes}),
                  EndOffsetAt(row + i));
    }
    const __m256i symbols = Fill(symbol_);
    for (uint32_t at = 0; at < characters; at += kVectorBytes) {
      Store(symbols, out_ + at);
    }
    out_ += characters;
  }

  SLUICE_AVX2 void MaskRow(uint32_t row) {
    const absl::string_view text = column_.Text(row);
    if (!text.empty()) {
      char* const end = row < readable_ && text.size() <= kVectorBytes
                            ? WriteShort(text)
                            : WriteByItself(text);
      if (end == nullptr) {
        validity_.ClearRow(row);
      } else {
        out_ = end;
      }
    }
    StoreLittle(written(), EndOffsetAt(row));
  }

  char* WriteByItself(absl::string_view text) const {
    return write_(text.data(), text.data() + text.size(), out_);
  }

  // Of a text of a vector at most, whose bytes may be read.
  SLUICE_AVX2 char* WriteShort(absl::string_view text) const {
    const __m256i bytes = Load(text.data());
    const __m256i last_continuation = Fill(static_cast<char>(0xBF));
    const uint32_t inside =
        _bzhi_u64(~uint64_t{0}, static_cast<uint32_t>(text.size()));
    const uint32_t high = HighBits(bytes);
    const uint32_t leads =
        HighBits(_mm256_cmpgt_epi8(bytes, last_continuation)) & inside;
    const uint32_t ascii = leads & ~high;
    if ((leads & high & SpecialLeads(bytes)) != 0) return WriteByItself(text);
    if (ascii == 0) {
      Store(Fill(symbol_), out_);
      return out_ + std::popcount(leads);
    }
    const __m256i upper = IsFrom(bytes, 'A', 26);
    const __m256i lower = IsFrom(bytes, 'a', 26);
    const __m256i digit = IsFrom(bytes, '0', 10);
    const uint32_t content =
        high | HighBits(_mm256_or_si256(upper, _mm256_or_si256(lower, digit)));
    if ((leads & content) == 0) return nullptr;
    __m256i signs = _mm256_blendv_epi8(bytes, Fill(symbol_), bytes);
    signs = _mm256_blendv_epi8(signs, Fill(kUpperSign), upper);
    signs = _mm256_blendv_epi8(signs, Fill(kLowerSign), lower);
    signs = _mm256_blendv_epi8(signs, Fill(kDigitSign), digit);
    return WriteKept(signs, leads, out_);
  }

  // A bit for each first byte of several that may begin anything but content
  // whose class shows nothing: C2, C3, E2, E3 and EF. Of what is ASCII it says
  // nothing.
  SLUICE_AVX2 static uint32_t SpecialLeads(__m256i bytes) {
    constexpr char kOfTwo = 1;
    constexpr char kOfThree = 2;
    constexpr char kOfBoth = kOfTwo | kOfThree;
    const __m256i of_low = _mm256_setr_epi8(
        0, 0, kOfBoth, kOfBoth, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, kOfThree, 0, 0,
        kOfBoth, kOfBoth, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, kOfThree);
    const __m256i of_high = _mm256_setr_epi8(
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, kOfTwo, 0, kOfThree, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, kOfTwo, 0, kOfThree, 0);
    const __m256i half = Fill(0x0F);
    const __m256i low = _mm256_and_si256(bytes, half);
    const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    const __m256i both = _mm256_and_si256(_mm256_shuffle_epi8(of_low, low),
                                          _mm256_shuffle_epi8(of_high, high));
    return HighBits(_mm256_cmpgt_epi8(both, _mm256_setzero_si256()));
  }

  const records::Column& column_;
  const char* const texts_;
  // The rows before it have a vector behind where they begin.
  const uint32_t readable_;
  const char symbol_;
  const WriteClasses write_;
  records::AlignedBuffer offsets_;
  records::AlignedBuffer data_;
  char* out_;
  OutputValidity validity_;
};

}  // namespace

SLUICE_AVX2 Treated MaskClassRows(const records::Column& column, char symbol,
                                  WriteClasses write) {
  ClassRows rows(column, symbol, write);
  rows.MaskAll();
  return std::move(rows).Finish();
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)
