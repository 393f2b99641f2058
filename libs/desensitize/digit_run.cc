#include "libs/desensitize/digit_run.h"

#include <cstdint>

#include "libs/desensitize/text_glyph.h"

namespace sluice::desensitize {
namespace {

constexpr int kSeparatorsMax = 3;
constexpr size_t kSeparatorBytesMax = 3;
static_assert(kGapBytesMax == kSeparatorsMax * kSeparatorBytesMax);

struct Character {
  char32_t code = 0;
  size_t bytes = 0;
};

// The one that begins at `at`; 0 if it takes four bytes, as no separator does.
Character CharacterAt(absl::string_view text, size_t at) {
  const auto byte = [text, at](size_t i) {
    return static_cast<char32_t>(static_cast<uint8_t>(text[at + i]));
  };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {(lead & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (lead >= 0xF0) return {};
  return {(lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
}

bool IsDot(char32_t c) { return c == '.' || c == U'\u00B7' || c == U'\uFF0E'; }

// A space, a hyphen or a dash, or a character without a width, such as mobile
// phones put around a number that is copied.
bool IsSpaceOrDash(char32_t c) {
  if (c < 0x80) return c == ' ' || c == '-' || c == '\t';
  if (c >= 0x2000 && c <= 0x206F) {
    return c <= 0x2015 || (c >= 0x202A && c <= 0x202F) || c >= 0x205F;
  }
  switch (c) {
    case 0x00A0:  // no-break space
    case 0x00AD:  // soft hyphen
    case 0x2212:  // minus
    case 0x3000:  // ideographic space
    case 0xFEFF:  // no-break space without a width
    case 0xFF0D:  // full-width hyphen
      return true;
    default:
      return false;
  }
}

// Adds the digits at `at` to `run`; returns behind them. Of too many it adds
// one too many.
size_t ReadGroup(absl::string_view text, size_t at, DigitRun* run) {
  const size_t begin = run->size();
  for (Glyph glyph = GlyphAt(text, at); IsDigit(glyph);
       glyph = GlyphAt(text, at)) {
    if (run->size() - begin <= kGroupDigitsMax) {
      run->characters.push_back(glyph.c);
      run->at.push_back(static_cast<uint32_t>(at));
    }
    at += glyph.bytes;
  }
  return at;
}

}  // namespace

Gap GapAt(absl::string_view text, size_t at) {
  Gap gap;
  for (int i = 0; i < kSeparatorsMax && at + gap.bytes < text.size(); ++i) {
    const Character character = CharacterAt(text, at + gap.bytes);
    const bool is_dot = IsDot(character.code);
    if (!is_dot && !IsSpaceOrDash(character.code)) break;
    gap.bytes += character.bytes;
    gap.has_dot |= is_dot;
  }
  return gap;
}

size_t ReadDigitRun(absl::string_view text, size_t begin, DigitRun* run) {
  size_t at = begin;
  Gap gap;
  Glyph next;
  do {
    at += gap.bytes;
    const size_t first = run->size();
    at = ReadGroup(text, at, run);
    if (run->size() - first > kGroupDigitsMax) {
      run->characters.resize(first);
      run->at.resize(first);
      return at;
    }
    run->groups.push_back({static_cast<uint32_t>(first),
                           static_cast<uint32_t>(run->size()), gap.has_dot});
    gap = GapAt(text, at);
    next = GlyphAt(text, at + gap.bytes);
  } while (IsDigit(next) && gap.bytes > 0);
  if (!IsX(next)) return at;
  at += gap.bytes;
  run->has_x = true;
  run->characters.push_back('X');
  run->at.push_back(static_cast<uint32_t>(at));
  return at + next.bytes;
}

}  // namespace sluice::desensitize
