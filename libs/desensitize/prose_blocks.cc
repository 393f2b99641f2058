#include "libs/desensitize/prose_blocks.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/desensitize/prose_avx2.h"
#include "libs/desensitize/prose_avx512.h"
#include "libs/desensitize/prose_bits.h"

#if defined(__x86_64__)

namespace sluice::desensitize::prose {
namespace {

// Skipped where most of a chunk has to be looked at, which costs so much that
// this pass then hardly shows.
constexpr size_t kSkippedChunks = 15;

template <typename Level>
class ProsePass {
 public:
  ProsePass(const records::Column& column, char mark, char* out)
      : column_(column),
        texts_{column.data.data(), column.data.size(), mark, out},
        lanes_to_look_at_((texts_.size + kLagBytes) / kBlockBytes / 8 + 1) {
    // What is told two bytes before it of the column's second one.
    const char second = texts_.in[1];
    if (second >= '3' && second <= '9') {
      chunk_.high_behind.words[0] = Bits{1} << (kWindowBytes - 1);
    }
  }

  void Run() {
    // Until all that is hidden is known; a number may end behind the last byte.
    const size_t end = texts_.size + kLagBytes;
    for (size_t begin = 0; begin <= end; begin += kChunkBytes) {
      const size_t left = texts_.size - std::min(texts_.size, begin);
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
  size_t Pass(size_t begin, size_t blocks) {
    const bool any_odd =
        Level::template Look<kInside>(texts_, begin, blocks, &chunk_);
    row_ = Level::SetBorders(column_, begin, row_, any_odd, &chunk_);
    uint8_t* const lanes_to_look_at = LanesToLookAt(begin);
    size_t lanes = Level::Decide(blocks, &chunk_, lanes_to_look_at);
    if constexpr (Level::kLooksTwice) {
      if (lanes > 0) {
        lanes = Level::template DecideAgain<kInside>(texts_, begin, blocks,
                                                     &chunk_, lanes_to_look_at);
      }
    }
    Level::template Copy<kInside>(texts_, begin, blocks, chunk_);
    chunk_.Advance();
    any_to_look_at_ |= lanes > 0;
    return lanes;
  }

  // Leaves bytes to be looked at, where most before them have to be. So are the
  // kLagBytes before them left, which would get their marks with them.
  void Skip(size_t begin, size_t bytes) {
    if (bytes == 0) return;
    std::memcpy(texts_.out + begin, texts_.in + begin, bytes);
    uint8_t* const lanes = LanesToLookAt(begin);
    *std::prev(lanes) |= uint8_t{1} << (kLanes - 1);
    std::memset(lanes, 0xFF, bytes / kBlockBytes);
    const auto end = static_cast<int64_t>(begin + bytes);
    while (row_ < column_.row_count && column_.Offset(row_) < end) ++row_;
    chunk_.begins_anew = true;
  }

  // Of the block at `begin`, and behind it of further ones; a bit a lane.
  uint8_t* LanesToLookAt(size_t begin) {
    return reinterpret_cast<uint8_t*>(lanes_to_look_at_.data()) +
           begin / kBlockBytes;
  }

  const records::Column& column_;
  const Texts texts_;

  // The first row that does not begin before the chunk's end.
  uint32_t row_ = 0;
  Chunk chunk_;
  std::vector<Bits> lanes_to_look_at_;
  bool any_to_look_at_ = false;
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

// Copies the texts; returns which lanes are to be looked at.
template <typename Level>
std::vector<Bits> CopyAt(const records::Column& column, char mark, char* out) {
  ProsePass<Level> pass(column, mark, out);
  pass.Run();
  return std::move(pass).TakeLanesToLookAt();
}

}  // namespace
}  // namespace sluice::desensitize::prose

namespace sluice::desensitize {

bool CopyProse(const records::Column& column, char mark, char* out,
               absl::FunctionRef<void(uint32_t begin, uint32_t end)> look) {
  const CpuLevel level = UsedCpuLevel();
  if (level == CpuLevel::kPortable || column.data.size() < prose::kBlockBytes) {
    return false;
  }
  const std::vector<prose::Bits> lanes_to_look_at =
      level == CpuLevel::kAvx512
          ? prose::CopyAt<prose::Avx512>(column, mark, out)
          : prose::CopyAt<prose::Avx2>(column, mark, out);
  const uint32_t rows = column.row_count;
  uint32_t begin = 0;
  uint32_t end = 0;
  prose::ForRuns(lanes_to_look_at, [&](size_t first, size_t last) {
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
