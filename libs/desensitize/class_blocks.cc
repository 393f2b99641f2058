#include "libs/desensitize/class_blocks.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/character_class.h"
#include "libs/desensitize/class_signs.h"
#include "libs/desensitize/output_validity.h"
#include "libs/desensitize/utf8.h"
#include "libs/records/aligned_buffer.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

constexpr size_t kBlockBytes = 64;

// The bytes of a block, a bit each.
struct Block {
  // Those that something is written for: the first of each character, and all
  // of punctuation that is not ASCII.
  uint64_t kept;
  // How many bytes are written for the blocks before.
  uint64_t written;
};

// The first bytes of characters of several bytes that may be anything but
// content whose class shows nothing: punctuation, and letters and digits of
// full width. All others (U+0100 to U+1FFF, U+4000 to U+EFFF, U+10000 on) stand
// for content.
constexpr bool IsSpecialLead(uint8_t lead) {
  return lead == 0xC2 || lead == 0xC3 || lead == 0xE2 || lead == 0xE3 ||
         lead == 0xEF;
}

// What stands for each character of ASCII. The highest bit is set where it is
// no punctuation.
struct AsciiSigns {
  static constexpr uint8_t kContent = 0x80;

  alignas(kBlockBytes) uint8_t at[128];
};
constexpr AsciiSigns MakeAsciiSigns() {
  AsciiSigns signs = {};
  for (size_t c = 0; c < sizeof(signs.at); ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9';
    const char sign = upper ? kUpperSign : lower ? kLowerSign : kDigitSign;
    signs.at[c] = upper || lower || digit
                      ? static_cast<uint8_t>(sign | AsciiSigns::kContent)
                      : static_cast<uint8_t>(c);
  }
  return signs;
}
constexpr AsciiSigns kAsciiSigns = MakeAsciiSigns();

// Not 0 at the lower six bits of such a byte: no two first bytes share these.
struct SpecialLeads {
  alignas(kBlockBytes) uint8_t at[64];
};
constexpr SpecialLeads MakeSpecialLeads() {
  SpecialLeads leads = {};
  for (unsigned lead = 0xC0; lead <= 0xFF; ++lead) {
    leads.at[lead % 64] = IsSpecialLead(static_cast<uint8_t>(lead)) ? 1 : 0;
  }
  return leads;
}
constexpr SpecialLeads kSpecialLeads = MakeSpecialLeads();

// What the special characters of a block are, a bit a byte.
struct Specials {
  // All bytes of punctuation. Those behind the block are the next one's.
  uint64_t punctuation;
  uint64_t punctuation_behind;
  // First bytes.
  uint64_t upper;
  uint64_t lower;
  uint64_t digit;
};

// Of the characters that begin at the bits of `leads`, of the block at `text`.
Specials ClassifySpecials(const char* text, uint64_t leads) {
  Specials specials = {};
  for (; leads != 0; leads &= leads - 1) {
    const auto at = static_cast<size_t>(std::countr_zero(leads));
    const uint64_t lead = leads & -leads;
    switch (ClassOf(CodePointAt(text + at))) {
      case CharacterClass::kPunctuation: {
        const size_t size = CharacterBytes(text[at]);
        const uint64_t bytes = (uint64_t{1} << size) - 1;
        specials.punctuation |= bytes << at;
        if (at + size > kBlockBytes) {
          specials.punctuation_behind |= bytes >> (kBlockBytes - at);
        }
        break;
      }
      case CharacterClass::kWideUpper:
        specials.upper |= lead;
        break;
      case CharacterClass::kWideLower:
        specials.lower |= lead;
        break;
      case CharacterClass::kWideDigit:
        specials.digit |= lead;
        break;
      default:
        break;
    }
  }
  return specials;
}

SLUICE_AVX512 inline __m512i Fill(char byte) { return _mm512_set1_epi8(byte); }

// Whether all characters of the column are content, and how many bytes were
// written.
struct Written {
  bool all_content;
  size_t size;
};

// Writes what stands for the characters of `text`, kBlockBytes more than its
// `size` at most, says where in `blocks`, and in `contents` the first bytes of
// what is no punctuation. The last block holds what is behind the last byte.
SLUICE_AVX512 Written WriteSigns(const char* text, size_t size, char symbol,
                                 char* out, Block* blocks, uint64_t* contents) {
  const __m512i special_leads = _mm512_load_si512(kSpecialLeads.at);
  const __m512i ascii_low = _mm512_load_si512(kAsciiSigns.at);
  const __m512i ascii_high = _mm512_load_si512(kAsciiSigns.at + kBlockBytes);
  const __m512i content_bits = Fill(static_cast<char>(AsciiSigns::kContent));
  const __m512i last_continuation = Fill(static_cast<char>(0xBF));
  uint64_t punctuation = 0;
  uint64_t carried = 0;
  size_t written = 0;
  for (size_t begin = 0; begin <= size; begin += kBlockBytes) {
    const uint64_t inside =
        _bzhi_u64(~uint64_t{0},
                  static_cast<uint32_t>(std::min(size - begin, kBlockBytes)));
    const __m512i bytes = _mm512_maskz_loadu_epi8(inside, text + begin);
    const uint64_t leads =
        _mm512_cmpgt_epi8_mask(bytes, last_continuation) & inside;
    const uint64_t high = _mm512_movepi8_mask(bytes);
    const __m512i is_special = _mm512_permutexvar_epi8(bytes, special_leads);
    const uint64_t special =
        _mm512_test_epi8_mask(is_special, is_special) & leads & high;
    // Nearly all blocks of Han characters hold nothing else.
    if ((special | (leads & ~high) | carried) == 0) {
      *blocks++ = {leads, written};
      *contents++ = leads;
      _mm512_storeu_si512(out + written, Fill(symbol));
      written += static_cast<size_t>(std::popcount(leads));
      continue;
    }
    // Of bytes that are not ASCII it says nothing.
    const __m512i ascii =
        _mm512_permutex2var_epi8(ascii_low, bytes, ascii_high);
    __m512i signs = _mm512_mask_blend_epi8(
        high, _mm512_andnot_si512(content_bits, ascii), Fill(symbol));
    uint64_t whole = carried;
    carried = 0;
    if (special != 0) {
      const Specials found = ClassifySpecials(text + begin, special);
      signs = _mm512_mask_blend_epi8(found.upper, signs, Fill(kUpperSign));
      signs = _mm512_mask_blend_epi8(found.lower, signs, Fill(kLowerSign));
      signs = _mm512_mask_blend_epi8(found.digit, signs, Fill(kDigitSign));
      whole |= found.punctuation;
      carried = found.punctuation_behind;
    }
    const uint64_t content =
        leads & (high | _mm512_movepi8_mask(ascii)) & ~whole;
    const uint64_t kept = leads | whole;
    *blocks++ = {kept, written};
    *contents++ = content;
    punctuation |= leads & ~content;
    _mm512_storeu_si512(out + written,
                        _mm512_maskz_compress_epi8(
                            kept, _mm512_mask_blend_epi8(whole, signs, bytes)));
    written += static_cast<size_t>(std::popcount(kept));
  }
  return {punctuation == 0, written};
}

// Where what is written for the bytes from `at` on begins.
SLUICE_AVX512 inline uint32_t WrittenAt(const Block* blocks, uint32_t at) {
  const Block& block = blocks[at / kBlockBytes];
  return static_cast<uint32_t>(block.written +
                               static_cast<uint64_t>(std::popcount(
                                   _bzhi_u64(block.kept, at % kBlockBytes))));
}

// The same for eight.
SLUICE_AVX512 inline __m256i WrittenAt(const Block* blocks, __m256i at) {
  static_assert(sizeof(Block) == 2 * sizeof(uint64_t));
  const __m256i words = _mm256_slli_epi32(_mm256_srli_epi32(at, 6), 1);
  const __m512i kept = _mm512_i32gather_epi64(words, &blocks->kept, 8);
  const __m512i written = _mm512_i32gather_epi64(words, &blocks->written, 8);
  const __m512i from_at = _mm512_sllv_epi64(
      _mm512_set1_epi64(-1), _mm512_cvtepu32_epi64(_mm256_and_si256(
                                 at, _mm256_set1_epi32(kBlockBytes - 1))));
  return _mm512_cvtepi64_epi32(_mm512_add_epi64(
      written, _mm512_popcnt_epi64(_mm512_andnot_si512(from_at, kept))));
}

SLUICE_AVX512 void WriteOffsets(const records::Column& column,
                                const Block* blocks, char* offsets_out) {
  const char* const offsets = column.offsets.data();
  const size_t end = (column.row_count + size_t{1}) * sizeof(uint32_t);
  size_t at = 0;
  for (; at + sizeof(__m256i) <= end; at += sizeof(__m256i)) {
    const __m256i eight =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(offsets + at));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(offsets_out + at),
                        WrittenAt(blocks, eight));
  }
  for (; at < end; at += sizeof(uint32_t)) {
    StoreLittle(WrittenAt(blocks, LoadLittle<uint32_t>(offsets + at)),
                offsets_out + at);
  }
}

bool HasContent(const uint64_t* contents, size_t begin, size_t end) {
  while (begin < end) {
    const size_t skipped = begin % kBlockBytes;
    const size_t count = std::min(kBlockBytes - skipped, end - begin);
    const uint64_t content = contents[begin / kBlockBytes] >> skipped;
    if (content << (kBlockBytes - count) != 0) return true;
    begin += count;
  }
  return false;
}

// The same where texts may be all punctuation: what was written for these is
// closed up. Returns how many bytes are left.
SLUICE_AVX512 size_t WriteOffsetsOfContent(const records::Column& column,
                                           const Block* blocks,
                                           const uint64_t* contents, char* out,
                                           char* offsets_out,
                                           OutputValidity* validity) {
  uint32_t removed = 0;
  uint32_t begin = 0;
  uint32_t written = 0;
  StoreLittle<uint32_t>(0, offsets_out);
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const auto end = static_cast<uint32_t>(column.Offset(row + 1));
    const uint32_t written_until = WrittenAt(blocks, end);
    if (begin == end || HasContent(contents, begin, end)) {
      if (removed != 0) {
        std::memmove(out + written - removed, out + written,
                     written_until - written);
      }
    } else {
      removed += written_until - written;
      validity->ClearRow(row);
    }
    begin = end;
    written = written_until;
    StoreLittle(written - removed,
                offsets_out + (row + size_t{1}) * sizeof(uint32_t));
  }
  return written - removed;
}

}  // namespace

std::optional<Treated> MaskClassBlocks(const records::Column& column,
                                       char symbol) {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return std::nullopt;
  const size_t size = column.data.size();
  const size_t block_count = size / kBlockBytes + 1;
  const auto blocks = std::make_unique_for_overwrite<Block[]>(block_count);
  const auto contents = std::make_unique_for_overwrite<uint64_t[]>(block_count);
  records::AlignedBuffer offsets((column.row_count + size_t{1}) *
                                 sizeof(uint32_t));
  records::AlignedBuffer data(size + kBlockBytes);
  Written written = WriteSigns(column.data.data(), size, symbol, data.data(),
                               blocks.get(), contents.get());
  OutputValidity validity(column);
  if (written.all_content) {
    WriteOffsets(column, blocks.get(), offsets.data());
  } else {
    written.size =
        WriteOffsetsOfContent(column, blocks.get(), contents.get(), data.data(),
                              offsets.data(), &validity);
  }
  Treated treated{column, validity.cleared()};
  treated.column.offsets = std::move(offsets).Share();
  treated.column.data = std::move(data).Share().Slice(0, written.size);
  std::move(validity).MoveTo(&treated.column);
  return treated;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

std::optional<Treated> MaskClassBlocks(const records::Column&, char) {
  return std::nullopt;
}

}  // namespace sluice::desensitize

#endif
