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

// Whether the kCompoundSurnameBytes at `text` are a compound surname.
bool IsCompoundSurname(const char* text);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_COMPOUND_SURNAMES_H_
