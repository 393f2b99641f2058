// Bits of rows, as bitmaps and BOOL columns hold them, as bytes of rows.
#ifndef SLUICE_LIBS_PREDICATE_ROW_BITS_H_
#define SLUICE_LIBS_PREDICATE_ROW_BITS_H_

#include <cstddef>
#include <cstdint>

namespace sluice::predicate {

// 0xFF in byte i, counted from the lowest, where bit i is set; 0 elsewhere.
inline uint64_t BytesOfBits(uint8_t bits) {
  constexpr uint64_t kEach = 0x0101010101010101;
  // Bit i alone in byte i; adding 127 carries it into the byte's highest bit.
  const uint64_t spread = (bits * kEach) & 0x8040201008040201;
  const uint64_t highest = (spread + 0x7F * kEach) & (0x80 * kEach);
  return (highest >> 7) * 0xFF;
}

// The same byte eight times.
inline uint64_t EightTimes(uint8_t byte) {
  return byte * uint64_t{0x0101010101010101};
}

}  // namespace sluice::predicate

#endif  // SLUICE_LIBS_PREDICATE_ROW_BITS_H_
