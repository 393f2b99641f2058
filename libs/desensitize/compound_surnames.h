// Family names of two characters.
#ifndef SLUICE_LIBS_DESENSITIZE_COMPOUND_SURNAMES_H_
#define SLUICE_LIBS_DESENSITIZE_COMPOUND_SURNAMES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// All of them, separated by spaces, simplified and traditional.
extern const absl::string_view kCompoundSurnames;

// Bytes of each: two characters of three bytes.
inline constexpr size_t kCompoundSurnameBytes = 6;

// Each surname in a slot of its own, so that a look-up is a multiplication and
// a comparison.
struct CompoundSurnameTable {
  // The six bytes of a surname are the higher ones of a key.
  static constexpr int kKeyShift = 16;
  static constexpr size_t kSlots = 1024;

  // The multiplier was found by trying.
  static constexpr size_t Slot(uint64_t key) {
    return static_cast<size_t>(key * 0x5fd5e88fa91f07c1u >> 54);
  }
  constexpr bool Has(uint64_t key) const { return keys[Slot(key)] == key; }

  // 0 in a slot of none.
  std::array<uint64_t, kSlots> keys;
};
extern const CompoundSurnameTable kCompoundSurnameTable;

// Passes every compound surname and little else, looking at single bytes, so
// that a vector can look at many places at once. The surnames are in eight
// groups, those that begin alike in one. A place may begin one if a group, a
// bit, is in groups[i] at the lower six bits of its byte kAt[i] for each i.
struct CompoundSurnameSieve {
  // The other bytes differ little.
  static constexpr std::array<size_t, 4> kAt = {1, 2, 4, 5};
  static constexpr size_t kValues = 64;

  alignas(64) std::array<std::array<uint8_t, kValues>, kAt.size()> groups;
};
extern const CompoundSurnameSieve kCompoundSurnameSieve;

// Passes every compound surname and few other names, for what looks at one name
// after the other: it costs less than the table to ask.
struct CompoundSurnameFilter {
  static constexpr int kSlotBits = 13;

  // `bytes`: the four from kAt on. All that differs much is in them. Of the
  // multipliers tried this one lets the fewest common names pass.
  static constexpr size_t kAt = 1;
  static constexpr size_t Slot(uint32_t bytes) {
    return bytes * 0xB62AC1FFu >> (32 - kSlotBits);
  }
  constexpr bool Passes(uint32_t bytes) const { return slots[Slot(bytes)]; }

  std::array<bool, size_t{1} << kSlotBits> slots;
};
extern const CompoundSurnameFilter kCompoundSurnameFilter;

// Whether the kCompoundSurnameBytes at `text` are a compound surname.
bool IsCompoundSurname(const char* text);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_COMPOUND_SURNAMES_H_
