#include "libs/desensitize/prose_blocks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/run_numbers.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/identifiers/contact.h"

#if defined(__x86_64__)

namespace sluice::desensitize {
namespace {

using identifiers::kMobileDigits;

// A bit a byte, the first byte's the lowest.
using Bits = uint64_t;
constexpr size_t kWindowBytes = 64;

// A block is looked at in lanes. Each decides about kLaneBytes bytes and sees
// kBeforeBytes before them, so that no lane waits for another.
using BitLanes __attribute__((vector_size(kWindowBytes))) = Bits;
constexpr size_t kLanes = 8;
constexpr size_t kBeforeBytes = 16;
constexpr size_t kLaneBytes = 64 - kBeforeBytes;
constexpr size_t kBlockBytes = kLanes * kLaneBytes;
constexpr size_t kBlockWindows = kBlockBytes / kWindowBytes;
static_assert(kBlockBytes % kWindowBytes == 0);

// Each step is done for a chunk of blocks before the next.
constexpr size_t kChunkBlocks = 10;
constexpr size_t kChunkBytes = kChunkBlocks * kBlockBytes;
// Skipped where most of a chunk has to be looked at, which costs so much that
// this pass then hardly shows.
constexpr size_t kSkippedChunks = 15;
constexpr size_t kChunkWindows = kChunkBlocks * kBlockWindows;

// ---- Tables, by six bits of a byte.

struct alignas(kWindowBytes) Table {
  std::array<char, kWindowBytes> of = {};

  constexpr void Add(size_t i, int bits) {
    of[i] = static_cast<char>(of[i] | bits);
  }
  constexpr void AddToAll(int bits) {
    for (size_t i = 0; i < kWindowBytes; ++i) Add(i, bits);
  }
  SLUICE_AVX512 __m512i Load() const { return _mm512_load_si512(of.data()); }
};

// What does not part numbers, by all bytes of a character. Each kind has a bit
// in four tables: for the upper and the lower six bits of the first byte, and
// for the lower ones of the two behind it. What has the bit in all of them is
// taken for one of that kind.
struct JoiningTables {
  Table upper;
  Table first;
  Table second;
  Table third;

  constexpr void AddFirst(size_t byte, int kind) {
    upper.Add(byte / 4, kind);
    first.Add(byte % kWindowBytes, kind);
  }
  constexpr void Add(char32_t from, char32_t to, int kind) {
    for (size_t c = from; c <= to; ++c) {
      if (c < 0x80) {
        AddFirst(c, kind);
        second.AddToAll(kind);
        third.AddToAll(kind);
      } else if (c < 0x800) {
        AddFirst(0xC0 | c >> 6, kind);
        second.Add(c % kWindowBytes, kind);
        third.AddToAll(kind);
      } else {
        AddFirst(0xE0 | c >> 12, kind);
        second.Add((c >> 6) % kWindowBytes, kind);
        third.Add(c % kWindowBytes, kind);
      }
    }
  }
};

constexpr int kAscii = 1;
constexpr int kOfTwoBytes = 1 << 1;
constexpr int kSpaceOrDash = 1 << 2;
constexpr int kSpaceOrSign = 1 << 3;
constexpr int kWideSpace = 1 << 4;
// These have one bit together, by which six rare others are taken for them.
constexpr int kMinusOrNoWidth = 1 << 5;
constexpr int kFullWidth = 1 << 6;
// A byte that is no first one: that of a separator is in a gap.
constexpr int kFurther = 1 << 7;

// Separators (digit_run.h), digits, and an @ of full width (Wide()).
constexpr JoiningTables kJoining = [] {
  JoiningTables tables;
  tables.Add('\t', '\t', kAscii);
  tables.Add(' ', ' ', kAscii);
  tables.Add('-', '.', kAscii);
  tables.Add('0', '9', kAscii);
  tables.Add(0x00A0, 0x00A0, kOfTwoBytes);
  tables.Add(0x00AD, 0x00AD, kOfTwoBytes);
  tables.Add(0x00B7, 0x00B7, kOfTwoBytes);
  tables.Add(0x2000, 0x2015, kSpaceOrDash);
  tables.Add(0x202A, 0x202F, kSpaceOrDash);
  tables.Add(0x205F, 0x206F, kSpaceOrSign);
  tables.Add(0x3000, 0x3000, kWideSpace);
  tables.Add(0x2212, 0x2212, kMinusOrNoWidth);
  tables.Add(0xFEFF, 0xFEFF, kMinusOrNoWidth);
  tables.Add(0xFF0D, 0xFF0E, kFullWidth);
  tables.Add(0xFF10, 0xFF19, kFullWidth);
  tables.Add(0xFF20, 0xFF20, kFullWidth);
  for (size_t byte = 0x80; byte < 0xC0; ++byte) {
    tables.AddFirst(byte, kFurther);
  }
  tables.second.AddToAll(kFurther);
  tables.third.AddToAll(kFurther);
  return tables;
}();

// For a first look: what a byte is, by its upper six bits, and the byte two
// behind it, by its lower six.
//
// A byte parts if both have the same of these two: nothing that joins has those
// upper bits, or nothing of them ends like that. It may be a digit otherwise,
// or FindParting tells.
constexpr char kParts = '\x40';
constexpr char kPartsByEnd = '\x20';
// A byte may be odd if the upper bits have what the lower ones have not: this,
// which those never have, or kPartsByEnd.
constexpr char kMayBeAt = '\x10';
constexpr char kIsFromThree = '\x80';
constexpr char kIsWideEnd = '\x08';

constexpr Table kUpperBits = [] {
  Table table;
  for (size_t i = 0; i < kWindowBytes; ++i) {
    if (kJoining.upper.of[i] == 0) table.Add(i, kParts);
  }
  table.Add('@' / 4, kMayBeAt);
  table.Add(static_cast<uint8_t>(kFullWidthLead) / 4, kPartsByEnd);
  return table;
}();

// kIsWideEnd for the last bytes of digits and of an @ of full width,
// kIsFromThree for the digits from 3 on.
constexpr Table kLowerBits = [] {
  constexpr size_t kWideDigit = 0x10;
  constexpr size_t kWideAt = 0x20;
  // The kinds that begin with kFullWidthLead.
  constexpr int kKinds = kMinusOrNoWidth | kFullWidth;
  Table table;
  table.AddToAll(kParts);
  for (size_t i = 0; i < kWindowBytes; ++i) {
    if ((kJoining.third.of[i] & kKinds) == 0) table.Add(i, kPartsByEnd);
    if (i >= '3' && i <= '9') table.Add(i, kIsFromThree);
  }
  for (size_t i = 0; i < 10; ++i) table.Add(kWideDigit + i, kIsWideEnd);
  table.Add(kWideAt, kIsWideEnd);
  return table;
}();

// The bytes of a block's lanes, from where the first one sees.
constexpr Table kLaneOrder = [] {
  Table table;
  for (size_t i = 0; i < kWindowBytes; ++i) {
    table.of[i] = static_cast<char>(i / 8 * (kLaneBytes / 8) + i % 8);
  }
  return table;
}();

// And back: of each lane kLaneBytes, without gaps, from kLagBytes before those
// that it decides about: of a number that ends there the middle may stand in
// them, and that of one that ends behind the lane does not.
constexpr size_t kLagBytes = 8;
constexpr Table kHiddenOrder = [] {
  constexpr size_t kEach = kLaneBytes / 8;
  Table table;
  for (size_t i = 0; i < kLanes * kEach; ++i) {
    table.of[i] = static_cast<char>(i / kEach * 8 +
                                    (kBeforeBytes - kLagBytes) / 8 + i % kEach);
  }
  return table;
}();
constexpr Bits kHiddenOrderUsed = (Bits{1} << kBlockBytes / 8) - 1;

// ---- Bits.

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

// ---- A column.

class ProsePass {
 public:
  ProsePass(const records::Column& column, char mark, char* out)
      : column_(column),
        texts_(column.data.data()),
        size_(column.data.size()),
        mark_(mark),
        out_(out),
        lanes_to_look_at_((size_ + kLagBytes) / kBlockBytes / 8 + 1) {
    // What is told two bytes before it of the column's second one.
    const auto second = static_cast<uint8_t>(column.data.data()[1]);
    if ((kLowerBits.of[second % kWindowBytes] & kIsFromThree) != 0) {
      high_behind_.words[0] = Bits{1} << (kWindowBytes - 1);
    }
  }

  SLUICE_AVX512 void Run() {
    // Until all that is hidden is known; a number may end behind the last byte.
    const size_t end = size_ + kLagBytes;
    for (size_t begin = 0; begin <= end; begin += kChunkBytes) {
      const size_t left = size_ - std::min(size_, begin);
      const size_t blocks =
          std::min(kChunkBlocks, (end - begin) / kBlockBytes + 1);
      const size_t lanes = left >= kChunkBytes + 2 ? Pass<true>(begin, blocks)
                                                   : Pass<false>(begin, blocks);
      if (lanes > kChunkBlocks * kLanes / 2 && left >= kChunkBytes) {
        const size_t bytes =
            std::min(kSkippedChunks, left / kChunkBytes - 1) * kChunkBytes;
        Skip(begin + kChunkBytes, bytes);
        begin += bytes;
      }
    }
  }

  // A bit for each lane with bytes that may have to be hidden; all zeros are
  // left out.
  std::vector<Bits> TakeLanesToLookAt() && {
    if (!any_to_look_at_) lanes_to_look_at_.clear();
    return std::move(lanes_to_look_at_);
  }

 private:
  // Returns how many lanes are to be looked at.
  template <bool kInside>
  SLUICE_AVX512 size_t Pass(size_t begin, size_t blocks) {
    SetBorders(begin, Look<kInside>(begin, blocks));
    size_t lanes = Decide(begin, blocks);
    if (lanes > 0) {
      FindParting<kInside>(begin, blocks);
      lanes = DecideAgain(begin, blocks);
    }
    Copy<kInside>(begin, blocks);
    digits_.Advance();
    parting_.Advance();
    ones_.Advance();
    high_behind_.Advance();
    any_to_look_at_ |= lanes > 0;
    was_skipped_ = false;
    return lanes;
  }

  // Sets a bit where a text of the chunk begins, or where it matters: where it
  // does not begin with what parts numbers and digits are shortly before it.
  // Without such a bit a number is told from others as well, though digits that
  // a long gap parts may be far then.
  SLUICE_APART SLUICE_AVX512 void SetBorders(size_t begin, bool all) {
    constexpr uint32_t kRowsEach = 16;
    constexpr uint32_t kAllRows = 0xFFFF;
    // Where all bits of kRowsEach rows matter, most of the next rows' do: to
    // ask would cost more than it spares.
    constexpr uint32_t kUnaskedRows = 128;
    borders_.AdvanceAndClear();
    const char* const offsets = column_.offsets.data();
    const __m512i chunk = _mm512_set1_epi32(static_cast<int>(begin));
    const __m512i size = _mm512_set1_epi32(int{kChunkBytes});
    uint32_t ask_from = 0;
    uint32_t row = row_;
    while (true) {
      const uint32_t left = std::min(column_.row_count - row, kRowsEach);
      const auto rows = static_cast<__mmask16>(_bzhi_u32(kAllRows, left));
      const __m512i at = _mm512_sub_epi32(
          _mm512_maskz_loadu_epi32(rows, offsets + row * sizeof(int32_t)),
          chunk);
      const __mmask16 inside = _mm512_mask_cmplt_epu32_mask(rows, at, size);
      __mmask16 set = inside;
      if (!all && row >= ask_from) {
        set = Matter(inside, at);
        if (set == kAllRows) ask_from = row + kUnaskedRows;
      }
      for (uint32_t bits = set; bits != 0; bits &= bits - 1) {
        const auto i = static_cast<uint32_t>(std::countr_zero(bits));
        const auto border =
            static_cast<size_t>(column_.Offset(row + i)) - begin;
        borders_.OfWindow(border / kWindowBytes) |= Bits{1}
                                                    << border % kWindowBytes;
      }
      if (inside != kAllRows) {
        row_ = row + static_cast<uint32_t>(std::popcount(uint32_t{inside}));
        return;
      }
      row += kRowsEach;
    }
  }

  // Which borders, `at` bytes of the chunk, matter. FindParting comes later,
  // but only adds to what parts: no border that is left out matters for that.
  SLUICE_AVX512 __mmask16 Matter(__mmask16 borders, __m512i at) const {
    const __m512i byte = _mm512_srli_epi32(at, 3);
    const __m512i bit = _mm512_and_si512(at, _mm512_set1_epi32(7));
    const auto bits_at = [&](__mmask16 rows, const char* bits) SLUICE_AVX512 {
      return _mm512_srlv_epi32(_mm512_mask_i32gather_epi32(
                                   _mm512_setzero_si512(), rows, byte, bits, 1),
                               bit);
    };
    const __mmask16 unparted = _mm512_mask_testn_epi32_mask(
        borders, bits_at(borders, parting_.FirstByte()), _mm512_set1_epi32(1));
    if (unparted == 0) return 0;
    // A digit, and a gap behind it.
    constexpr int kBits = 16;
    constexpr int kBefore = int{kGapBytesMax} + 1;
    constexpr int kLastOf16 = 0xFFFF & ~(0xFFFF >> kBefore);
    return _mm512_mask_test_epi32_mask(
        unparted, bits_at(unparted, digits_.FirstByte() - kBits / 8),
        _mm512_set1_epi32(kLastOf16));
  }

  // The bytes of a window, and those two behind each; zeros behind the texts.
  struct Window {
    __m512i bytes;
    __m512i behind;
  };
  template <bool kInside>
  SLUICE_AVX512 Window Load(size_t at) const {
    return {LoadBytes<kInside>(at), LoadBytes<kInside>(at + 2)};
  }
  template <bool kInside>
  SLUICE_AVX512 __m512i LoadBytes(size_t at) const {
    if constexpr (kInside) {
      return _mm512_loadu_si512(texts_ + at);
    } else {
      return _mm512_maskz_loadu_epi8(Used(at), texts_ + at);
    }
  }
  SLUICE_AVX512 Bits Used(size_t at) const {
    const size_t used = std::min(size_ - std::min(at, size_), kWindowBytes);
    return _bzhi_u64(~Bits{0}, static_cast<uint32_t>(used));
  }

  // Finds what the bytes of the blocks are. Returns whether any are odd.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX512 bool Look(size_t begin, size_t blocks) {
    odd_.AdvanceAndClear();
    odd_blocks_[0] = odd_blocks_[kChunkBlocks];
    bool any_odd = odd_blocks_[0];
    const __m512i upper_bits = kUpperBits.Load();
    const __m512i lower_bits = kLowerBits.Load();
    const __m512i zero = _mm512_set1_epi8('0');
    const __m512i one = _mm512_set1_epi8('1');
    const __m512i ten = _mm512_set1_epi8(10);
    for (size_t block = 0; block < blocks; ++block) {
      BitLanes oddness = {};
#pragma GCC unroll 6
      for (size_t i = 0; i < kBlockWindows; ++i) {
        const size_t window = block * kBlockWindows + i;
        const size_t at = begin + window * kWindowBytes;
        const Window loaded = Load<kInside>(at);
        // Copy writes there, and has less to wait for then.
        if constexpr (kInside) __builtin_prefetch(out_ + at, 1, 3);
        // A permutation takes the lower six bits of a byte, which are the upper
        // ones of what is shifted.
        const __m512i upper = _mm512_permutexvar_epi8(
            _mm512_srli_epi16(loaded.bytes, 2), upper_bits);
        const __m512i lower =
            _mm512_permutexvar_epi8(loaded.behind, lower_bits);
        digits_.OfWindow(window) =
            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(loaded.bytes, zero), ten);
        ones_.OfWindow(window) = _mm512_cmpeq_epi8_mask(loaded.bytes, one);
        high_behind_.OfWindow(window) = _mm512_movepi8_mask(lower);
        parting_.OfWindow(window) = _mm512_test_epi8_mask(upper, lower);
        oddness = Each<[](int so_far, int first, int last) {
          return so_far | (first & ~last);
        }>(oddness, BitLanes(upper), BitLanes(lower));
      }
      const bool may_be =
          _mm512_test_epi8_mask(__m512i(oddness), __m512i(oddness)) != 0;
      odd_blocks_[1 + block] = may_be && FindOdd<kInside>(begin, block);
      any_odd |= odd_blocks_[1 + block];
    }
    return any_odd;
  }

  // Whether an @ is there, or what has the first byte and a last one of what is
  // looked for of full width.
  template <bool kInside>
  SLUICE_AVX512 bool FindOdd(size_t begin, size_t block) {
    const __m512i at_sign = _mm512_set1_epi8('@');
    const __m512i lead = _mm512_set1_epi8(kFullWidthLead);
    const __m512i is_wide_end = _mm512_set1_epi8(kIsWideEnd);
    Bits any = 0;
    for (size_t i = 0; i < kBlockWindows; ++i) {
      const size_t window = block * kBlockWindows + i;
      const Window loaded = Load<kInside>(begin + window * kWindowBytes);
      const __m512i lower =
          _mm512_permutexvar_epi8(loaded.behind, kLowerBits.Load());
      const Bits odd =
          _mm512_cmpeq_epi8_mask(loaded.bytes, at_sign) |
          _mm512_mask_test_epi8_mask(_mm512_cmpeq_epi8_mask(loaded.bytes, lead),
                                     lower, is_wide_end);
      odd_.OfWindow(window) = odd;
      any |= odd;
    }
    return any != 0;
  }

  // Takes from `found` what is not so beside digits of full width, and adds
  // what is odd.
  SLUICE_AVX512 void MindOdd(size_t block, Digits* found) const {
    constexpr int kDigits = int{kMobileDigits};
    constexpr int kWide = int{kFullWidthBytes};
    // The first byte of what stands before a number may stand before its lane.
    constexpr size_t kEarlier = 8;
    const BitLanes borders = borders_.Lanes(block);
    found->mobile_ends &= ~(Wide(block, kBeforeBytes) & ~borders);
    found->mobile_ends &= ~(Wide(block, kBeforeBytes + kEarlier)
                                << (kDigits + kWide - int{kEarlier}) &
                            ~(borders << kDigits));
    found->far |= odd_.Lanes(block);
  }

  // An @ parts; the first byte of one of full width, or of such a digit, does
  // not.
  SLUICE_AVX512 BitLanes Wide(size_t block, size_t before) const {
    return odd_.Lanes(block, before) & ~parting_.Lanes(block, before);
  }

  // Leaves bytes to be looked at, where most before them have to be. So are the
  // kLagBytes before them left, which would get their marks with them.
  void Skip(size_t begin, size_t bytes) {
    if (bytes == 0) return;
    std::memcpy(out_ + begin, texts_ + begin, bytes);
    uint8_t* const lanes = LanesToLookAt(begin);
    *std::prev(lanes) |= uint8_t{1} << (kLanes - 1);
    std::memset(lanes, 0xFF, bytes / kBlockBytes);
    const auto end = static_cast<int64_t>(begin + bytes);
    while (row_ < column_.row_count && column_.Offset(row_) < end) ++row_;
    was_skipped_ = true;
  }

  // Of the block at `begin`, and behind it of further ones; a bit a lane.
  uint8_t* LanesToLookAt(size_t begin) {
    return reinterpret_cast<uint8_t*>(lanes_to_look_at_.data()) +
           begin / kBlockBytes;
  }

  // Returns how many lanes are to be looked at, as far as is known.
  SLUICE_APART SLUICE_AVX512 size_t Decide(size_t begin, size_t blocks) {
    const __m512i hidden_order = kHiddenOrder.Load();
    char* const hidden = reinterpret_cast<char*>(hidden_.data()) +
                         (kWindowBytes - kLagBytes) / 8;
    uint8_t* const lanes_to_look_at = LanesToLookAt(begin);
    size_t count = 0;
    for (size_t block = 0; block < blocks; ++block) {
      Digits found = FindDigitsOf(block);
      if (IsOdd(block)) MindOdd(block, &found);
      // What stands before it is not known.
      if (block == 0 && was_skipped_) found = {BitLanes{}, ~BitLanes{}};
      _mm512_storeu_si512(hidden + block * (kBlockBytes / 8),
                          _mm512_maskz_permutexvar_epi8(
                              kHiddenOrderUsed, hidden_order,
                              __m512i(Hidden(block, found.mobile_ends))));
      lanes_to_look_at[block] = LanesWith(found.far);
      count += static_cast<size_t>(std::popcount(lanes_to_look_at[block]));
    }
    return count;
  }

  // The same once more, where FindParting was. What is hidden stays: digits
  // that nothing parts are that whatever parts others.
  SLUICE_APART SLUICE_AVX512 size_t DecideAgain(size_t begin, size_t blocks) {
    uint8_t* const lanes_to_look_at = LanesToLookAt(begin);
    size_t count = 0;
    for (size_t block = 0; block < blocks; ++block) {
      if (lanes_to_look_at[block] == 0) continue;
      if (block > 0 || !was_skipped_) {
        BitLanes far = FindDigitsOf(block).far;
        if (IsOdd(block)) far |= odd_.Lanes(block);
        lanes_to_look_at[block] = LanesWith(far);
      }
      count += static_cast<size_t>(std::popcount(lanes_to_look_at[block]));
    }
    return count;
  }

  // Adds to parting_, in blocks with lanes to look at, what a first look leaves
  // out: it sees no more than six bits of most characters. Lists of numbers
  // with such between them are not looked at one by one then.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX512 void FindParting(size_t begin, size_t blocks) {
    const uint8_t* const lanes_to_look_at = LanesToLookAt(begin);
    // Nothing stands before the column.
    bool is_known_before = begin == 0;
    for (size_t block = 0; block < blocks; ++block) {
      const bool is_asked = lanes_to_look_at[block] != 0;
      if (is_asked) FindParting<kInside>(begin, block, is_known_before);
      is_known_before = is_asked;
    }
  }
  // Of the block, and, unless it is known, of the window before it, of which
  // the first lane sees the end.
  template <bool kInside>
  SLUICE_AVX512 void FindParting(size_t begin, size_t block,
                                 bool is_known_before) {
    const size_t first = block * kBlockWindows;
    for (size_t i = is_known_before ? 1 : 0; i <= kBlockWindows; ++i) {
      const size_t at = begin + (first + i) * kWindowBytes - kWindowBytes;
      const __m512i bytes = LoadBytes<kInside>(at);
      const BitLanes upper = BitLanes(_mm512_permutexvar_epi8(
          _mm512_srli_epi16(bytes, 2), kJoining.upper.Load()));
      const BitLanes lower =
          BitLanes(_mm512_permutexvar_epi8(bytes, kJoining.first.Load()));
      const BitLanes second = BitLanes(_mm512_permutexvar_epi8(
          LoadBytes<kInside>(at + 1), kJoining.second.Load()));
      const BitLanes third = BitLanes(_mm512_permutexvar_epi8(
          LoadBytes<kInside>(at + 2), kJoining.third.Load()));
      parting_.words[first + i] |= _mm512_testn_epi8_mask(
          __m512i(upper & lower & second), __m512i(third));
    }
  }

  bool IsOdd(size_t block) const {
    return odd_blocks_[block] || odd_blocks_[1 + block];
  }

  // Which lanes have a bit where they decide.
  SLUICE_AVX512 static uint8_t LanesWith(BitLanes bits) {
    const BitLanes decided = BitLanes(_mm512_set1_epi64(-1)) << kBeforeBytes;
    return static_cast<uint8_t>(
        _mm512_test_epi64_mask(__m512i(bits), __m512i(decided)));
  }

  SLUICE_AVX512 Digits FindDigitsOf(size_t block) const {
    const __m512i stops =
        _mm512_or_si512(parting_.Load(block), borders_.Load(block));
    return FindDigits(digits_.Lanes(block), BitLanes(_mm512_permutexvar_epi8(
                                                kLaneOrder.Load(), stops)));
  }

  // What is hidden of numbers with those ends, if they begin as mobile numbers
  // do (AreMobileNumber).
  SLUICE_AVX512 BitLanes Hidden(size_t block, BitLanes ends) const {
    constexpr int kDigits = int{kMobileDigits};
    constexpr int kHiddenFirst = kDigits - int{kMobileHead};
    static_assert(kMobileHidden == 4 && kHiddenFirst <= int{kLagBytes});
    const BitLanes mobile = Each<[](int end, int is_one, int is_high) {
      return end & is_one & is_high;
    }>(ends, ones_.Lanes(block) << kDigits,
       high_behind_.Lanes(block) << (kDigits + 1));
    // A bit less another four below it is all from that one on.
    return (mobile >> (kHiddenFirst - kMobileHidden)) -
           (mobile >> kHiddenFirst);
  }

  // Copies the blocks with marks, but kLagBytes at their end, of which the next
  // blocks tell what is hidden.
  template <bool kInside>
  SLUICE_APART SLUICE_AVX512 void Copy(size_t begin, size_t blocks) {
    const __m512i marks = _mm512_set1_epi8(mark_);
    if (hidden_[0] != 0) {
      _mm512_mask_storeu_epi8(out_ + begin - kWindowBytes, hidden_[0], marks);
    }
#pragma GCC unroll 6
    for (size_t i = 0; i < blocks * kBlockWindows; ++i) {
      const size_t at = begin + i * kWindowBytes;
      const Bits hidden = hidden_[1 + i];
      if constexpr (kInside) {
        _mm512_storeu_si512(
            out_ + at, _mm512_mask_mov_epi8(_mm512_loadu_si512(texts_ + at),
                                            hidden, marks));
      } else {
        const Bits used = Used(at);
        _mm512_mask_storeu_epi8(
            out_ + at, used,
            _mm512_mask_mov_epi8(_mm512_maskz_loadu_epi8(used, texts_ + at),
                                 hidden, marks));
      }
    }
  }

  const records::Column& column_;
  const char* const texts_;
  const size_t size_;
  const char mark_;
  char* const out_;

  // The first row that does not begin before the chunk's end.
  uint32_t row_ = 0;
  ChunkBits borders_;
  ChunkBits digits_;
  ChunkBits parting_;
  // Which bytes are a 1; and two behind which a byte is that, if it is a digit,
  // is one from 3 on.
  ChunkBits ones_;
  ChunkBits high_behind_;
  // An @, and the first bytes of what is of full width: set in odd_blocks_
  // alone, of which the first is the one before the chunk.
  ChunkBits odd_;
  std::array<bool, 1 + kChunkBlocks> odd_blocks_ = {};
  // Of the chunk, and of the window before it. A whole vector is written for
  // each block.
  std::array<Bits, 1 + kChunkWindows + 3> hidden_ = {};
  std::vector<Bits> lanes_to_look_at_;
  bool any_to_look_at_ = false;
  // The bytes before the chunk were left to be looked at.
  bool was_skipped_ = false;
};

// ---- From lanes to rows.

// Calls `found(begin, end)` for the bits from `begin` to before `end`, where
// all are set and those beside them are not.
template <typename Found>
void ForRuns(const std::vector<Bits>& bits, Found found) {
  constexpr size_t kBits = 64;
  size_t begin = 0;
  bool inside = false;
  for (size_t word = 0; word < bits.size(); ++word) {
    // A bit where a run begins or ends.
    const Bits before = bits[word] << 1 | (inside ? 1 : 0);
    for (Bits turns = bits[word] ^ before; turns != 0; turns &= turns - 1) {
      const size_t at =
          word * kBits + static_cast<size_t>(std::countr_zero(turns));
      if (inside) found(begin, at);
      begin = at;
      inside = !inside;
    }
  }
  if (inside) found(begin, bits.size() * kBits);
}

}  // namespace

bool CopyProse(const records::Column& column, char mark, char* out,
               absl::FunctionRef<void(uint32_t begin, uint32_t end)> look) {
  if (UsedCpuLevel() != CpuLevel::kAvx512 || column.data.size() < kBlockBytes) {
    return false;
  }
  ProsePass pass(column, mark, out);
  pass.Run();
  const uint32_t rows = column.row_count;
  uint32_t begin = 0;
  uint32_t end = 0;
  ForRuns(std::move(pass).TakeLanesToLookAt(), [&](size_t first, size_t last) {
    const auto from = static_cast<int64_t>(first * kLaneBytes);
    const auto until = static_cast<int64_t>(last * kLaneBytes);
    uint32_t row = end;
    while (row < rows && column.Offset(row + 1) <= from) ++row;
    if (row > end) {
      if (begin < end) look(begin, end);
      begin = row;
    }
    while (row < rows && column.Offset(row) < until) ++row;
    end = row;
  });
  if (begin < end) look(begin, end);
  return true;
}

}  // namespace sluice::desensitize

#else

namespace sluice::desensitize {

bool CopyProse(const records::Column& /*column*/, char /*mark*/, char* /*out*/,
               absl::FunctionRef<void(uint32_t begin, uint32_t end)> /*look*/) {
  return false;
}

}  // namespace sluice::desensitize

#endif
