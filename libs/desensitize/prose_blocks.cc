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
#include "libs/desensitize/prose_bits.h"
#include "libs/desensitize/prose_tables.h"
#include "libs/desensitize/run_numbers.h"
#include "libs/desensitize/text_glyph.h"

#if defined(__x86_64__)

namespace sluice::desensitize::prose {
namespace {

// Skipped where most of a chunk has to be looked at, which costs so much that
// this pass then hardly shows.
constexpr size_t kSkippedChunks = 15;

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
}  // namespace sluice::desensitize::prose

namespace sluice::desensitize {

bool CopyProse(const records::Column& column, char mark, char* out,
               absl::FunctionRef<void(uint32_t begin, uint32_t end)> look) {
  if (UsedCpuLevel() != CpuLevel::kAvx512 ||
      column.data.size() < prose::kBlockBytes) {
    return false;
  }
  prose::ProsePass pass(column, mark, out);
  pass.Run();
  const uint32_t rows = column.row_count;
  uint32_t begin = 0;
  uint32_t end = 0;
  prose::ForRuns(
      std::move(pass).TakeLanesToLookAt(), [&](size_t first, size_t last) {
        const auto from = static_cast<int64_t>(first * prose::kLaneBytes);
        const auto until = static_cast<int64_t>(last * prose::kLaneBytes);
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
