// Passport numbers, by their form alone: no issuing state publishes a check
// character for the number as people write it (the check digit of the
// machine-readable zone is not part of it).
//
// The form is ICAO's (Doc 9303, part 4): upper case letters and digits, nine
// places at most in the machine-readable zone. China's fill all nine: E, EA to
// EZ, G, D, S, P, SE, DE, PE and the SARs' letters with seven or eight digits.
// The letters in use change with each series, so that a list of them would
// refuse the next; and a register of foreign residents holds all states' forms.
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_PASSPORT_H_
#define SLUICE_LIBS_IDENTIFIERS_PASSPORT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

// Shorter ones may exist and are not known here.
inline constexpr size_t kPassportLengthMin = 6;
inline constexpr size_t kPassportLengthMax = 9;

// E12345678, EA1234567, C01X00T47. At least one digit, so that no word passes;
// no lower case, separator or filler (<). Travel permits of eleven characters
// (港澳居民来往内地通行证 with its issue number) are no passports.
bool IsPassportNumber(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_PASSPORT_H_
