// The texts of slot_texts.h two rows at a time, at CpuLevel::kAvx2: fewer
// stores than rows.
#ifndef SLUICE_LIBS_DESENSITIZE_SLOT_PAIRS_H_
#define SLUICE_LIBS_DESENSITIZE_SLOT_PAIRS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libs/base/cpu_level.h"

namespace sluice::desensitize {

// Slots that have pairs, the one of none too, and what their texts have at
// most.
inline constexpr size_t kPairedSlots = 16;
inline constexpr size_t kPairedTextBytesMax = 8;

// The texts of every two slots one behind the other, in 2 * kPairedTextBytesMax
// bytes each: of slots i and j they are number i + j * kPairedSlots. Slot i + 1
// has texts[i].
std::vector<char> SlotPairsOf(const std::vector<std::string>& texts);

// Texts of slots, each in as many bytes, and how long they are.
struct SlotTable {
  const char* texts;
  const uint8_t* sizes;
};

// What SlotTexts::Write is asked for.
struct SlotRows {
  const uint64_t* slots;
  uint32_t rows;
  char* data;
  size_t begin;
  char* ends;
};

#if defined(__x86_64__)

// Slots of `kSlotBytes`.
template <size_t kSlotBytes>
SLUICE_AVX2 size_t WriteSlotsByTwo(const SlotTable& all, const SlotRows& of);

// Slots of kPairedTextBytesMax, up to kPairedSlots with sizes in memory for as
// many, and their pairs.
SLUICE_AVX2 size_t WriteSlotPairs(const SlotTable& all, const char* pairs,
                                  const SlotRows& of);

#endif  // defined(__x86_64__)

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SLOT_PAIRS_H_
