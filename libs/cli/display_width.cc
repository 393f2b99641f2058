#include "libs/cli/display_width.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/encoding.h"
#include "libs/cli/width_ranges.h"

namespace sluice::cli {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr absl::string_view kEllipsis = "…";

bool IsIn(char32_t character, const CodePointRange* ranges, size_t count) {
  const CodePointRange* const end = ranges + count;
  const CodePointRange* const behind = std::upper_bound(
      ranges, end, character,
      [](char32_t c, const CodePointRange& range) { return c < range.first; });
  return behind != ranges && character <= (behind - 1)->last;
}

// One character of a text.
struct Character {
  char32_t code = kReplacement;
  // Bytes it takes; of what is not UTF-8, one.
  size_t length = 1;
};

// The one that `text` begins with; `text` is not empty.
Character FirstCharacter(absl::string_view text) {
  const size_t length = Utf8CharacterLength(text);
  if (length == 0) return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  char32_t code = length == 1 ? lead : lead & (0x7FU >> length);
  for (size_t i = 1; i < length; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {code, length};
}

bool IsControl(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 ||
         code == 0x2029;
}

bool TurnsDirection(char32_t code) {
  return code == 0x61C || code == 0x200E || code == 0x200F ||
         (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

void AppendEscaped(char32_t code, std::string* to) {
  switch (code) {
    case '\n':
      to->append("\\n");
      return;
    case '\r':
      to->append("\\r");
      return;
    case '\t':
      to->append("\\t");
      return;
    default:
      break;
  }
  const auto number = static_cast<uint32_t>(code);
  if (number < 0x100) {
    absl::StrAppendFormat(to, "\\x%02x", number);
  } else {
    absl::StrAppendFormat(to, "\\u%04x", number);
  }
}

}  // namespace

int CharacterWidth(char32_t character) {
  if (character < 0x300) return character == 0xAD ? 0 : 1;
  if (IsIn(character, kZeroWidth, kZeroWidthCount)) return 0;
  return IsIn(character, kDoubleWidth, kDoubleWidthCount) ? 2 : 1;
}

size_t DisplayWidth(absl::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    width += CharacterWidth(character.code);
    text.remove_prefix(character.length);
  }
  return width;
}

std::string TruncateToWidth(absl::string_view text, size_t columns) {
  // Where to cut if the text turns out too wide: one column is for the "…".
  size_t cut = 0;
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const Character character = FirstCharacter(text.substr(at));
    width += CharacterWidth(character.code);
    if (width > columns) {
      if (columns == 0) return "";
      return absl::StrCat(text.substr(0, cut), kEllipsis);
    }
    at += character.length;
    if (width < columns) cut = at;
  }
  return std::string(text);
}

std::string Printable(absl::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const Character character = FirstCharacter(text);
    if (Utf8CharacterLength(text) == 0) {
      shown.append("\xEF\xBF\xBD");
    } else if (IsControl(character.code) || TurnsDirection(character.code)) {
      AppendEscaped(character.code, &shown);
    } else {
      shown.append(text.data(), character.length);
    }
    text.remove_prefix(character.length);
  }
  return shown;
}

}  // namespace sluice::cli
