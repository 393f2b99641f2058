#include "libs/desensitize/sensitive_spans.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/division_code.h"
#include "libs/identifiers/resident_id.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

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

// What is written over the bytes of a text that are to be hidden.
struct Marks {
  // Of a character its first byte, and the others.
  char first;
  char rest;
  char* at;
  // Set if a character of several bytes is hidden.
  bool* is_wide;
  // Not null: what is found goes here instead, and nothing is written.
  std::vector<SensitiveItem>* items = nullptr;

  // Whether `kind` stood from `begin` to `end` and is told as a whole.
  bool Tell(SensitiveKind kind, size_t begin, size_t end) const {
    if (items == nullptr) return false;
    while (!items->empty() && items->back().end > begin) {
      begin = std::min(begin, items->back().begin);
      end = std::max(end, items->back().end);
      kind = SensitiveKind::kEmail;
      items->pop_back();
    }
    items->push_back({begin, end, kind});
    return true;
  }

  // Characters of one byte.
  void Put(size_t begin, size_t end) const {
    for (size_t i = begin; i < end; ++i) at[i] = first;
  }
  void PutOne(size_t begin, size_t bytes) const {
    at[begin] = first;
    for (size_t i = 1; i < bytes; ++i) at[begin + i] = rest;
    if (bytes > 1) *is_wide = true;
  }
};

void HideCharacters(const Number& number, SensitiveKind kind, size_t from,
                    size_t to, const Marks& marks) {
  const size_t last = number.size - 1;
  if (marks.Tell(kind, number.at[0], number.at[last] + number.bytes[last])) {
    return;
  }
  for (size_t i = from; i < to; ++i) {
    marks.PutOne(number.at[i], number.bytes[i]);
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
bool HideNumber(const Number& number, const Marks& marks) {
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
    HideCharacters(number, SensitiveKind::kPhone, from + 3, from + 7, marks);
    return true;
  }
  if (HasOldForm(text)) {
    HideCharacters(number, SensitiveKind::kResidentId, 6, number.size - 3,
                   marks);
    return true;
  }
  const bool is_id = identifiers::IsValidResidentId(text) || HasForm(text);
  if (!is_id && !identifiers::IsValidBankCard(text)) return false;
  HideCharacters(number,
                 is_id ? SensitiveKind::kResidentId : SensitiveKind::kBankCard,
                 6, number.size - 4, marks);
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

// How many digits stand in a row from `begin` on.
size_t DigitsFrom(absl::string_view text, size_t begin) {
  size_t at = begin;
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at - begin;
}

// Whether digits that stand before `end` go on there, or behind a separator.
bool GoesOnAt(absl::string_view text, size_t end) {
  const Glyph next = GlyphAt(text, end);
  return IsDigit(next) ||
         (IsSeparator(next) && IsDigit(GlyphAt(text, end + next.bytes)));
}

// Hides what the digits from `begin` on are; returns behind them.
size_t HideDigitsFrom(absl::string_view text, size_t begin,
                      const Marks& marks) {
  // Most numbers in prose are short, or plain mobile numbers.
  const size_t digits = DigitsFrom(text, begin);
  if (digits > 0 && digits <= identifiers::kMobileDigits &&
      !GoesOnAt(text, begin + digits)) {
    if (digits == identifiers::kMobileDigits && text[begin] == '1' &&
        text[begin + 1] >= '3' &&
        !marks.Tell(SensitiveKind::kPhone, begin, begin + digits)) {
      marks.Put(begin + 3, begin + 7);
    }
    return begin + digits;
  }
  Number grouped;
  const size_t end = ReadNumber(text, begin, true, &grouped);
  if (HideNumber(grouped, marks)) return end;
  // Several numbers with a space between them.
  size_t at = begin;
  while (at < end) {
    Number plain;
    at = ReadNumber(text, at, false, &plain);
    HideNumber(plain, marks);
    while (at < end && !IsDigit(GlyphAt(text, at))) ++at;
  }
  return end;
}

void HideEmail(absl::string_view text, size_t at, const Marks& marks) {
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
  if (marks.Tell(SensitiveKind::kEmail, begin, end)) return;
  const size_t first = at - begin > 1 ? begin + 1 : begin;
  marks.Put(first, at);
}

// Where from `at` on the next digit or @ stands, with which all that is looked
// for begins or is found, or what may be a full-width digit; the end if there
// is none.
size_t NextCandidate(absl::string_view text, size_t at) {
#if defined(__x86_64__)
  constexpr size_t kBytes = sizeof(__m128i);
  if (text.size() >= kBytes) {
    while (at < text.size()) {
      // The last sixteen overlap those before.
      const size_t from = std::min(at, text.size() - kBytes);
      const __m128i bytes =
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + from));
      // Digits are the ten lowest values once the first of them is 0.
      const __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
      const __m128i digits =
          _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(9)), above);
      const __m128i others =
          _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('@')),
                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8(kFullWidthLead)));
      const auto found = static_cast<uint32_t>(
                             _mm_movemask_epi8(_mm_or_si128(digits, others))) >>
                         (at - from);
      if (found != 0) return at + static_cast<size_t>(std::countr_zero(found));
      at = from + kBytes;
    }
    return text.size();
  }
#endif
  while (at < text.size() && !IsDigit(text[at]) && text[at] != '@' &&
         text[at] != kFullWidthLead) {
    ++at;
  }
  return at;
}

void MarkAll(absl::string_view text, const Marks& marks) {
  for (size_t i = NextCandidate(text, 0); i < text.size();
       i = NextCandidate(text, i)) {
    if (text[i] == '@') {
      HideEmail(text, i, marks);
      ++i;
    } else if (IsDigit(GlyphAt(text, i))) {
      i = HideDigitsFrom(text, i, marks);
    } else {
      i += kFullWidthBytes;
    }
  }
}

}  // namespace

void FindSensitiveItems(absl::string_view text,
                        std::vector<SensitiveItem>* items) {
  items->clear();
  MarkAll(text, {0, 0, nullptr, nullptr, items});
}

bool MarkSensitive(absl::string_view text, char mark, char* at) {
  bool is_wide = false;
  MarkAll(text, {mark, mark, at, &is_wide});
  return !is_wide;
}

void FindSensitiveSpans(absl::string_view text, std::vector<Shown>* hidden) {
  hidden->assign(text.size(), Shown::kShown);
  bool is_wide = false;
  MarkAll(text, {static_cast<char>(Shown::kHidden),
                 static_cast<char>(Shown::kHiddenRest),
                 reinterpret_cast<char*>(hidden->data()), &is_wide});
}

}  // namespace sluice::desensitize
