// Characters of numbers and addresses as people type them: half as wide as a
// Han character, which is ASCII, or as wide (U+FF01 to U+FF5E). Texts are valid
// UTF-8.
#ifndef SLUICE_LIBS_DESENSITIZE_TEXT_GLYPH_H_
#define SLUICE_LIBS_DESENSITIZE_TEXT_GLYPH_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// Of each full-width character.
inline constexpr size_t kFullWidthBytes = 3;
inline constexpr char kFullWidthLead = '\xEF';

// A character that is ASCII once it is of half width, and its bytes in the
// text; 0 bytes if there is none.
struct Glyph {
  char c = 0;
  size_t bytes = 0;
};

// The one that begins at `at`, or none: `text` may end before it.
inline Glyph GlyphAt(absl::string_view text, size_t at) {
  if (at >= text.size()) return {};
  const char lead = text[at];
  if (static_cast<uint8_t>(lead) < 0x80) return {lead, 1};
  if (lead != kFullWidthLead || text.size() - at < kFullWidthBytes) return {};
  const auto last = static_cast<uint8_t>(text[at + 2]);
  if (text[at + 1] == '\xBC' && last >= 0x81) {
    return {static_cast<char>(last - 0x81 + '!'), kFullWidthBytes};
  }
  if (text[at + 1] == '\xBD' && last <= 0x9E) {
    return {static_cast<char>(last - 0x80 + '`'), kFullWidthBytes};
  }
  return {};
}

// The one that ends before `end`, or none.
inline Glyph GlyphBefore(absl::string_view text, size_t end) {
  if (end == 0) return {};
  const char last = text[end - 1];
  if (static_cast<uint8_t>(last) < 0x80) return {last, 1};
  if (end < kFullWidthBytes) return {};
  const Glyph wide = GlyphAt(text, end - kFullWidthBytes);
  return wide.bytes == kFullWidthBytes ? wide : Glyph{};
}

inline bool IsDigit(const Glyph& glyph) {
  return glyph.c >= '0' && glyph.c <= '9';
}
inline bool IsX(const Glyph& glyph) { return glyph.c == 'X' || glyph.c == 'x'; }

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TEXT_GLYPH_H_
