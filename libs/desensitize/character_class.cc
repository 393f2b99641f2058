#include "libs/desensitize/character_class.h"

#include <cstddef>

namespace sluice::desensitize {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Outside of ASCII. Signs that are letters or numbers in what they mean (ª, ²,
// ½, 々, 〡) are left out, as is what cannot be seen and might carry anything;
// what stands in no range counts as content.
constexpr Range kPunctuation[] = {
    {0x00A0, 0x00A9}, {0x00AB, 0x00AC}, {0x00AE, 0x00B1}, {0x00B4, 0x00B4},
    {0x00B6, 0x00B8}, {0x00BB, 0x00BB}, {0x00BF, 0x00BF}, {0x00D7, 0x00D7},
    {0x00F7, 0x00F7}, {0x2000, 0x200A}, {0x2010, 0x2027}, {0x202F, 0x205F},
    {0x3000, 0x3003}, {0x3008, 0x3020}, {0x3030, 0x3030}, {0x30FB, 0x30FB},
    {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65},
};

constexpr Range kHan[] = {
    {0x3007, 0x3007},
    {0x3400, 0x4DBF},
    {0xF900, 0xFAFF},
    {0x20000, 0x3FFFD},
};

template <size_t kCount>
bool IsIn(const Range (&ranges)[kCount], char32_t code) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

bool IsBetween(char32_t code, char32_t first, char32_t last) {
  return code >= first && code <= last;
}

}  // namespace

CharacterClass ClassOf(char32_t code) {
  if (code < 0x80) {
    if (IsBetween(code, 'A', 'Z')) return CharacterClass::kUpper;
    if (IsBetween(code, 'a', 'z')) return CharacterClass::kLower;
    if (IsBetween(code, '0', '9')) return CharacterClass::kDigit;
    return CharacterClass::kPunctuation;
  }
  // The commonest first.
  if (IsBetween(code, 0x4E00, 0x9FFF)) return CharacterClass::kHan;
  if (IsIn(kHan, code)) return CharacterClass::kHan;
  if (IsBetween(code, U'Ａ', U'Ｚ')) return CharacterClass::kWideUpper;
  if (IsBetween(code, U'ａ', U'ｚ')) return CharacterClass::kWideLower;
  if (IsBetween(code, U'０', U'９')) return CharacterClass::kWideDigit;
  return IsIn(kPunctuation, code) ? CharacterClass::kPunctuation
                                  : CharacterClass::kOther;
}

}  // namespace sluice::desensitize
