#include "libs/desensitize/sensitive_spans.h"

#include <array>
#include <cstddef>

#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/contact.h"
#include "libs/identifiers/resident_id.h"

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

void HideCharacters(const Number& number, size_t from, size_t to,
                    std::vector<uint8_t>* hidden) {
  for (size_t i = from; i < to; ++i) (*hidden)[number.at[i]] = 1;
}

// False if it is no number that is looked for.
bool HideNumber(const Number& number, std::vector<uint8_t>* hidden) {
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
  if (!identifiers::IsValidResidentId(text) &&
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

// Hides what the digits from `begin` on are; returns behind them.
size_t HideDigitsFrom(absl::string_view text, size_t begin,
                      std::vector<uint8_t>* hidden) {
  Number grouped;
  const size_t end = ReadNumber(text, begin, true, &grouped);
  if (HideNumber(grouped, hidden)) return end;
  // Several numbers with a space between them.
  size_t at = begin;
  while (at < end) {
    Number plain;
    at = ReadNumber(text, at, false, &plain);
    HideNumber(plain, hidden);
    while (at < end && !IsDigit(text[at])) ++at;
  }
  return end;
}

void HideEmail(absl::string_view text, size_t at,
               std::vector<uint8_t>* hidden) {
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
  for (size_t i = first; i < at; ++i) (*hidden)[i] = 1;
}

}  // namespace

void FindSensitiveSpans(absl::string_view text, std::vector<uint8_t>* hidden) {
  hidden->assign(text.size(), 0);
  for (size_t i = 0; i < text.size();) {
    if (IsDigit(text[i])) {
      i = HideDigitsFrom(text, i, hidden);
    } else {
      if (text[i] == '@') HideEmail(text, i, hidden);
      ++i;
    }
  }
}

}  // namespace sluice::desensitize
