// Masks of texts that have a grammar, 64 bytes of a column at a time, whichever
// texts they belong to: what is checked of one is checked of all by the same
// subtractions and shifts of bits, a bit a byte, that run from block to block.
// For kernels at CpuLevel::kAvx2, to be included by their .cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_FORM_BLOCKS_H_
#define SLUICE_LIBS_DESENSITIZE_FORM_BLOCKS_H_

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/string_view.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/output_validity.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

inline constexpr size_t kBlockBytes = 64;
// Blocks that are looked at together: each step is done for all of them before
// the next, so that none waits for another.
inline constexpr uint32_t kBatchBlocks = 64;

struct ByteBlock {
  __m256i low;
  __m256i high;
};

SLUICE_AVX2 inline ByteBlock LoadBlock(const char* text) {
  const auto* const halves = reinterpret_cast<const __m256i*>(text);
  return {_mm256_loadu_si256(halves), _mm256_loadu_si256(halves + 1)};
}

// The highest bit of each byte, the first byte's the lowest.
SLUICE_AVX2 inline uint64_t HighBits(const ByteBlock& block) {
  const auto low = static_cast<uint32_t>(_mm256_movemask_epi8(block.low));
  const auto high = static_cast<uint32_t>(_mm256_movemask_epi8(block.high));
  return low | uint64_t{high} << 32;
}

// A bit for each byte that is `byte`.
SLUICE_AVX2 inline uint64_t EqualBits(const ByteBlock& block, __m256i byte) {
  return HighBits({_mm256_cmpeq_epi8(block.low, byte),
                   _mm256_cmpeq_epi8(block.high, byte)});
}

// Classes of ASCII characters, eight bits of which several may be one class: a
// byte has the bits that both its halves have. None if it is not ASCII.
struct HalfClasses {
  std::array<uint8_t, 16> of_low;
  std::array<uint8_t, 16> of_high;

  constexpr uint8_t Of(uint8_t byte) const {
    return byte < 0x80 ? of_low[byte % 16] & of_high[byte / 16] : 0;
  }
};

SLUICE_AVX2 inline __m256i ClassesOf(__m256i bytes, __m256i of_low,
                                     __m256i of_high) {
  const __m256i high =
      _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0F));
  return _mm256_and_si256(_mm256_shuffle_epi8(of_low, bytes),
                          _mm256_shuffle_epi8(of_high, high));
}
SLUICE_AVX2 inline __m256i InBothHalves(const std::array<uint8_t, 16>& of) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(of.data())));
}
SLUICE_AVX2 inline ByteBlock ClassesOf(const ByteBlock& block,
                                       const HalfClasses& classes) {
  const __m256i of_low = InBothHalves(classes.of_low);
  const __m256i of_high = InBothHalves(classes.of_high);
  return {ClassesOf(block.low, of_low, of_high),
          ClassesOf(block.high, of_low, of_high)};
}

// A bit for each byte that is, without a sign, `least` (1 to 128) or above.
SLUICE_AVX2 inline uint64_t BitsFrom(uint8_t least, const ByteBlock& block) {
  const __m256i up_to_high = _mm256_set1_epi8(static_cast<char>(0x80 - least));
  return HighBits({_mm256_adds_epu8(block.low, up_to_high),
                   _mm256_adds_epu8(block.high, up_to_high)});
}

// A bit for each byte of the blocks of a batch, the first of them in word 1:
// word 0 is the last block before them, if there is one, and the word behind
// the last is the block behind them.
struct BatchBits {
  std::array<uint64_t, kBatchBlocks + 2> of = {};

  // Of the byte `count` before each, and behind it; 1 to 63.
  SLUICE_ANY_LEVEL uint64_t Before(uint32_t word, uint32_t count) const {
    return of[word] << count | of[word - 1] >> (kBlockBytes - count);
  }
  SLUICE_ANY_LEVEL uint64_t Behind(uint32_t word, uint32_t count) const {
    return of[word] >> count | of[word + 1] << (kBlockBytes - count);
  }
};

// What is known of the blocks of a batch before the form is asked, and what it
// answers.
struct FormVerdict {
  // Where each text begins, and behind the last one.
  BatchBits starts;
  // Which bytes of the texts of the form the mask's symbol hides.
  BatchBits hidden;
  // For each text that is not of the form a bit at least, at a byte of it or
  // the first of the next that is not empty. Bits may stand at others too.
  BatchBits wrong;
};

// A form of texts, for MaskInBlocks, is a class with
//   // Looks at the block of word `word`, at `text`; of `starts` this word
//   // and the one before are known. Behind the last text there are '0's
//   // to the end of a block and of the next.
//   void Look(const char* text, const BatchBits& starts, uint32_t word);
//   // Decides about the blocks of words 1 to `count`, of which it looked at
//   // each and at the one behind them. Returns what is not 0 if a bit of
//   // `wrong` is set.
//   uint64_t Decide(uint32_t count, FormVerdict* verdict);
//   // Not 0 if no text of the form has the first kHeadBytes of `text`.
//   static constexpr size_t kHeadBytes;
//   static uint32_t WrongHead(const char* text);
//   // Whether a text is of the form.
//   static bool Has(absl::string_view text);
// Look and Decide are SLUICE_AVX2.

namespace form_blocks_internal {

// Which bytes a half of a block's bits hides: 0xFF each.
SLUICE_AVX2 inline __m256i BytesOfBits(const char* bits) {
  const __m256i places =
      _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                       2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
  const __m256i bit_of =
      _mm256_set1_epi64x(static_cast<int64_t>(uint64_t{0x8040201008040201}));
  const __m256i spread =
      _mm256_shuffle_epi8(_mm256_set1_epi32(LoadLittle<int32_t>(bits)), places);
  return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit_of), bit_of);
}

// A column on its way. The texts stay where they are until it is known which
// are untreatable.
template <typename Form>
class BlockMask {
 public:
  BlockMask(const records::Column& column, char symbol)
      : column_(column),
        texts_(column.data.view()),
        symbol_(symbol),
        blocks_(static_cast<uint32_t>(texts_.size() / kBlockBytes) + 1),
        data_(blocks_ * kBlockBytes),
        validity_(column) {
    const size_t in_last = texts_.size() % kBlockBytes;
    last_.fill('0');
    if (in_last > 0) {
      std::memcpy(last_.data(), texts_.data() + texts_.size() - in_last,
                  in_last);
    }
  }

  SLUICE_AVX2 void MaskAll() {
    for (uint32_t block = 0; block < blocks_; block += kBatchBlocks) {
      const uint32_t count = std::min(blocks_ - block, kBatchBlocks);
      first_row_ = row_;
      wrong_heads_ = 0;
      row_ = MarkStarts(row_, block, block + count);
      const bool has_wrong_head = wrong_heads_ != 0;
      MarkStarts(row_, block, block + count + 1);
      Look(block, count);
      const bool has_wrong = form_.Decide(count, &verdict_) != 0;
      if (has_wrong_head) AddWrongHeads(block);
      if (has_wrong || has_wrong_head) LookAgain(block, count);
      Write(block, count);
      verdict_.starts.of[0] = verdict_.starts.of[count];
    }
  }

  Treated Finish() && {
    Treated treated{column_, validity_.cleared()};
    std::move(validity_).MoveTo(&treated.column);
    size_t size = texts_.size();
    if (treated.untreatable != 0) {
      size = CloseUp(treated.column);
      treated.column.offsets = OffsetsWithoutNulls(column_, treated.column);
    }
    treated.column.data = std::move(data_).Share().Slice(0, size);
    return treated;
  }

 private:
  static constexpr uint8_t kMark = 0x80;

  uint32_t BeginOf(uint32_t row) const {
    return static_cast<uint32_t>(column_.Offset(row));
  }

  const char* BlockAt(uint32_t block) const {
    if (block + 1 < blocks_) return texts_.data() + block * kBlockBytes;
    return last_.data() + (block + 1 - blocks_) * kBlockBytes;
  }

  // The first row from `row` on that does not begin before block `until`; all
  // before it are marked. `first` is that of the batch.
  SLUICE_APART SLUICE_AVX2 uint32_t MarkStarts(uint32_t row, uint32_t first,
                                               uint32_t until) {
    const char* const offsets = column_.offsets.data();
    const char* const texts = texts_.data();
    uint32_t wrong_heads = 0;
    uint8_t* const marks = marks_.data();
    const size_t base = first * kBlockBytes;
    const auto begin_of = [offsets](uint32_t at) {
      return LoadLittle<uint32_t>(offsets + at * sizeof(uint32_t));
    };
    // Only so far as may be read without a look at what is behind the texts.
    const size_t end =
        std::min(until * kBlockBytes,
                 texts_.size() - std::min(texts_.size(), Form::kHeadBytes));
    constexpr uint32_t kTogether = 4;
    while (row + kTogether <= column_.row_count &&
           begin_of(row + kTogether - 1) < end) {
      const char* const four = offsets + row * sizeof(uint32_t);
      for (size_t i = 0; i < kTogether; ++i) {
        const size_t begin = LoadLittle<uint32_t>(four + i * sizeof(uint32_t));
        marks[begin - base] = kMark;
        wrong_heads |= Form::WrongHead(texts + begin);
      }
      row += kTogether;
    }
    for (; row <= column_.row_count && begin_of(row) < until * kBlockBytes;
         ++row) {
      marks[begin_of(row) - base] = kMark;
      if (row < column_.row_count) wrong_heads |= WrongHeadOf(row);
    }
    wrong_heads_ |= wrong_heads;
    return row;
  }

  // Of a text that may be one of the last few.
  uint32_t WrongHeadOf(uint32_t row) const {
    const absl::string_view head = texts_.substr(BeginOf(row));
    if (head.size() >= Form::kHeadBytes) return Form::WrongHead(head.data());
    std::array<char, Form::kHeadBytes + 1> copy = {};
    if (!head.empty()) std::memcpy(copy.data(), head.data(), head.size());
    return Form::WrongHead(copy.data());
  }

  // Of the texts that begin in a batch.
  void AddWrongHeads(uint32_t block) {
    for (uint32_t row = first_row_; row < std::min(row_, column_.row_count);
         ++row) {
      if (WrongHeadOf(row) == 0) continue;
      const size_t place = BeginOf(row) - block * kBlockBytes;
      verdict_.wrong.of[1 + place / kBlockBytes] |= uint64_t{1}
                                                    << place % kBlockBytes;
    }
  }

  // How many of the `count` blocks from `block` on are whole.
  uint32_t WholeOf(uint32_t block, uint32_t count) const {
    return std::min(count, blocks_ - 1 - block);
  }

  SLUICE_APART SLUICE_AVX2 void Look(uint32_t block, uint32_t count) {
    const char* const texts = texts_.data() + block * kBlockBytes;
    const uint32_t whole = WholeOf(block, count + 1);
    for (uint32_t i = 0; i < whole; ++i) LookAt(texts + i * kBlockBytes, i);
    for (uint32_t i = whole; i <= count; ++i) LookAt(BlockAt(block + i), i);
  }
  SLUICE_AVX2 void LookAt(const char* text, uint32_t i) {
    auto* const marks =
        reinterpret_cast<__m256i*>(marks_.data() + i * kBlockBytes);
    verdict_.starts.of[i + 1] = HighBits({marks[0], marks[1]});
    marks[0] = marks[1] = _mm256_setzero_si256();
    form_.Look(text, verdict_.starts, i + 1);
  }

  SLUICE_APART SLUICE_AVX2 void Write(uint32_t block, uint32_t count) {
    const __m256i symbols = _mm256_set1_epi8(symbol_);
    const char* const texts = texts_.data() + block * kBlockBytes;
    char* const out = data_.data() + block * kBlockBytes;
    const uint32_t whole = WholeOf(block, count);
    for (uint32_t i = 0; i < whole; ++i) {
      WriteAt(texts + i * kBlockBytes, i, symbols, out);
    }
    for (uint32_t i = whole; i < count; ++i) {
      WriteAt(BlockAt(block + i), i, symbols, out);
    }
  }
  SLUICE_AVX2 void WriteAt(const char* text, uint32_t i, __m256i symbols,
                           char* out) const {
    const ByteBlock bytes = LoadBlock(text);
    const auto* const hidden =
        reinterpret_cast<const char*>(&verdict_.hidden.of[i + 1]);
    auto* const to = reinterpret_cast<__m256i*>(out + i * kBlockBytes);
    _mm256_storeu_si256(
        to, _mm256_blendv_epi8(bytes.low, symbols, BytesOfBits(hidden)));
    _mm256_storeu_si256(
        to + 1, _mm256_blendv_epi8(bytes.high, symbols,
                                   BytesOfBits(hidden + sizeof(uint32_t))));
  }

  // By themselves, at the texts where something is wrong.
  SLUICE_APART void LookAgain(uint32_t block, uint32_t count) {
    // The text that the first block begins in.
    uint32_t row = first_row_ == 0 ? 0 : first_row_ - 1;
    for (uint32_t i = 0; i < count; ++i) {
      const size_t begin = (block + i) * kBlockBytes;
      uint64_t wrong = verdict_.wrong.of[i + 1];
      while (wrong != 0) {
        const size_t place =
            begin + static_cast<size_t>(std::countr_zero(wrong));
        while (row < column_.row_count && BeginOf(row + 1) <= place) ++row;
        LookAgainUntil(row);
        if (row == column_.row_count) return;
        const size_t behind = BeginOf(row + 1) - begin;
        wrong = behind < kBlockBytes ? wrong & ~uint64_t{0} << behind : 0;
      }
    }
  }
  // At the text of `row`, which is not empty unless it is behind the last, and
  // the last one before it that is not empty.
  void LookAgainUntil(uint32_t row) {
    uint32_t from = row;
    while (from > judged_) {
      --from;
      if (!column_.Text(from).empty()) break;
    }
    for (from = std::max(from, judged_); from <= row; ++from) {
      if (from < column_.row_count && !column_.Text(from).empty() &&
          !Form::Has(column_.Text(from))) {
        validity_.ClearRow(from);
      }
    }
    judged_ = std::max(judged_, row + 1);
  }

  // Without the texts that are null in `output`, some of which are; returns
  // their bytes.
  size_t CloseUp(const records::Column& output) {
    char* const out = data_.data();
    size_t size = 0;
    uint32_t kept_from = 0;
    const auto keep_until = [&](uint32_t begin) {
      std::memmove(out + size, out + kept_from, begin - kept_from);
      size += begin - kept_from;
    };
    for (uint32_t row = 0; row < column_.row_count; ++row) {
      const bool are_eight =
          static_cast<uint8_t>(output.validity.data()[row / 8]) == 0xFF;
      if (are_eight) {
        row |= 7;
      } else if (output.IsNull(row)) {
        keep_until(BeginOf(row));
        kept_from = BeginOf(row + 1);
      }
    }
    keep_until(BeginOf(column_.row_count));
    return size;
  }

  const records::Column& column_;
  const absl::string_view texts_;
  const char symbol_;
  // With one that holds what is behind the last text.
  const uint32_t blocks_;
  records::AlignedBuffer data_;
  OutputValidity validity_;
  Form form_;
  FormVerdict verdict_;
  // The first row that begins in the batch, and behind it.
  uint32_t first_row_ = 0;
  uint32_t row_ = 0;
  // Before this row none is to be looked at again.
  uint32_t judged_ = 0;
  // Not 0 if a text that was marked has a wrong head.
  uint32_t wrong_heads_ = 0;
  // At the first byte of each text kMark.
  alignas(kBlockBytes)
      std::array<uint8_t, (kBatchBlocks + 1) * kBlockBytes> marks_ = {};
  // The last block and the one behind it.
  alignas(kBlockBytes) std::array<char, 2 * kBlockBytes> last_;
};

}  // namespace form_blocks_internal

// `column` with the form's mask, in a symbol of one byte.
template <typename Form>
SLUICE_AVX2 Treated MaskInBlocks(const records::Column& column, char symbol) {
  form_blocks_internal::BlockMask<Form> mask(column, symbol);
  mask.MaskAll();
  return std::move(mask).Finish();
}

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_FORM_BLOCKS_H_
