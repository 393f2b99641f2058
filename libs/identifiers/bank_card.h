// Bank card numbers: 13 to 19 digits, the last by Luhn's rule (ISO/IEC 7812).
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_BANK_CARD_H_
#define SLUICE_LIBS_IDENTIFIERS_BANK_CARD_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

inline constexpr size_t kBankCardDigitsMin = 13;
inline constexpr size_t kBankCardDigitsMax = 19;
// The issuer's part.
inline constexpr size_t kIssuerDigits = 6;

// The digit to put behind ASCII digits (asserted).
char LuhnDigit(absl::string_view digits);

bool IsValidBankCard(absl::string_view number);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_BANK_CARD_H_
