// Bits, one for each byte of prose, and what they say of numbers: what is asked
// of one is asked by the same shifts and sums of all that a block holds. For
// prose_blocks.cc and the levels that it has alone.
//
// A level (prose_avx2.h, prose_avx512.h) says how bits come from bytes and
// bytes from bits, and has `Lanes`, bits of each lane of a block.
#ifndef SLUICE_LIBS_DESENSITIZE_PROSE_BITS_H_
#define SLUICE_LIBS_DESENSITIZE_PROSE_BITS_H_

#if defined(__x86_64__)

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/run_numbers.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/identifiers/contact.h"

namespace sluice::desensitize::prose {

using identifiers::kMobileDigits;

// A bit a byte, the first byte's the lowest.
using Bits = uint64_t;
// The bytes that one of these tells of.
inline constexpr size_t kWindowBytes = 64;

// A block is looked at in lanes. Each decides about kLaneBytes bytes and sees
// kBeforeBytes before them, so that no lane waits for another.
inline constexpr size_t kLanes = 8;
inline constexpr size_t kBeforeBytes = 16;
inline constexpr size_t kLaneBytes = 64 - kBeforeBytes;
inline constexpr size_t kBlockBytes = kLanes * kLaneBytes;
inline constexpr size_t kBlockWindows = kBlockBytes / kWindowBytes;
static_assert(kBlockBytes % kWindowBytes == 0);

// What is hidden is told from kLagBytes before the bytes that a lane decides
// about: of a number that ends there the middle may stand in them, and that of
// one that ends behind the lane does not.
inline constexpr size_t kLagBytes = 8;

// Each step is done for a chunk of blocks before the next.
inline constexpr size_t kChunkBlocks = 10;
inline constexpr size_t kChunkBytes = kChunkBlocks * kBlockBytes;
inline constexpr size_t kChunkWindows = kChunkBlocks * kBlockWindows;

// Of the bytes of a chunk, and of kWindowBytes before it. A whole vector is
// read, or written, for each block.
struct alignas(kWindowBytes) ChunkBits {
  std::array<Bits, 1 + kChunkWindows + 3> words = {};

  Bits& OfWindow(size_t window) { return words[1 + window]; }
  const char* FirstByte() const {
    return reinterpret_cast<const char*>(&words[1]);
  }
  char* FirstByte() { return reinterpret_cast<char*>(&words[1]); }
  // From `before` bytes before what the block's first lane decides about.
  const char* OfBlock(size_t block, size_t before = kBeforeBytes) const {
    return FirstByte() + block * (kBlockBytes / 8) - before / 8;
  }

  // To the next chunk.
  void Advance() { words[0] = words[kChunkWindows]; }
};

// A column's data, and where its copy goes with `mark` for what is hidden.
struct Texts {
  const char* in;
  size_t size;
  char mark;
  char* out;

  // Of the kWindowBytes at `at`, which are not behind the texts.
  Bits UsedAt(size_t at) const {
    const size_t left = size - std::min(at, size);
    return left >= kWindowBytes ? ~Bits{0} : (Bits{1} << left) - 1;
  }
};

// What a chunk's bytes are, and what becomes of them.
struct Chunk {
  // Where texts begin. May be left out where it does not matter: where a text
  // begins with what parts numbers, or no digit is shortly before it.
  ChunkBits borders;
  ChunkBits digits;
  // What parts numbers.
  ChunkBits parting;
  // Which bytes are a 1; and two behind which a byte is that, if it is a digit,
  // is one from 3 on.
  ChunkBits ones;
  ChunkBits high_behind;
  // An @, and the first bytes of what is of full width: told in odd_blocks
  // alone, of which the first is the one before the chunk.
  ChunkBits odd;
  std::array<bool, 1 + kChunkBlocks> odd_blocks = {};

  ChunkBits hidden;
  // What stands before the chunk is not known.
  bool begins_anew = false;

  // To the next chunk.
  void Advance() {
    for (ChunkBits* const bits : {&digits, &parting, &ones, &high_behind}) {
      bits->Advance();
    }
    begins_anew = false;
  }

  bool IsOdd(size_t block) const {
    return odd_blocks[block] || odd_blocks[1 + block];
  }
};

// ---- Rules of three bits, of which a level may have one in one instruction.

struct All {
  template <typename T>
  SLUICE_ANY_LEVEL static constexpr T Of(const T& a, const T& b, const T& c) {
    return a & b & c;
  }
};
struct BothNotThird {
  template <typename T>
  SLUICE_ANY_LEVEL static constexpr T Of(const T& a, const T& b, const T& c) {
    return a & b & ~c;
  }
};
struct FirstAlone {
  template <typename T>
  SLUICE_ANY_LEVEL static constexpr T Of(const T& a, const T& b, const T& c) {
    return a & ~b & ~c;
  }
};
struct DifferNotThird {
  template <typename T>
  SLUICE_ANY_LEVEL static constexpr T Of(const T& a, const T& b, const T& c) {
    return (a ^ b) & ~c;
  }
};

// ---- What lanes say.

// The bits that, with as many before them as make `kCount` in all, are set.
template <size_t kCount, typename Level>
SLUICE_ANY_LEVEL inline typename Level::Lanes EndsOfRuns(
    const typename Level::Lanes& bits) {
  static_assert(kCount >= 8 && kCount <= 12);
  const typename Level::Lanes two = bits & bits << 1;
  const typename Level::Lanes four = two & two << 2;
  return Level::template Each<All>(four, four << 4, four << (kCount - 4));
}

template <typename Lanes>
struct Digits {
  // Where a group ends in just as many digits as a mobile number has: right
  // behind the last.
  Lanes mobile_ends;
  // Digits that stand so far behind the first one that is near (near: nothing
  // between two that parts numbers) that more than a mobile number alone is
  // there.
  Lanes far;
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
template <typename Level, typename Lanes = typename Level::Lanes>
SLUICE_ANY_LEVEL inline Digits<Lanes> FindDigits(const Lanes& digits,
                                                 const Lanes& stops) {
  constexpr int kJoints = int{kMobileDigits} - 1;
  static_assert(kBeforeBytes > kMobileDigits + 1);
  static_assert(2 * kMobileDigits - kBeforeBytes < kMobileDigits);
  const Lanes behind_digit = digits << 1;
  // Digits that go on a group.
  const Lanes inner =
      Level::template Each<BothNotThird>(digits, behind_digit, stops);
  const Lanes groups = EndsOfRuns<size_t{kJoints}, Level>(inner) << 1;
  const Lanes mobile_ends =
      Level::template Each<FirstAlone>(groups, inner, inner << (kJoints + 1));
  // Added to where it begins, a bit carries through a gap, and to what stands
  // behind it.
  const Lanes gaps = ~(digits | stops);
  const Lanes carried = gaps + (gaps & behind_digit);
  // What is near a digit before it: a digit behind a digit or a gap, or a gap.
  const Lanes near =
      inner | Level::template Each<DifferNotThird>(gaps, carried, stops);
  const Lanes far = digits & EndsOfRuns<size_t{kMobileDigits}, Level>(near);
  return {mobile_ends, far};
}

template <typename Level>
SLUICE_ANY_LEVEL inline typename Level::Lanes LanesOf(
    const ChunkBits& bits, size_t block, size_t before = kBeforeBytes) {
  return Level::Spread(Level::Load(bits.OfBlock(block, before)));
}

template <typename Level>
SLUICE_ANY_LEVEL inline Digits<typename Level::Lanes> FindDigitsOf(
    const Chunk& chunk, size_t block) {
  return FindDigits<Level>(
      LanesOf<Level>(chunk.digits, block),
      Level::Spread(Level::Load(chunk.parting.OfBlock(block)) |
                    Level::Load(chunk.borders.OfBlock(block))));
}

// The first bytes of digits of full width, among others; an @ parts, these do
// not.
template <typename Level>
SLUICE_ANY_LEVEL inline typename Level::Lanes Wide(const Chunk& chunk,
                                                   size_t block,
                                                   size_t before) {
  return LanesOf<Level>(chunk.odd, block, before) &
         ~LanesOf<Level>(chunk.parting, block, before);
}

// Takes from `found` what is not so beside digits of full width, and adds what
// is odd.
template <typename Level>
SLUICE_ANY_LEVEL inline void MindOdd(const Chunk& chunk, size_t block,
                                     Digits<typename Level::Lanes>* found) {
  constexpr int kDigits = int{kMobileDigits};
  constexpr int kWide = int{kFullWidthBytes};
  // The first byte of what stands before a number may stand before its lane.
  constexpr size_t kEarlier = 8;
  const auto borders = LanesOf<Level>(chunk.borders, block);
  const auto before = Wide<Level>(chunk, block, kBeforeBytes + kEarlier)
                      << (kDigits + kWide - int{kEarlier});
  found->mobile_ends = found->mobile_ends &
                       ~(Wide<Level>(chunk, block, kBeforeBytes) & ~borders) &
                       ~(before & ~(borders << kDigits));
  found->far = found->far | LanesOf<Level>(chunk.odd, block);
}

// What is hidden of numbers with those ends, if they begin as mobile numbers do
// (AreMobileNumber).
template <typename Level>
SLUICE_ANY_LEVEL inline typename Level::Lanes Hidden(
    const Chunk& chunk, size_t block, const typename Level::Lanes& ends) {
  constexpr int kDigits = int{kMobileDigits};
  constexpr int kHiddenFirst = kDigits - int{kMobileHead};
  static_assert(kMobileHidden == 4 && kHiddenFirst <= int{kLagBytes});
  const auto mobile = Level::template Each<All>(
      ends, LanesOf<Level>(chunk.ones, block) << kDigits,
      LanesOf<Level>(chunk.high_behind, block) << (kDigits + 1));
  // A bit less another four below it is all from that one on.
  return (mobile >> (kHiddenFirst - int{kMobileHidden})) -
         (mobile >> kHiddenFirst);
}

// Finds what is hidden of the blocks, and for each which of its lanes are to be
// looked at, a bit a lane. Returns how many these are.
template <typename Level>
SLUICE_ANY_LEVEL inline size_t DecideBlocks(size_t blocks, Chunk* chunk,
                                            uint8_t* lanes_to_look_at) {
  char* const hidden = chunk->hidden.FirstByte() - kLagBytes / 8;
  size_t count = 0;
  for (size_t block = 0; block < blocks; ++block) {
    auto found = FindDigitsOf<Level>(*chunk, block);
    if (chunk->IsOdd(block)) MindOdd<Level>(*chunk, block, &found);
    if (block == 0 && chunk->begins_anew) {
      found = {Level::None(), ~Level::None()};
    }
    Level::StoreHidden(Hidden<Level>(*chunk, block, found.mobile_ends),
                       hidden + block * (kBlockBytes / 8));
    lanes_to_look_at[block] = Level::LanesWith(found.far);
    count += static_cast<size_t>(std::popcount(lanes_to_look_at[block]));
  }
  return count;
}

}  // namespace sluice::desensitize::prose

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_PROSE_BITS_H_
