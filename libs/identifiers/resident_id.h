// Resident identity numbers (GB 11643): 17 digits and a check character.
//
// Digits 1-6 are the region of first registration, 7-14 the birth date, 15-17 a
// sequence number that is odd for men. The check character is a digit or 'X'.
// Numbers given out before 1999-10-01 had 15 digits: no century and no check
// character. They are valid no more and still stand in registers.
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_RESIDENT_ID_H_
#define SLUICE_LIBS_IDENTIFIERS_RESIDENT_ID_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

inline constexpr size_t kResidentIdLength = 18;
inline constexpr size_t kOldResidentIdLength = 15;

// Whether `id` is 17 digits with a birth date that exists (year 1800 or later),
// and a digit or X behind them, be it the right one or not.
bool HasResidentIdForm(absl::string_view id);

// The check character that belongs to 17 digits. Dies unless `digits` is
// exactly 17 ASCII digits.
char ResidentIdCheckCharacter(absl::string_view digits);

// Whether `id` has that form and the right check character. A lower-case 'x' is
// refused: systems that compare text would take it for another person. Whether
// the region exists is not looked at; regions are merged and renamed, numbers
// stay.
bool IsValidResidentId(absl::string_view id);

// Whether `id` is 15 digits whose 7th to 12th are a day that existed in the
// 1900s. One in 27 strings of 15 digits is: no check character says more.
bool IsOldResidentId(absl::string_view id);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_RESIDENT_ID_H_
