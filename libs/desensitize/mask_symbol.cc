#include "libs/desensitize/mask_symbol.h"

#include <cstdint>

#include "libs/base/encoding.h"
#include "libs/desensitize/utf8.h"

namespace sluice::desensitize {
namespace {

// The code point of a valid character.
uint32_t CodePoint(absl::string_view character) {
  const auto lead = static_cast<uint8_t>(character[0]);
  if (lead < 0x80) return lead;
  uint32_t code = lead & (0x7Fu >> character.size());
  for (size_t i = 1; i < character.size(); ++i) {
    code = code << 6 | (static_cast<uint8_t>(character[i]) & 0x3Fu);
  }
  return code;
}

// Controls, spaces of no width, direction marks, line separators, variation
// selectors, tags, and what is no character at all.
bool IsInvisible(uint32_t code) {
  struct Range {
    uint32_t first;
    uint32_t last;
  };
  static constexpr Range kInvisible[] = {
      {0x0000, 0x001F}, {0x007F, 0x009F},   {0x00AD, 0x00AD}, {0x0300, 0x036F},
      {0x061C, 0x061C}, {0x180E, 0x180E},   {0x200B, 0x200F}, {0x2028, 0x202E},
      {0x2060, 0x206F}, {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF},
      {0xFFF0, 0xFFFB}, {0xE0000, 0xE0FFF},
  };
  if ((code & 0xFFFE) == 0xFFFE) return true;
  for (const Range& range : kInvisible) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

}  // namespace

bool IsMaskSymbol(absl::string_view text) {
  return !text.empty() && IsValidUtf8(text) &&
         CharacterBytes(text[0]) == text.size() &&
         !IsInvisible(CodePoint(text));
}

}  // namespace sluice::desensitize
