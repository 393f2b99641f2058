#include "libs/desensitize/plate_rows.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/utf8.h"
#include "libs/identifiers/licence_plate.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::desensitize {

std::optional<KeptEnds> KeptOfPlate(absl::string_view text) {
  if (!identifiers::IsLicencePlate(text)) return std::nullopt;
  const char* const end = text.data() + text.size();
  const char* const tail = SkipCharactersBack(text.data(), end, 2);
  return KeptEnds{identifiers::kPlateHeadBytes,
                  static_cast<size_t>(end - tail)};
}

}  // namespace sluice::desensitize

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

constexpr size_t kVectorBytes = 64;
constexpr uint32_t kGroupRows = 4;
// Of plates that are ASCII behind the province: common, and new-energy.
constexpr uint32_t kPlateBytes = 9;
constexpr uint32_t kPlateBytesMax = 10;

// Four rows of a column: plates, empty texts and nulls.
struct Group {
  // Where each begins, as bits, and how many bytes they have.
  uint64_t begins;
  uint32_t size;
  // Whether each has the length and the province of a plate.
  bool may_be_plates;
};

SLUICE_AVX512 inline Group GroupAt(const char* texts, const char* offsets,
                                   uint32_t begin) {
  constexpr uint32_t kSizes = 1u | 1u << kPlateBytes | 1u << kPlateBytesMax;
  uint64_t begins = 0;
  uint32_t wrong = 0;
  uint32_t at = begin;
  for (uint32_t i = 0; i < kGroupRows; ++i) {
    offsets += sizeof(uint32_t);
    const auto end = LoadLittle<uint32_t>(offsets);
    const uint32_t size = end - at;
    wrong |= size >> 5 | (~kSizes >> (size & 31) & 1);
    begins |= uint64_t{1} << ((at - begin) & 63);
    // What lies further is of no plate, and may lie behind the column.
    const uint32_t ahead =
        std::min(at - begin, (kGroupRows - 1) * kPlateBytesMax);
    const bool has_province = identifiers::kPlateProvinces.Has(
        LoadLittle<uint32_t>(texts + begin + ahead));
    wrong |= has_province || size == 0 ? 0 : 1;
    at = end;
  }
  return {begins, at - begin, wrong == 0};
}

// Masks rows from `*row` on, which begins at `begin` of the column, and stops
// before a group that is not of plates or may not be read whole. `out` and
// `offsets_out` are of the first row of the column. Returns where the row
// begins at which it stopped.
SLUICE_AVX512 uint32_t MaskGroups(const records::Column& column, char symbol,
                                  uint32_t* row, uint32_t begin, char* out,
                                  char* offsets_out, uint32_t removed) {
  const __m512i symbols = _mm512_set1_epi8(symbol);
  const char* const texts = column.data.data();
  const char* const offsets = column.offsets.data();
  const size_t bytes = column.data.size();
  for (; *row + kGroupRows <= column.row_count; *row += kGroupRows) {
    if (begin + kVectorBytes > bytes) break;
    const char* const at = offsets + *row * sizeof(uint32_t);
    const Group group = GroupAt(texts, at, begin);
    if (!group.may_be_plates) break;
    const __m512i text = _mm512_loadu_si512(texts + begin);
    const uint64_t upper = _mm512_cmplt_epu8_mask(
        _mm512_sub_epi8(text, _mm512_set1_epi8('A')), _mm512_set1_epi8(26));
    const uint64_t digits = _mm512_cmplt_epu8_mask(
        _mm512_sub_epi8(text, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
    const uint64_t like_digits =
        _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('I')) |
        _mm512_cmpeq_epi8_mask(text, _mm512_set1_epi8('O'));
    const uint64_t inside = _bzhi_u64(~uint64_t{0}, group.size);
    const uint64_t begins = group.begins & inside;
    const uint64_t rest = inside & ~(begins * 15);
    const uint64_t wrong =
        (begins << 3 & ~upper) | (rest & ~(digits | (upper & ~like_digits)));
    if (wrong != 0) break;
    // All but the last two of each.
    const uint64_t behind = begins | uint64_t{1} << group.size;
    const uint64_t hidden = rest & ~(behind >> 1 | behind >> 2);
    _mm512_mask_storeu_epi8(out + (begin - removed), inside,
                            _mm512_mask_blend_epi8(hidden, text, symbols));
    const __m128i ends =
        _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + 4));
    _mm_storeu_si128(
        reinterpret_cast<__m128i*>(offsets_out + *row * sizeof(uint32_t) + 4),
        _mm_sub_epi32(ends, _mm_set1_epi32(static_cast<int>(removed))));
    begin += group.size;
  }
  return begin;
}

}  // namespace

std::optional<Treated> MaskPlateRows(const records::Column& column,
                                     char symbol) {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return std::nullopt;
  const uint32_t rows = column.row_count;
  const char* const texts = column.data.data();
  records::AlignedBuffer offsets((rows + size_t{1}) * sizeof(uint32_t));
  records::AlignedBuffer data(column.data.size());
  OutputValidity validity(column);
  StoreLittle<uint32_t>(0, offsets.data());
  uint32_t row = 0;
  uint32_t begin = 0;
  // Bytes of what was untreatable.
  uint32_t removed = 0;
  while (row < rows) {
    begin = MaskGroups(column, symbol, &row, begin, data.data(), offsets.data(),
                       removed);
    for (const uint32_t until = std::min(row + kGroupRows, rows); row < until;
         ++row) {
      const auto end = static_cast<uint32_t>(column.Offset(row + 1));
      const absl::string_view text(texts + begin, end - begin);
      if (const auto kept = KeptOfPlate(text)) {
        char* const out = data.data() + (begin - removed);
        std::memcpy(out, text.data(), text.size());
        std::memset(out + kept->head, symbol,
                    text.size() - kept->head - kept->tail);
      } else if (!text.empty()) {
        validity.ClearRow(row);
        removed += end - begin;
      }
      begin = end;
      StoreLittle(end - removed,
                  offsets.data() + (row + size_t{1}) * sizeof(uint32_t));
    }
  }
  Treated treated{column, validity.cleared()};
  treated.column.offsets = std::move(offsets).Share();
  treated.column.data = std::move(data).Share().Slice(0, begin - removed);
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

std::optional<Treated> MaskPlateRows(const records::Column& /*column*/,
                                     char /*symbol*/) {
  return std::nullopt;
}

}  // namespace sluice::desensitize

#endif
