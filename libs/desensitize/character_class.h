// What kind of character stands in a text: what a treatment that keeps the form
// of a text must know of it.
#ifndef SLUICE_LIBS_DESENSITIZE_CHARACTER_CLASS_H_
#define SLUICE_LIBS_DESENSITIZE_CHARACTER_CLASS_H_

#include <cstdint>

namespace sluice::desensitize {

enum class CharacterClass : uint8_t {
  // Spaces, controls and punctuation: they tell the form and no content.
  kPunctuation,
  // Of ASCII: A-Z, a-z, 0-9.
  kUpper,
  kLower,
  kDigit,
  // The same in full width, U+FF10 to U+FF5A.
  kWideUpper,
  kWideLower,
  kWideDigit,
  // Chinese characters, those for names and old ones too.
  kHan,
  // All else: letters of other scripts, accents, pictures, what is not known.
  kOther,
};

// Of a code point.
CharacterClass ClassOf(char32_t code);

// The code point of the character that begins at `text`, valid UTF-8.
inline char32_t CodePointAt(const char* text) {
  const auto byte = [text](int i) { return static_cast<uint8_t>(text[i]); };
  const auto rest = [&byte](int i) {
    return static_cast<char32_t>(byte(i) & 0x3F);
  };
  if (byte(0) < 0x80) return byte(0);
  if (byte(0) < 0xE0) return (byte(0) & 0x1Fu) << 6 | rest(1);
  if (byte(0) < 0xF0) return (byte(0) & 0x0Fu) << 12 | rest(1) << 6 | rest(2);
  return (byte(0) & 0x07u) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3);
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CHARACTER_CLASS_H_
