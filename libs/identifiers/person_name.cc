#include "libs/identifiers/person_name.h"

#include <cstdint>

#include "libs/base/encoding.h"
#include "libs/identifiers/ascii_class.h"

namespace sluice::identifiers {
namespace {

constexpr char32_t kNameDot = 0x00B7;

// Takes a character from the front of valid UTF-8 that is not empty.
char32_t TakeCharacter(absl::string_view* text) {
  const size_t length = Utf8CharacterLength(*text);
  const auto first = static_cast<uint8_t>(text->front());
  // Bits of the first byte that are the character's.
  char32_t character = length <= 1 ? first : first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    character = character << 6 | (static_cast<uint8_t>((*text)[i]) & 0x3FU);
  }
  text->remove_prefix(length == 0 ? 1 : length);
  return character;
}

bool IsLatinLetter(char32_t character) {
  if (character < 0x80) {
    const char c = static_cast<char>(character);
    return IsUpper(c) || IsLower(c);
  }
  // Latin-1's letters, without × and ÷, and Latin Extended-A and -B.
  return character >= 0xC0 && character <= 0x24F && character != 0xD7 &&
         character != 0xF7;
}

bool IsLatinSign(char32_t character) {
  return character == ' ' || character == '-' || character == '\'' ||
         character == '.' || character == ',';
}

bool IsHanName(absl::string_view text) {
  bool after_dot = true;
  for (size_t characters = 0; !text.empty(); ++characters) {
    if (characters == kNameCharactersMax) return false;
    const char32_t character = TakeCharacter(&text);
    const bool is_dot = character == kNameDot;
    if (is_dot ? after_dot : !IsHan(character)) return false;
    after_dot = is_dot;
  }
  return !after_dot;
}

bool IsLatinName(absl::string_view text) {
  bool first = true;
  for (size_t characters = 0; !text.empty(); ++characters) {
    if (characters == kNameCharactersMax) return false;
    const char32_t character = TakeCharacter(&text);
    if (!IsLatinLetter(character) && (first || !IsLatinSign(character))) {
      return false;
    }
    first = false;
  }
  return !first;
}

}  // namespace

bool IsHan(char32_t character) {
  return (character >= 0x4E00 && character <= 0x9FFF) ||
         (character >= 0x3400 && character <= 0x4DBF) ||
         // Extensions B and on fill planes 2 and 3, compatibility included.
         (character >= 0x20000 && character <= 0x3FFFD) ||
         (character >= 0xF900 && character <= 0xFAFF) || character == 0x3007;
}

bool IsPersonName(absl::string_view text) {
  return IsHanName(text) || IsLatinName(text);
}

}  // namespace sluice::identifiers
