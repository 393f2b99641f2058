// Prose at CpuLevel::kAvx512: what a byte is is looked up by six of its bits.
// For prose_blocks.cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_PROSE_AVX512_H_
#define SLUICE_LIBS_DESENSITIZE_PROSE_AVX512_H_

#include "libs/base/x86_vectors.h"

#if defined(__x86_64__)

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/prose_bits.h"
#include "libs/desensitize/prose_tables.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/records/batch.h"

namespace sluice::desensitize::prose {

// Eight of Bits.
struct Avx512Lanes {
  __m512i of;
};
SLUICE_AVX512 inline Avx512Lanes operator&(const Avx512Lanes& a,
                                           const Avx512Lanes& b) {
  return {_mm512_and_si512(a.of, b.of)};
}
SLUICE_AVX512 inline Avx512Lanes operator|(const Avx512Lanes& a,
                                           const Avx512Lanes& b) {
  return {_mm512_or_si512(a.of, b.of)};
}
SLUICE_AVX512 inline Avx512Lanes operator~(const Avx512Lanes& a) {
  return {_mm512_xor_si512(a.of, _mm512_set1_epi64(-1))};
}
SLUICE_AVX512 inline Avx512Lanes operator+(const Avx512Lanes& a,
                                           const Avx512Lanes& b) {
  return {_mm512_add_epi64(a.of, b.of)};
}
SLUICE_AVX512 inline Avx512Lanes operator-(const Avx512Lanes& a,
                                           const Avx512Lanes& b) {
  return {_mm512_sub_epi64(a.of, b.of)};
}
SLUICE_AVX512 inline Avx512Lanes operator<<(const Avx512Lanes& a, int by) {
  return {_mm512_slli_epi64(a.of, static_cast<uint32_t>(by))};
}
SLUICE_AVX512 inline Avx512Lanes operator>>(const Avx512Lanes& a, int by) {
  return {_mm512_srli_epi64(a.of, static_cast<uint32_t>(by))};
}

// The bytes of a block's lanes, from where the first one sees.
inline constexpr Table kLaneOrder = [] {
  Table table;
  for (size_t i = 0; i < kWindowBytes; ++i) {
    table.of[i] = static_cast<char>(i / 8 * (kLaneBytes / 8) + i % 8);
  }
  return table;
}();

// And back: of each lane kLaneBytes, without gaps.
inline constexpr Table kHiddenOrder = [] {
  constexpr size_t kEach = kLaneBytes / 8;
  Table table;
  for (size_t i = 0; i < kLanes * kEach; ++i) {
    table.of[i] = static_cast<char>(i / kEach * 8 +
                                    (kBeforeBytes - kLagBytes) / 8 + i % kEach);
  }
  return table;
}();

struct Avx512 {
  using Lanes = Avx512Lanes;
  static constexpr bool kLooksTwice = true;

  SLUICE_AVX512 static inline Lanes None() { return {_mm512_setzero_si512()}; }

  template <typename Rule>
  SLUICE_AVX512 static inline Lanes Each(const Lanes& a, const Lanes& b,
                                         const Lanes& c) {
    constexpr int kOfEachCase = Rule::Of(0xF0, 0xCC, 0xAA) & 0xFF;
    return {_mm512_ternarylogic_epi64(a.of, b.of, c.of, kOfEachCase)};
  }

  SLUICE_AVX512 static inline Lanes Load(const char* bits) {
    return {_mm512_loadu_si512(bits)};
  }
  SLUICE_AVX512 static inline Lanes Spread(const Lanes& bits) {
    return {_mm512_permutexvar_epi8(kLaneOrder.Load(), bits.of)};
  }
  SLUICE_AVX512 static inline void StoreHidden(const Lanes& hidden, char* out) {
    constexpr Bits kUsed = (Bits{1} << kBlockBytes / 8) - 1;
    _mm512_storeu_si512(out, _mm512_maskz_permutexvar_epi8(
                                 kUsed, kHiddenOrder.Load(), hidden.of));
  }
  SLUICE_AVX512 static inline uint8_t LanesWith(const Lanes& bits) {
    const __m512i decided =
        _mm512_slli_epi64(_mm512_set1_epi64(-1), kBeforeBytes);
    return static_cast<uint8_t>(_mm512_test_epi64_mask(bits.of, decided));
  }

  // ---- Steps; `begin` is where the chunk begins in the column's data.

  // Sets borders, from `row` on, which does not begin before the chunk; `all`,
  // or those that matter. Returns the first row that begins behind the chunk.
  SLUICE_APART SLUICE_AVX512 static uint32_t SetBorders(
      const records::Column& column, size_t begin, uint32_t row, bool all,
      Chunk* chunk) {
    constexpr uint32_t kRowsEach = 16;
    constexpr uint32_t kAllRows = 0xFFFF;
    // Where all bits of kRowsEach rows matter, most of the next rows' do: to
    // ask would cost more than it spares.
    constexpr uint32_t kUnaskedRows = 128;
    AdvanceAndClear(&chunk->borders);
    const char* const offsets = column.offsets.data();
    const __m512i first = _mm512_set1_epi32(static_cast<int>(begin));
    const __m512i size = _mm512_set1_epi32(int{kChunkBytes});
    uint32_t ask_from = 0;
    while (true) {
      const uint32_t left = std::min(column.row_count - row, kRowsEach);
      const auto rows = static_cast<__mmask16>(_bzhi_u32(kAllRows, left));
      const __m512i at = _mm512_sub_epi32(
          _mm512_maskz_loadu_epi32(rows, offsets + row * sizeof(int32_t)),
          first);
      const __mmask16 inside = _mm512_mask_cmplt_epu32_mask(rows, at, size);
      __mmask16 set = inside;
      if (!all && row >= ask_from) {
        set = Matter(inside, at, *chunk);
        if (set == kAllRows) ask_from = row + kUnaskedRows;
      }
      for (uint32_t bits = set; bits != 0; bits &= bits - 1) {
        const auto i = static_cast<uint32_t>(std::countr_zero(bits));
        const auto border = static_cast<size_t>(column.Offset(row + i)) - begin;
        chunk->borders.OfWindow(border / kWindowBytes) |=
            Bits{1} << border % kWindowBytes;
      }
      if (inside != kAllRows) {
        return row + static_cast<uint32_t>(std::popcount(uint32_t{inside}));
      }
      row += kRowsEach;
    }
  }

  // Finds what the bytes of the blocks are. Returns whether any are odd.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX512 static bool Look(const Texts& texts, size_t begin,
                                              size_t blocks, Chunk* chunk) {
    AdvanceAndClear(&chunk->odd);
    chunk->odd_blocks[0] = chunk->odd_blocks[kChunkBlocks];
    bool any_odd = chunk->odd_blocks[0];
    const __m512i upper_bits = kUpperBits.Load();
    const __m512i lower_bits = kLowerBits.Load();
    const __m512i zero = _mm512_set1_epi8('0');
    const __m512i one = _mm512_set1_epi8('1');
    const __m512i ten = _mm512_set1_epi8(10);
    for (size_t block = 0; block < blocks; ++block) {
      __m512i oddness = _mm512_setzero_si512();
#pragma GCC unroll 6
      for (size_t i = 0; i < kBlockWindows; ++i) {
        const size_t window = block * kBlockWindows + i;
        const size_t at = begin + window * kWindowBytes;
        const __m512i bytes = LoadBytes<kInside>(texts, at);
        const __m512i behind = LoadBytes<kInside>(texts, at + 2);
        // Copy writes there, and has less to wait for then.
        if constexpr (kInside) __builtin_prefetch(texts.out + at, 1, 3);
        // A permutation takes the lower six bits of a byte, which are the upper
        // ones of what is shifted.
        const __m512i upper =
            _mm512_permutexvar_epi8(_mm512_srli_epi16(bytes, 2), upper_bits);
        const __m512i lower = _mm512_permutexvar_epi8(behind, lower_bits);
        chunk->digits.OfWindow(window) =
            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, zero), ten);
        chunk->ones.OfWindow(window) = _mm512_cmpeq_epi8_mask(bytes, one);
        chunk->high_behind.OfWindow(window) = _mm512_movepi8_mask(lower);
        chunk->parting.OfWindow(window) = _mm512_test_epi8_mask(upper, lower);
        // What was so far, or what the upper bits have and the lower have not.
        constexpr int kOrFirstAlone = (0xF0 | (0xCC & ~0xAA)) & 0xFF;
        oddness =
            _mm512_ternarylogic_epi64(oddness, upper, lower, kOrFirstAlone);
      }
      const bool may_be = _mm512_test_epi8_mask(oddness, oddness) != 0;
      chunk->odd_blocks[1 + block] =
          may_be && FindOdd<kInside>(texts, begin, block, chunk);
      any_odd |= chunk->odd_blocks[1 + block];
    }
    return any_odd;
  }

  SLUICE_APART SLUICE_AVX512 static size_t Decide(size_t blocks, Chunk* chunk,
                                                  uint8_t* lanes_to_look_at) {
    return DecideBlocks<Avx512>(blocks, chunk, lanes_to_look_at);
  }

  // Decides once more what is to be looked at, when it is known what parts
  // numbers: a first look sees no more than six bits of most characters. Lists
  // of numbers with such between them are not looked at one by one then. What
  // is hidden stays: digits that nothing parts are that whatever parts others.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX512 static size_t DecideAgain(
      const Texts& texts, size_t begin, size_t blocks, Chunk* chunk,
      uint8_t* lanes_to_look_at) {
    FindParting<kInside>(texts, begin, blocks, lanes_to_look_at, chunk);
    size_t count = 0;
    for (size_t block = 0; block < blocks; ++block) {
      if (lanes_to_look_at[block] == 0) continue;
      if (block > 0 || !chunk->begins_anew) {
        Lanes far = FindDigitsOf<Avx512>(*chunk, block).far;
        if (chunk->IsOdd(block)) far = far | LanesOf<Avx512>(chunk->odd, block);
        lanes_to_look_at[block] = LanesWith(far);
      }
      count += static_cast<size_t>(std::popcount(lanes_to_look_at[block]));
    }
    return count;
  }

  // Copies the blocks with marks, but kLagBytes at their end, of which the next
  // blocks tell what is hidden.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX512 static void Copy(const Texts& texts, size_t begin,
                                              size_t blocks,
                                              const Chunk& chunk) {
    const __m512i marks = _mm512_set1_epi8(texts.mark);
    const auto& hidden = chunk.hidden.words;
    if (hidden[0] != 0) {
      _mm512_mask_storeu_epi8(texts.out + begin - kWindowBytes, hidden[0],
                              marks);
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < blocks * kBlockWindows; ++i) {
      const size_t at = begin + i * kWindowBytes;
      const __m512i marked = _mm512_mask_mov_epi8(LoadBytes<kInside>(texts, at),
                                                  hidden[1 + i], marks);
      if constexpr (kInside) {
        _mm512_storeu_si512(texts.out + at, marked);
      } else {
        _mm512_mask_storeu_epi8(texts.out + at, texts.UsedAt(at), marked);
      }
    }
  }

 private:
  // Of bits that are set one by one.
  SLUICE_AVX512 static inline void AdvanceAndClear(ChunkBits* bits) {
    constexpr size_t kEach = sizeof(__m512i) / sizeof(Bits);
    auto& words = bits->words;
    bits->Advance();
    for (size_t i = 1; i < words.size(); i += kEach) {
      const size_t at = std::min(i, words.size() - kEach);
      _mm512_storeu_si512(&words[at], _mm512_setzero_si512());
    }
  }

  // Which borders, `at` bytes of the chunk, matter. FindParting comes later,
  // but only adds to what parts: no border that is left out matters for that.
  SLUICE_AVX512 static inline __mmask16 Matter(__mmask16 borders, __m512i at,
                                               const Chunk& chunk) {
    const __m512i byte = _mm512_srli_epi32(at, 3);
    const __m512i bit = _mm512_and_si512(at, _mm512_set1_epi32(7));
    const auto bits_at = [&](__mmask16 rows, const char* bits) SLUICE_AVX512 {
      return _mm512_srlv_epi32(_mm512_mask_i32gather_epi32(
                                   _mm512_setzero_si512(), rows, byte, bits, 1),
                               bit);
    };
    const __mmask16 unparted = _mm512_mask_testn_epi32_mask(
        borders, bits_at(borders, chunk.parting.FirstByte()),
        _mm512_set1_epi32(1));
    if (unparted == 0) return 0;
    // A digit, and a gap behind it.
    constexpr int kBits = 16;
    constexpr int kBefore = int{kGapBytesMax} + 1;
    constexpr int kLastOf16 = 0xFFFF & ~(0xFFFF >> kBefore);
    return _mm512_mask_test_epi32_mask(
        unparted, bits_at(unparted, chunk.digits.FirstByte() - kBits / 8),
        _mm512_set1_epi32(kLastOf16));
  }

  // Zeros behind the texts, of which kInside has none.
  template <bool kInside>
  SLUICE_AVX512 static inline __m512i LoadBytes(const Texts& texts, size_t at) {
    if constexpr (kInside) {
      return _mm512_loadu_si512(texts.in + at);
    } else {
      return _mm512_maskz_loadu_epi8(texts.UsedAt(at), texts.in + at);
    }
  }

  // Whether an @ is there, or what has the first byte and a last one of what is
  // looked for of full width.
  template <bool kInside>
  SLUICE_AVX512 static bool FindOdd(const Texts& texts, size_t begin,
                                    size_t block, Chunk* chunk) {
    const __m512i at_sign = _mm512_set1_epi8('@');
    const __m512i lead = _mm512_set1_epi8(kFullWidthLead);
    const __m512i is_wide_end = _mm512_set1_epi8(kIsWideEnd);
    Bits any = 0;
    for (size_t i = 0; i < kBlockWindows; ++i) {
      const size_t window = block * kBlockWindows + i;
      const size_t at = begin + window * kWindowBytes;
      const __m512i bytes = LoadBytes<kInside>(texts, at);
      const __m512i lower = _mm512_permutexvar_epi8(
          LoadBytes<kInside>(texts, at + 2), kLowerBits.Load());
      const Bits odd =
          _mm512_cmpeq_epi8_mask(bytes, at_sign) |
          _mm512_mask_test_epi8_mask(_mm512_cmpeq_epi8_mask(bytes, lead), lower,
                                     is_wide_end);
      chunk->odd.OfWindow(window) = odd;
      any |= odd;
    }
    return any != 0;
  }

  // Adds to what parts, in blocks with lanes to look at, what a first look
  // leaves out.
  template <bool kInside>
  SLUICE_AVX512 static void FindParting(const Texts& texts, size_t begin,
                                        size_t blocks,
                                        const uint8_t* lanes_to_look_at,
                                        Chunk* chunk) {
    // Nothing stands before the column.
    bool is_known_before = begin == 0;
    for (size_t block = 0; block < blocks; ++block) {
      const bool is_asked = lanes_to_look_at[block] != 0;
      if (is_asked) {
        FindParting<kInside>(texts, begin, block, is_known_before, chunk);
      }
      is_known_before = is_asked;
    }
  }
  // Of the block, and, unless it is known, of the window before it, of which
  // the first lane sees the end.
  template <bool kInside>
  SLUICE_AVX512 static void FindParting(const Texts& texts, size_t begin,
                                        size_t block, bool is_known_before,
                                        Chunk* chunk) {
    const size_t first = block * kBlockWindows;
    for (size_t i = is_known_before ? 1 : 0; i <= kBlockWindows; ++i) {
      const size_t at = begin + (first + i) * kWindowBytes - kWindowBytes;
      const __m512i bytes = LoadBytes<kInside>(texts, at);
      const __m512i upper = _mm512_permutexvar_epi8(_mm512_srli_epi16(bytes, 2),
                                                    kJoining.upper.Load());
      const __m512i lower =
          _mm512_permutexvar_epi8(bytes, kJoining.first.Load());
      const __m512i second = _mm512_permutexvar_epi8(
          LoadBytes<kInside>(texts, at + 1), kJoining.second.Load());
      const __m512i third = _mm512_permutexvar_epi8(
          LoadBytes<kInside>(texts, at + 2), kJoining.third.Load());
      chunk->parting.words[first + i] |= _mm512_testn_epi8_mask(
          _mm512_and_si512(_mm512_and_si512(upper, lower), second), third);
    }
  }
};

}  // namespace sluice::desensitize::prose

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_PROSE_AVX512_H_
