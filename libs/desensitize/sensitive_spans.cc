#include "libs/desensitize/sensitive_spans.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/resident_id.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace sluice::desensitize {
namespace {

constexpr size_t kDigitsMax = identifiers::kBankCardDigitsMax;
constexpr size_t kCountryDigits = 2;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSeparator(char c) { return c == ' ' || c == '-'; }

// A number and where in the text its characters stand.
struct Number {
  std::array<char, kDigitsMax + 1> characters;
  std::array<size_t, kDigitsMax + 1> at;
  size_t size = 0;
  // More digits than any number looked for.
  bool too_long = false;

  void Add(char c, size_t position) {
    if (size == characters.size()) {
      too_long = true;
      return;
    }
    characters[size] = c;
    at[size++] = position;
  }
  absl::string_view View(size_t from = 0) const {
    return absl::string_view(characters.data() + from, size - from);
  }
};

// What is written over the bytes of a text that are to be hidden.
struct Marks {
  char mark;
  char* at;

  void Put(size_t begin, size_t end) const {
    for (size_t i = begin; i < end; ++i) at[i] = mark;
  }
};

void HideCharacters(const Number& number, size_t from, size_t to,
                    const Marks& marks) {
  for (size_t i = from; i < to; ++i) marks.at[number.at[i]] = marks.mark;
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
    HideCharacters(number, from + 3, from + 7, marks);
    return true;
  }
  if (!identifiers::IsValidResidentId(text) &&
      !identifiers::IsValidBankCard(text)) {
    return false;
  }
  HideCharacters(number, 6, number.size - 4, marks);
  return true;
}

// Reads digits from `begin`; with `grouped`, one separator may stand between
// two. An X behind seventeen digits belongs to them. Returns behind it.
size_t ReadNumber(absl::string_view text, size_t begin, bool grouped,
                  Number* number) {
  size_t at = begin;
  while (at < text.size()) {
    if (IsDigit(text[at])) {
      number->Add(text[at], at);
      ++at;
    } else if (grouped && IsSeparator(text[at]) && at + 1 < text.size() &&
               IsDigit(text[at + 1])) {
      ++at;
    } else {
      break;
    }
  }
  if (number->size == identifiers::kResidentIdLength - 1 && at < text.size() &&
      (text[at] == 'X' || text[at] == 'x')) {
    number->Add('X', at);
    ++at;
  }
  return at;
}

// How many digits stand in a row from `begin` on.
size_t DigitsFrom(absl::string_view text, size_t begin) {
  size_t at = begin;
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at - begin;
}

// Whether digits that stand before `end` go on behind a separator.
bool GoesOnAt(absl::string_view text, size_t end) {
  return end + 1 < text.size() && IsSeparator(text[end]) &&
         IsDigit(text[end + 1]);
}

// Hides what the digits from `begin` on are; returns behind them.
size_t HideDigitsFrom(absl::string_view text, size_t begin,
                      const Marks& marks) {
  // Most numbers in prose are short, or plain mobile numbers.
  const size_t digits = DigitsFrom(text, begin);
  if (digits <= identifiers::kMobileDigits && !GoesOnAt(text, begin + digits)) {
    if (digits == identifiers::kMobileDigits && text[begin] == '1' &&
        text[begin + 1] >= '3') {
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
    while (at < end && !IsDigit(text[at])) ++at;
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
  const size_t first = at - begin > 1 ? begin + 1 : begin;
  marks.Put(first, at);
}

// Where from `at` on the next digit or @ stands, with which all that is looked
// for begins or is found; the end if there is none.
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
      const __m128i at_signs = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('@'));
      const auto found = static_cast<uint32_t>(_mm_movemask_epi8(
                             _mm_or_si128(digits, at_signs))) >>
                         (at - from);
      if (found != 0) return at + static_cast<size_t>(std::countr_zero(found));
      at = from + kBytes;
    }
    return text.size();
  }
#endif
  while (at < text.size() && !IsDigit(text[at]) && text[at] != '@') ++at;
  return at;
}

}  // namespace

void MarkSensitive(absl::string_view text, char mark, char* at) {
  const Marks marks = {mark, at};
  for (size_t i = NextCandidate(text, 0); i < text.size();
       i = NextCandidate(text, i)) {
    if (text[i] == '@') {
      HideEmail(text, i, marks);
      ++i;
    } else {
      i = HideDigitsFrom(text, i, marks);
    }
  }
}

void FindSensitiveSpans(absl::string_view text, std::vector<uint8_t>* hidden) {
  hidden->assign(text.size(), 0);
  MarkSensitive(text, 1, reinterpret_cast<char*>(hidden->data()));
}

}  // namespace sluice::desensitize
