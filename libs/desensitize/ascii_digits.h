// Digits, eight at a time.
#ifndef SLUICE_LIBS_DESENSITIZE_ASCII_DIGITS_H_
#define SLUICE_LIBS_DESENSITIZE_ASCII_DIGITS_H_

#include <cstddef>
#include <cstdint>

#include "libs/base/endian.h"

namespace sluice::desensitize {

// Whether the eight bytes at `text` are all '0' to '9'.
inline bool AreEightDigits(const char* text) {
  const auto word = LoadLittle<uint64_t>(text);
  // A digit has the high half 3, and still has it with 6 added to the low half.
  return ((word & 0xF0F0F0F0F0F0F0F0u) == 0x3030303030303030u) &&
         (((word + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) ==
          0x3030303030303030u);
}

// Whether all `size` bytes are '0' to '9'.
inline bool AreDigits(const char* text, size_t size) {
  if (size >= 8) {
    // The last eight may overlap those before.
    for (size_t at = 0; at + 8 < size; at += 8) {
      if (!AreEightDigits(text + at)) return false;
    }
    return AreEightDigits(text + size - 8);
  }
  for (size_t i = 0; i < size; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return true;
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_ASCII_DIGITS_H_
