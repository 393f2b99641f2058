#include "libs/desensitize/slot_texts.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"
#include "libs/desensitize/lane_texts.h"
#include "libs/desensitize/slot_pairs.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kSlotBytesMin = 8;
// Slots that two vectors hold, and with them all that is looked up.
constexpr size_t kLaneSlots = 16;

size_t LongestOf(const std::vector<std::string>& texts) {
  size_t longest = 0;
  for (const std::string& text : texts) {
    longest = std::max(longest, text.size());
  }
  return longest;
}

}  // namespace

bool SlotTexts::CanHold(const std::vector<std::string>& texts) {
  return LongestOf(texts) <= kTextBytesMax;
}

SlotTexts::SlotTexts(const std::vector<std::string>& texts)
    : slot_bytes_(std::max(kSlotBytesMin, std::bit_ceil(LongestOf(texts)))),
      texts_((texts.size() + 1) * slot_bytes_),
      sizes_(std::max(texts.size() + 1, kPairedSlots)) {
  assert(CanHold(texts));
  for (size_t i = 0; i < texts.size(); ++i) {
    texts[i].copy(&texts_[(i + 1) * slot_bytes_], slot_bytes_);
    sizes_[i + 1] = static_cast<uint8_t>(texts[i].size());
  }
  if (texts.size() < kLaneSlots && LongestOf(texts) <= kLaneTextBytesMax) {
    lanes_.assign(kLaneSlots, LaneOf(""));
    std::transform(texts.begin(), texts.end(), lanes_.begin() + 1, LaneOf);
    pairs_ = SlotPairsOf(texts);
  }
}

template <size_t kSlotBytes>
size_t SlotTexts::WriteCopies(const uint64_t* slots, uint32_t rows, char* data,
                              size_t begin, char* ends) const {
  return RunAtUsedCpuLevel(
      [=, texts = texts_.data(), sizes = sizes_.data()]() SLUICE_ANY_LEVEL {
        size_t end = begin;
        for (uint32_t row = 0; row < rows; ++row) {
          const uint64_t slot = slots[row];
          std::memcpy(data + end, texts + slot * kSlotBytes, kSlotBytes);
          end += sizes[slot];
          StoreLittle(static_cast<int32_t>(end), ends + row * sizeof(int32_t));
        }
        return end;
      });
}

#if defined(__x86_64__)

// Eight rows at a time.
SLUICE_AVX512 size_t SlotTexts::WriteLaneTexts(const uint64_t* slots,
                                               uint32_t rows, char* data,
                                               size_t begin, char* ends) const {
  static_assert(kLaneSlots == 2 * kTextLanes);
  const __m512i low = _mm512_loadu_si512(lanes_.data());
  const __m512i high = _mm512_loadu_si512(&lanes_[kTextLanes]);
  size_t end = begin;
  for (uint32_t row = 0; row < rows; row += kTextLanes) {
    const auto used = static_cast<__mmask8>(
        _bzhi_u32(0xFF, std::min(rows - row, kTextLanes)));
    const __m512i slot = _mm512_maskz_loadu_epi64(used, slots + row);
    const WrittenLanes written =
        WriteLanes(_mm512_permutex2var_epi64(low, slot, high), data, end);
    _mm256_mask_storeu_epi32(ends + row * sizeof(int32_t), used, written.ends);
    end = written.end;
  }
  return end;
}

size_t SlotTexts::WriteAvx2(const uint64_t* slots, uint32_t rows, char* data,
                            size_t begin, char* ends) const {
  const SlotTable all = {texts_.data(), sizes_.data()};
  const SlotRows of = {slots, rows, data, begin, ends};
  if (!pairs_.empty()) return WriteSlotPairs(all, pairs_.data(), of);
  switch (slot_bytes_) {
    case kSlotBytesMin:
      return WriteSlotsByTwo<kSlotBytesMin>(all, of);
    case 2 * kSlotBytesMin:
      return WriteSlotsByTwo<2 * kSlotBytesMin>(all, of);
    default:
      return WriteSlotsByTwo<4 * kSlotBytesMin>(all, of);
  }
}

#endif

size_t SlotTexts::Write(const uint64_t* slots, uint32_t rows, char* data,
                        size_t begin, char* ends) const {
#if defined(__x86_64__)
  if (!lanes_.empty() && UsedCpuLevel() == CpuLevel::kAvx512) {
    return WriteLaneTexts(slots, rows, data, begin, ends);
  }
  if (UsedCpuLevel() == CpuLevel::kAvx2) {
    return WriteAvx2(slots, rows, data, begin, ends);
  }
#endif
  switch (slot_bytes_) {
    case kSlotBytesMin:
      return WriteCopies<kSlotBytesMin>(slots, rows, data, begin, ends);
    case 2 * kSlotBytesMin:
      return WriteCopies<2 * kSlotBytesMin>(slots, rows, data, begin, ends);
    default:
      return WriteCopies<4 * kSlotBytesMin>(slots, rows, data, begin, ends);
  }
}

}  // namespace sluice::desensitize
