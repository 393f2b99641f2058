// Amounts of money in a currency's main unit: how they are written, and how
// large they can be.
//
// At most four places behind the point: no currency of ISO 4217 has a smaller
// minor unit. Below 1,000,000,000,000,000 in size: more than all money there
// is, so that what is larger is an amount in another column's place (an account
// number, a time).
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_MONEY_AMOUNT_H_
#define SLUICE_LIBS_IDENTIFIERS_MONEY_AMOUNT_H_

#include <cstdint>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"

namespace sluice::identifiers {

inline constexpr int64_t kAmountEnd = 1'000'000'000'000'000;
inline constexpr int kAmountPlacesMax = 4;

// -12.50, 0, 350.0000. No thousands separators, currency signs, exponents or
// leading zeros.
bool IsAmountText(absl::string_view text);

// Of a column of whole numbers, which may be hundredths (fen).
bool IsAmount(int64_t number);

// False for what is not finite.
bool IsAmount(double number);

// Of an unscaled decimal with `scale` digits behind the point, 0 to 38.
bool IsAmount(absl::int128 unscaled, uint32_t scale);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_MONEY_AMOUNT_H_
