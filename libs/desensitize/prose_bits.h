// Bits, one for each byte of prose, and what they say of numbers: what is asked
// of one is asked by the same shifts and sums of all that a block holds. For
// prose_blocks.cc alone.
#ifndef SLUICE_LIBS_DESENSITIZE_PROSE_BITS_H_
#define SLUICE_LIBS_DESENSITIZE_PROSE_BITS_H_

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "libs/base/x86_vectors.h"
#include "libs/desensitize/prose_tables.h"
#include "libs/identifiers/contact.h"

namespace sluice::desensitize::prose {

using identifiers::kMobileDigits;

// A bit a byte, the first byte's the lowest.
using Bits = uint64_t;

// A block is looked at in lanes. Each decides about kLaneBytes bytes and sees
// kBeforeBytes before them, so that no lane waits for another.
using BitLanes __attribute__((vector_size(kWindowBytes))) = Bits;
inline constexpr size_t kLanes = 8;
inline constexpr size_t kBeforeBytes = 16;
inline constexpr size_t kLaneBytes = 64 - kBeforeBytes;
inline constexpr size_t kBlockBytes = kLanes * kLaneBytes;
inline constexpr size_t kBlockWindows = kBlockBytes / kWindowBytes;
static_assert(kBlockBytes % kWindowBytes == 0);

// Each step is done for a chunk of blocks before the next.
inline constexpr size_t kChunkBlocks = 10;
inline constexpr size_t kChunkBytes = kChunkBlocks * kBlockBytes;
inline constexpr size_t kChunkWindows = kChunkBlocks * kBlockWindows;

// The bytes of a block's lanes, from where the first one sees.
inline constexpr Table kLaneOrder = [] {
  Table table;
  for (size_t i = 0; i < kWindowBytes; ++i) {
    table.of[i] = static_cast<char>(i / 8 * (kLaneBytes / 8) + i % 8);
  }
  return table;
}();

// And back: of each lane kLaneBytes, without gaps, from kLagBytes before those
// that it decides about: of a number that ends there the middle may stand in
// them, and that of one that ends behind the lane does not.
inline constexpr size_t kLagBytes = 8;
inline constexpr Table kHiddenOrder = [] {
  constexpr size_t kEach = kLaneBytes / 8;
  Table table;
  for (size_t i = 0; i < kLanes * kEach; ++i) {
    table.of[i] = static_cast<char>(i / kEach * 8 +
                                    (kBeforeBytes - kLagBytes) / 8 + i % kEach);
  }
  return table;
}();
inline constexpr Bits kHiddenOrderUsed = (Bits{1} << kBlockBytes / 8) - 1;

// Of the bytes of a chunk, and of kWindowBytes before it. A whole vector is
// read for each block.
struct alignas(kWindowBytes) ChunkBits {
  std::array<Bits, 1 + kChunkWindows + 3> words = {};

  Bits& OfWindow(size_t window) { return words[1 + window]; }
  const char* FirstByte() const {
    return reinterpret_cast<const char*>(&words[1]);
  }

  // From `before` bytes before what the block's first lane decides about.
  SLUICE_AVX512 __m512i Load(size_t block, size_t before = kBeforeBytes) const {
    return _mm512_loadu_si512(FirstByte() + block * (kBlockBytes / 8) -
                              before / 8);
  }
  SLUICE_AVX512 BitLanes Lanes(size_t block,
                               size_t before = kBeforeBytes) const {
    return BitLanes(
        _mm512_permutexvar_epi8(kLaneOrder.Load(), Load(block, before)));
  }

  // To the next chunk.
  void Advance() { words[0] = words[kChunkWindows]; }
  // The same, for bits that are set one by one.
  SLUICE_AVX512 void AdvanceAndClear() {
    constexpr size_t kEach = sizeof(__m512i) / sizeof(Bits);
    Advance();
    for (size_t i = 1; i < words.size(); i += kEach) {
      const size_t at = std::min(i, words.size() - kEach);
      _mm512_storeu_si512(&words[at], _mm512_setzero_si512());
    }
  }
};

// kRule(a, b, c), which is made of &, | and ~, of each bit. One instruction.
template <auto kRule>
SLUICE_AVX512 inline BitLanes Each(BitLanes a, BitLanes b, BitLanes c) {
  constexpr int kOfEachCase = kRule(0xF0, 0xCC, 0xAA) & 0xFF;
  return BitLanes(_mm512_ternarylogic_epi64(__m512i(a), __m512i(b), __m512i(c),
                                            kOfEachCase));
}

// The bits that, with as many before them as make `kCount` in all, are set.
template <size_t kCount>
SLUICE_AVX512 inline BitLanes EndsOfRuns(BitLanes bits) {
  static_assert(kCount >= 8 && kCount <= 12);
  const BitLanes two = bits & bits << 1;
  const BitLanes four = two & two << 2;
  return Each<[](int last, int before, int first) {
    return last & before & first;
  }>(four, four << 4, four << (kCount - 4));
}

// ---- What lanes say.

struct Digits {
  // Where a group ends in just as many digits as a mobile number has: right
  // behind the last.
  BitLanes mobile_ends;
  // Digits that stand so far behind the first one that is near (near: nothing
  // between two that parts numbers) that more than a mobile number alone is
  // there.
  BitLanes far;
};

// `stops` are bytes that part numbers, and the first ones of texts.
//
// A lane sees what makes a digit far that it decides about, but for a gap that
// began before the lane: that is taken for one behind no digit. No number is
// missed for it. Say a run of digits (digit_run.h) begins at byte f < 0 of the
// lane that decides about d, its first digit from f + 11 on, and g is its first
// digit in the lane. If d is from g + 11 on, it is far. Else no digit is in 0
// to g - 1, nor in f + 11 to kBeforeBytes - 1: six at most are up to g + 10,
// which are no number, and one behind them is far.
SLUICE_AVX512 inline Digits FindDigits(BitLanes digits, BitLanes stops) {
  constexpr int kJoints = int{kMobileDigits} - 1;
  static_assert(kBeforeBytes > kMobileDigits + 1);
  static_assert(2 * kMobileDigits - kBeforeBytes < kMobileDigits);
  const BitLanes behind_digit = digits << 1;
  // Digits that go on a group.
  const BitLanes inner = Each<[](int digit, int behind, int stop) {
    return digit & behind & ~stop;
  }>(digits, behind_digit, stops);
  const BitLanes groups = EndsOfRuns<size_t{kJoints}>(inner) << 1;
  const BitLanes mobile_ends =
      Each<[](int group, int goes_on, int began_before) {
        return group & ~goes_on & ~began_before;
      }>(groups, inner, inner << (kJoints + 1));
  // Added to where it begins, a bit carries through a gap, and to what stands
  // behind it.
  const BitLanes gaps = ~(digits | stops);
  const BitLanes carried = gaps + (gaps & behind_digit);
  // What is near a digit before it: a digit behind a digit or a gap, or a gap.
  const BitLanes near =
      inner |
      Each<[](int gap, int carry, int stop) { return (gap ^ carry) & ~stop; }>(
          gaps, carried, stops);
  const BitLanes far = digits & EndsOfRuns<size_t{kMobileDigits}>(near);
  return {mobile_ends, far};
}

}  // namespace sluice::desensitize::prose

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_PROSE_BITS_H_
