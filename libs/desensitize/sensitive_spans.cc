#include "libs/desensitize/sensitive_spans.h"

#include <array>
#include <cstddef>

#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/division_code.h"
#include "libs/identifiers/resident_id.h"

namespace sluice::desensitize {
namespace {

constexpr size_t kDigitsMax = identifiers::kBankCardDigitsMax;
constexpr size_t kCountryDigits = 2;
constexpr size_t kFullWidthBytes = 3;
// Behind it stand a full-width character's other two bytes.
constexpr char kFullWidthLead = '\xEF';

// A character of a number, and its bytes in the text; 0 bytes if there is none.
struct Glyph {
  char c = 0;
  size_t bytes = 0;
};

// The ASCII character, or the one whose full-width form (U+FF01 to U+FF5E),
// that stands at `at`.
Glyph GlyphAt(absl::string_view text, size_t at) {
  if (at >= text.size()) return {};
  if (text[at] != kFullWidthLead) return {text[at], 1};
  const absl::string_view wide = text.substr(at, kFullWidthBytes);
  if (wide.size() < kFullWidthBytes) return {};
  const auto last = static_cast<uint8_t>(wide[2]);
  if (wide[1] == '\xBC' && last >= 0x81) {
    return {static_cast<char>(last - 0x81 + '!'), kFullWidthBytes};
  }
  if (wide[1] == '\xBD' && last <= 0x9E) {
    return {static_cast<char>(last - 0x80 + '`'), kFullWidthBytes};
  }
  return {};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsDigit(const Glyph& glyph) {
  return glyph.bytes != 0 && IsDigit(glyph.c);
}
bool IsSeparator(const Glyph& glyph) {
  return glyph.bytes != 0 && (glyph.c == ' ' || glyph.c == '-');
}

// A number and where in the text its characters stand.
struct Number {
  std::array<char, kDigitsMax + 1> characters;
  std::array<size_t, kDigitsMax + 1> at;
  std::array<uint8_t, kDigitsMax + 1> bytes;
  size_t size = 0;
  // More digits than any number looked for.
  bool too_long = false;

  void Add(char c, size_t position, size_t width) {
    if (size == characters.size()) {
      too_long = true;
      return;
    }
    characters[size] = c;
    bytes[size] = static_cast<uint8_t>(width);
    at[size++] = position;
  }
  absl::string_view View(size_t from = 0) const {
    return absl::string_view(characters.data() + from, size - from);
  }
};

void HideCharacters(const Number& number, size_t from, size_t to,
                    std::vector<Shown>* hidden) {
  for (size_t i = from; i < to; ++i) {
    (*hidden)[number.at[i]] = Shown::kHidden;
    for (size_t rest = 1; rest < number.bytes[i]; ++rest) {
      (*hidden)[number.at[i] + rest] = Shown::kHiddenRest;
    }
  }
}

// One in 3,000 other numbers of 18 digits has the form of an id, and one in 80
// of 15: too few to show an id with a slip of the pen for their sake.
bool HasForm(absl::string_view text) {
  return identifiers::IsProvinceCode(text.substr(0, 2)) &&
         identifiers::HasResidentIdForm(text);
}
bool HasOldForm(absl::string_view text) {
  return identifiers::IsProvinceCode(text.substr(0, 2)) &&
         identifiers::IsOldResidentId(text);
}

// False if it is no number that is looked for.
bool HideNumber(const Number& number, std::vector<Shown>* hidden) {
  if (number.too_long) return false;
  const absl::string_view text = number.View();
  // With 86 before it a mobile number has thirteen digits, as a card may have,
  // and one in ten has a card's last digit.
  size_t from = 0;
  if (text.substr(0, kCountryDigits) == "86" &&
      text.size() == kCountryDigits + identifiers::kMobileDigits) {
    from = kCountryDigits;
  }
  if (identifiers::IsMobileNumber(number.View(from))) {
    HideCharacters(number, from + 3, from + 7, hidden);
    return true;
  }
  if (HasOldForm(text)) {
    HideCharacters(number, 6, number.size - 3, hidden);
    return true;
  }
  if (!identifiers::IsValidResidentId(text) && !HasForm(text) &&
      !identifiers::IsValidBankCard(text)) {
    return false;
  }
  HideCharacters(number, 6, number.size - 4, hidden);
  return true;
}

// Reads digits from `begin`; with `grouped`, one separator may stand between
// two. An X behind seventeen digits belongs to them. Returns behind it.
size_t ReadNumber(absl::string_view text, size_t begin, bool grouped,
                  Number* number) {
  size_t at = begin;
  while (at < text.size()) {
    const Glyph glyph = GlyphAt(text, at);
    if (IsDigit(glyph)) {
      number->Add(glyph.c, at, glyph.bytes);
    } else if (!grouped || !IsSeparator(glyph) ||
               !IsDigit(GlyphAt(text, at + glyph.bytes))) {
      break;
    }
    at += glyph.bytes;
  }
  const Glyph next = GlyphAt(text, at);
  if (number->size == identifiers::kResidentIdLength - 1 &&
      (next.c == 'X' || next.c == 'x')) {
    number->Add('X', at, next.bytes);
    at += next.bytes;
  }
  return at;
}

// Hides what the digits from `begin` on are; returns behind them.
size_t HideDigitsFrom(absl::string_view text, size_t begin,
                      std::vector<Shown>* hidden) {
  Number grouped;
  const size_t end = ReadNumber(text, begin, true, &grouped);
  if (HideNumber(grouped, hidden)) return end;
  // Several numbers with a space between them.
  size_t at = begin;
  while (at < end) {
    Number plain;
    at = ReadNumber(text, at, false, &plain);
    HideNumber(plain, hidden);
    while (at < end && !IsDigit(GlyphAt(text, at))) ++at;
  }
  return end;
}

void HideEmail(absl::string_view text, size_t at, std::vector<Shown>* hidden) {
  size_t begin = at;
  while (begin > 0 && identifiers::IsEmailLocalCharacter(text[begin - 1])) {
    --begin;
  }
  size_t end = at + 1;
  while (end < text.size() && identifiers::IsEmailDomainCharacter(text[end])) {
    ++end;
  }
  // A dot may end the sentence, not the address.
  while (end > at + 1 && text[end - 1] == '.') --end;
  while (begin < at && text[begin] == '.') ++begin;
  const absl::string_view address = text.substr(begin, end - begin);
  if (identifiers::FindEmailAt(address) == absl::string_view::npos) return;
  const size_t first = at - begin > 1 ? begin + 1 : begin;
  for (size_t i = first; i < at; ++i) (*hidden)[i] = Shown::kHidden;
}

}  // namespace

void FindSensitiveSpans(absl::string_view text, std::vector<Shown>* hidden) {
  hidden->assign(text.size(), Shown::kShown);
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (IsDigit(c) || (c == kFullWidthLead && IsDigit(GlyphAt(text, i)))) {
      i = HideDigitsFrom(text, i, hidden);
    } else {
      if (c == '@') HideEmail(text, i, hidden);
      ++i;
    }
  }
}

}  // namespace sluice::desensitize
