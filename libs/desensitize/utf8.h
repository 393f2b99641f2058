// Steps through text that is known to be valid UTF-8, as every STRING column
// is. A character is a code point.
#ifndef SLUICE_LIBS_DESENSITIZE_UTF8_H_
#define SLUICE_LIBS_DESENSITIZE_UTF8_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice::desensitize {

inline bool IsContinuation(char byte) {
  return (static_cast<uint8_t>(byte) & 0xC0) == 0x80;
}

// Bytes of the character whose first byte is `lead`.
inline size_t CharacterBytes(char lead) {
  const int ones = std::countl_one(static_cast<uint8_t>(lead));
  return ones == 0 ? 1 : static_cast<size_t>(ones);
}

// Behind the first `count` characters, or `end` if there are not as many.
inline const char* SkipCharacters(const char* begin, const char* end,
                                  size_t count) {
  while (count > 0 && begin < end) {
    begin += CharacterBytes(*begin);
    --count;
  }
  return begin;
}

// Before the last `count` characters, or `begin` if there are not as many.
inline const char* SkipCharactersBack(const char* begin, const char* end,
                                      size_t count) {
  while (count > 0 && begin < end) {
    --end;
    while (IsContinuation(*end)) --end;
    --count;
  }
  return end;
}

inline size_t CountCharacters(const char* begin, const char* end) {
  return static_cast<size_t>(std::count_if(
      begin, end, [](char byte) { return !IsContinuation(byte); }));
}

// Whether each character is one byte.
inline bool IsAscii(const char* begin, size_t size) {
  uint64_t bits = 0;
  size_t i = 0;
  for (; i + sizeof(bits) <= size; i += sizeof(bits)) {
    uint64_t word;
    std::memcpy(&word, begin + i, sizeof(word));
    bits |= word;
  }
  for (; i < size; ++i) bits |= static_cast<uint8_t>(begin[i]);
  return (bits & 0x8080808080808080u) == 0;
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_UTF8_H_
