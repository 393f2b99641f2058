// Prose at CpuLevel::kAvx2: what a byte is is looked up by its two halves, and
// by those of the byte two behind it. For prose_blocks.cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_PROSE_AVX2_H_
#define SLUICE_LIBS_DESENSITIZE_PROSE_AVX2_H_

#include "libs/base/x86_vectors.h"

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/prose_bits.h"
#include "libs/records/batch.h"

namespace sluice::desensitize::prose {

// Eight of Bits.
struct Avx2Lanes {
  __m256i low;
  __m256i high;
};
SLUICE_AVX2 inline Avx2Lanes operator&(const Avx2Lanes& a, const Avx2Lanes& b) {
  return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
}
SLUICE_AVX2 inline Avx2Lanes operator|(const Avx2Lanes& a, const Avx2Lanes& b) {
  return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
}
SLUICE_AVX2 inline Avx2Lanes operator^(const Avx2Lanes& a, const Avx2Lanes& b) {
  return {_mm256_xor_si256(a.low, b.low), _mm256_xor_si256(a.high, b.high)};
}
SLUICE_AVX2 inline Avx2Lanes operator~(const Avx2Lanes& a) {
  const __m256i ones = _mm256_set1_epi64x(-1);
  return a ^ Avx2Lanes { ones, ones };
}
SLUICE_AVX2 inline Avx2Lanes operator+(const Avx2Lanes& a, const Avx2Lanes& b) {
  return {_mm256_add_epi64(a.low, b.low), _mm256_add_epi64(a.high, b.high)};
}
SLUICE_AVX2 inline Avx2Lanes operator-(const Avx2Lanes& a, const Avx2Lanes& b) {
  return {_mm256_sub_epi64(a.low, b.low), _mm256_sub_epi64(a.high, b.high)};
}
SLUICE_AVX2 inline Avx2Lanes operator<<(const Avx2Lanes& a, int by) {
  return {_mm256_slli_epi64(a.low, by), _mm256_slli_epi64(a.high, by)};
}
SLUICE_AVX2 inline Avx2Lanes operator>>(const Avx2Lanes& a, int by) {
  return {_mm256_srli_epi64(a.low, by), _mm256_srli_epi64(a.high, by)};
}

// What does not part numbers (JoiningTables in prose_tables.h), each kind with
// a bit for the two halves of its first byte and for those of the byte two
// behind it. What has the bit in all four is taken for one of that kind. So are
// a few others, which are looked at more slowly for it, and get no mark less.
struct HalfTables {
  using Table = std::array<uint8_t, 16>;
  Table upper = {};
  Table lower = {};
  Table upper_behind = {};
  Table lower_behind = {};

  // Which halves: a bit each.
  using Halves = uint16_t;
  constexpr void Add(uint8_t kind, Halves uppers, Halves lowers) {
    AddTo(&upper, kind, uppers);
    AddTo(&lower, kind, lowers);
  }
  constexpr void AddBehind(uint8_t kind, Halves uppers, Halves lowers) {
    AddTo(&upper_behind, kind, uppers);
    AddTo(&lower_behind, kind, lowers);
  }

 private:
  static constexpr void AddTo(Table* table, uint8_t kind, Halves halves) {
    for (size_t half = 0; half < table->size(); ++half) {
      if ((halves >> half & 1) != 0) (*table)[half] |= kind;
    }
  }
};

inline constexpr uint8_t kDigitKind = 1 << 2;
// The digits and the @ of full width, among others.
inline constexpr uint8_t kWideKind = 1 << 7;

inline constexpr HalfTables kHalves = [] {
  constexpr HalfTables::Halves kAll = 0xFFFF;
  constexpr HalfTables::Halves kTen = 0x03FF;
  HalfTables tables;
  // What no byte behind it tells from others: a tab and the first byte of
  // U+00A0, U+00AD, U+00B7; a space, a hyphen, a dot; digits; further bytes of
  // characters; the first byte of U+2000 to U+2FFF.
  tables.Add(1, 1 << 0x0 | 1 << 0xC, 1 << 0x9 | 1 << 0x2);
  tables.Add(1 << 1, 1 << 0x2, 1 << 0x0 | 1 << 0xD | 1 << 0xE);
  tables.Add(kDigitKind, 1 << 0x3, kTen);
  tables.Add(1 << 3, 1 << 0x8 | 1 << 0x9 | 1 << 0xA | 1 << 0xB, kAll);
  tables.Add(1 << 4, 1 << 0xE, 1 << 0x2);
  tables.AddBehind(0b11111, kAll, kAll);
  // U+3000.
  tables.Add(1 << 5, 1 << 0xE, 1 << 0x3);
  tables.AddBehind(1 << 5, 1 << 0x8, 1 << 0x0);
  // U+FEFF, U+FF0D, U+FF0E.
  tables.Add(1 << 6, 1 << 0xE, 1 << 0xF);
  tables.AddBehind(1 << 6, 1 << 0x8 | 1 << 0xB, 1 << 0xD | 1 << 0xE | 1 << 0xF);
  // U+FF10 to U+FF19, U+FF20.
  tables.Add(kWideKind, 1 << 0xE, 1 << 0xF);
  tables.AddBehind(kWideKind, 1 << 0x9 | 1 << 0xA, kTen);
  return tables;
}();

struct Avx2 {
  using Lanes = Avx2Lanes;
  static constexpr bool kLooksTwice = false;

  SLUICE_AVX2 static inline Lanes None() {
    return {_mm256_setzero_si256(), _mm256_setzero_si256()};
  }

  template <typename Rule>
  SLUICE_AVX2 static inline Lanes Each(const Lanes& a, const Lanes& b,
                                       const Lanes& c) {
    return Rule::Of(a, b, c);
  }

  // Each half of a vector has what two lanes see.
  SLUICE_AVX2 static inline Lanes Load(const char* bits) {
    return {Halves(bits), Halves(bits + 4 * kEach)};
  }
  SLUICE_AVX2 static inline Lanes Spread(const Lanes& bits) {
    const __m256i order = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 6, 7, 8, 9, 10, 11, 12, 13));
    return {_mm256_shuffle_epi8(bits.low, order),
            _mm256_shuffle_epi8(bits.high, order)};
  }
  SLUICE_AVX2 static inline void StoreHidden(const Lanes& hidden, char* out) {
    static_assert(kEach == 6 && kBeforeBytes - kLagBytes == 8);
    const __m256i order = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, -1, -1, -1, -1));
    const __m256i low = _mm256_shuffle_epi8(hidden.low, order);
    const __m256i high = _mm256_shuffle_epi8(hidden.high, order);
    // Each writes over the zeros behind the last.
    Store(_mm256_castsi256_si128(low), out);
    Store(_mm256_extracti128_si256(low, 1), out + 2 * kEach);
    Store(_mm256_castsi256_si128(high), out + 4 * kEach);
    Store(_mm256_extracti128_si256(high, 1), out + 6 * kEach);
  }
  SLUICE_AVX2 static inline uint8_t LanesWith(const Lanes& bits) {
    const Lanes decided = (~None() << int{kBeforeBytes}) & bits;
    const __m256i zero = _mm256_setzero_si256();
    const auto without = [&](__m256i lanes) SLUICE_AVX2 {
      return _mm256_movemask_pd(
          _mm256_castsi256_pd(_mm256_cmpeq_epi64(lanes, zero)));
    };
    return static_cast<uint8_t>(
        ~(without(decided.low) | without(decided.high) << 4));
  }

  // ---- Steps; `begin` is where the chunk begins in the column's data.

  // Sets borders, from `row` on, which does not begin before the chunk. Returns
  // the first row that begins behind the chunk.
  SLUICE_APART SLUICE_AVX2 static uint32_t SetBorders(
      const records::Column& column, size_t begin, uint32_t row, bool /*all*/,
      Chunk* chunk) {
    AdvanceAndClear(&chunk->borders);
    for (; row < column.row_count; ++row) {
      const size_t at = static_cast<size_t>(column.Offset(row)) - begin;
      if (at >= kChunkBytes) break;
      // By bytes: the next row's is another one, and need not wait for this.
      char& bits = chunk->borders.FirstByte()[at / 8];
      bits = static_cast<char>(bits | 1 << at % 8);
    }
    return row;
  }

  // Finds what the bytes of the blocks are. Returns whether any are odd.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX2 static bool Look(const Texts& texts, size_t begin,
                                            size_t blocks, Chunk* chunk) {
    AdvanceAndClear(&chunk->odd);
    chunk->odd_blocks[0] = chunk->odd_blocks[kChunkBlocks];
    bool any_odd = chunk->odd_blocks[0];
    const Tables tables;
    for (size_t block = 0; block < blocks; ++block) {
      __m256i oddness = _mm256_setzero_si256();
      for (size_t i = 0; i < kBlockWindows; ++i) {
        const size_t window = block * kBlockWindows + i;
        const Window<kInside> loaded(texts, begin + window * kWindowBytes);
        LookAtWindow(loaded.bytes, tables, window, chunk, &oddness);
      }
      const bool is_odd = _mm256_movemask_epi8(oddness) != 0;
      chunk->odd_blocks[1 + block] = is_odd;
      any_odd |= is_odd;
      if (is_odd) FindOdd<kInside>(texts, begin, block, tables, chunk);
    }
    return any_odd;
  }

  SLUICE_APART SLUICE_AVX2 static size_t Decide(size_t blocks, Chunk* chunk,
                                                uint8_t* lanes_to_look_at) {
    return DecideBlocks<Avx2>(blocks, chunk, lanes_to_look_at);
  }

  // Copies the blocks with marks, but kLagBytes at their end, of which the next
  // blocks tell what is hidden.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX2 static void Copy(const Texts& texts, size_t begin,
                                            size_t blocks, const Chunk& chunk) {
    const __m256i marks = _mm256_set1_epi8(texts.mark);
    const auto& hidden = chunk.hidden.words;
    if (hidden[0] != 0) {
      char* const before = texts.out + begin - kWindowBytes;
      for (Bits left = hidden[0]; left != 0; left &= left - 1) {
        before[std::countr_zero(left)] = texts.mark;
      }
    }
    for (size_t i = 0; i < blocks * kBlockWindows; ++i) {
      const size_t at = begin + i * kWindowBytes;
      const Window<kInside> window(texts, at);
      const __m256i low = Marked(LoadVector(window.bytes), marks,
                                 static_cast<uint32_t>(hidden[1 + i]));
      const __m256i high = Marked(LoadVector(window.bytes + kVector), marks,
                                  static_cast<uint32_t>(hidden[1 + i] >> 32));
      if constexpr (kInside) {
        StoreVector(low, texts.out + at);
        StoreVector(high, texts.out + at + kVector);
      } else {
        char marked[kWindowBytes];
        StoreVector(low, marked);
        StoreVector(high, marked + kVector);
        const auto used = static_cast<size_t>(std::popcount(texts.UsedAt(at)));
        if (used > 0) std::memcpy(texts.out + at, marked, used);
      }
    }
  }

 private:
  static constexpr size_t kVector = sizeof(__m256i);
  // Bytes of bits that a lane decides about.
  static constexpr size_t kEach = kLaneBytes / 8;

  // Of bits that are set one by one.
  SLUICE_AVX2 static inline void AdvanceAndClear(ChunkBits* bits) {
    constexpr size_t kEach = kVector / sizeof(Bits);
    auto& words = bits->words;
    bits->Advance();
    for (size_t i = 1; i < words.size(); i += kEach) {
      const size_t at = std::min(i, words.size() - kEach);
      StoreVector(_mm256_setzero_si256(), reinterpret_cast<char*>(&words[at]));
    }
  }

  SLUICE_AVX2 static inline __m256i LoadVector(const char* bytes) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
  }
  SLUICE_AVX2 static inline void StoreVector(__m256i bytes, char* out) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), bytes);
  }
  SLUICE_AVX2 static inline void Store(__m128i bytes, char* out) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
  }
  SLUICE_AVX2 static inline __m256i Halves(const char* bits) {
    return _mm256_loadu2_m128i(
        reinterpret_cast<const __m128i*>(bits + 2 * kEach),
        reinterpret_cast<const __m128i*>(bits));
  }

  // The bytes of a window and two behind it, zeros behind the texts, of which
  // kInside has none.
  template <bool kInside>
  struct Window;

  struct Tables {
    SLUICE_AVX2 Tables()
        : upper(Twice(kHalves.upper)),
          lower(Twice(kHalves.lower)),
          upper_behind(Twice(kHalves.upper_behind)),
          lower_behind(Twice(kHalves.lower_behind)) {}

    __m256i upper;
    __m256i lower;
    __m256i upper_behind;
    __m256i lower_behind;

   private:
    SLUICE_AVX2 static inline __m256i Twice(const HalfTables::Table& table) {
      return _mm256_broadcastsi128_si256(
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(table.data())));
    }
  };

  // The kinds of each byte, of which those two behind are `behind`.
  SLUICE_AVX2 static inline __m256i KindsOf(__m256i bytes, __m256i behind,
                                            const Tables& tables) {
    const __m256i half = _mm256_set1_epi8(0x0F);
    const auto upper = [half](__m256i of, __m256i table) SLUICE_AVX2 {
      return _mm256_shuffle_epi8(
          table, _mm256_and_si256(_mm256_srli_epi16(of, 4), half));
    };
    const auto lower = [half](__m256i of, __m256i table) SLUICE_AVX2 {
      return _mm256_shuffle_epi8(table, _mm256_and_si256(of, half));
    };
    return _mm256_and_si256(
        _mm256_and_si256(upper(bytes, tables.upper),
                         lower(bytes, tables.lower)),
        _mm256_and_si256(upper(behind, tables.upper_behind),
                         lower(behind, tables.lower_behind)));
  }
  // Those that are odd have their high bit.
  SLUICE_AVX2 static inline __m256i Odd(__m256i bytes, __m256i kinds) {
    static_assert(kWideKind == 1 << 7);
    return _mm256_or_si256(kinds,
                           _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('@')));
  }

  SLUICE_ANY_LEVEL SLUICE_AVX2 static inline void LookAtWindow(
      const char* window_bytes, const Tables& tables, size_t window,
      Chunk* chunk, __m256i* oddness) {
#pragma GCC unroll 2
    for (size_t at = 0; at < kWindowBytes; at += kVector) {
      const __m256i bytes = LoadVector(window_bytes + at);
      const __m256i behind = LoadVector(window_bytes + at + 2);
      const __m256i kinds = KindsOf(bytes, behind, tables);
      const auto store = [&](ChunkBits* bits, __m256i found) SLUICE_AVX2 {
        const auto word = static_cast<uint32_t>(_mm256_movemask_epi8(found));
        std::memcpy(bits->FirstByte() + (window * kWindowBytes + at) / 8, &word,
                    sizeof(word));
      };
      static_assert(kDigitKind == 1 << 2);
      store(&chunk->digits, _mm256_slli_epi16(kinds, 5));
      store(&chunk->parting, _mm256_cmpeq_epi8(kinds, _mm256_setzero_si256()));
      store(&chunk->ones, _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('1')));
      store(&chunk->high_behind,
            _mm256_cmpgt_epi8(behind, _mm256_set1_epi8('2')));
      *oddness = _mm256_or_si256(*oddness, Odd(bytes, kinds));
    }
  }

  template <bool kInside>
  SLUICE_AVX2 static void FindOdd(const Texts& texts, size_t begin,
                                  size_t block, const Tables& tables,
                                  Chunk* chunk) {
    for (size_t i = 0; i < kBlockWindows; ++i) {
      const size_t window = block * kBlockWindows + i;
      const Window<kInside> loaded(texts, begin + window * kWindowBytes);
      for (size_t at = 0; at < kWindowBytes; at += kVector) {
        const __m256i bytes = LoadVector(loaded.bytes + at);
        const __m256i kinds =
            KindsOf(bytes, LoadVector(loaded.bytes + at + 2), tables);
        chunk->odd.OfWindow(window) |=
            Bits{static_cast<uint32_t>(_mm256_movemask_epi8(Odd(bytes, kinds)))}
            << at;
      }
    }
  }

  // With marks where one of `hidden` is set.
  SLUICE_AVX2 static inline __m256i Marked(__m256i bytes, __m256i marks,
                                           uint32_t hidden) {
    const __m256i bit =
        _mm256_set1_epi64x(static_cast<int64_t>(uint64_t{0x8040201008040201}));
    const __m256i byte_of_each =
        _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2,
                         2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bits = _mm256_and_si256(
        _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int>(hidden)),
                            byte_of_each),
        bit);
    return _mm256_blendv_epi8(bytes, marks, _mm256_cmpeq_epi8(bits, bit));
  }
};

template <>
struct Avx2::Window<true> {
  Window(const Texts& texts, size_t at) : bytes(texts.in + at) {}
  const char* const bytes;
};
template <>
struct Avx2::Window<false> {
  Window(const Texts& texts, size_t at) {
    const size_t left = texts.size - std::min(at, texts.size);
    if (left > 0) std::memcpy(bytes, texts.in + at, std::min(left, kSeen));
  }
  static constexpr size_t kSeen = kWindowBytes + 2;
  char bytes[kSeen] = {};
};

}  // namespace sluice::desensitize::prose

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_PROSE_AVX2_H_
