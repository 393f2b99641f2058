#include "libs/identifiers/bank_card.h"

#include <cassert>

namespace sluice::identifiers {

char LuhnDigit(absl::string_view digits) {
  int sum = 0;
  bool twice = true;
  for (size_t i = digits.size(); i-- > 0; twice = !twice) {
    assert(digits[i] >= '0' && digits[i] <= '9');
    const int digit = digits[i] - '0';
    // Twice a digit counts with its own two digits added up.
    sum += twice ? digit * 2 - (digit > 4 ? 9 : 0) : digit;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

bool IsValidBankCard(absl::string_view number) {
  if (number.size() < kBankCardDigitsMin ||
      number.size() > kBankCardDigitsMax) {
    return false;
  }
  for (const char c : number) {
    if (c < '0' || c > '9') return false;
  }
  return number.back() == LuhnDigit(number.substr(0, number.size() - 1));
}

}  // namespace sluice::identifiers
