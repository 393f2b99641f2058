// Luhn's rule for many numbers of one length at once.
#ifndef SLUICE_LIBS_DESENSITIZE_LUHN_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_LUHN_ROWS_H_

#include <cstddef>

namespace sluice::desensitize {

// Whether each of the `count` numbers of `length` ASCII digits (13 to 19), one
// behind the other, ends with its check digit.
bool HaveLuhnDigits(const char* numbers, size_t count, size_t length);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_LUHN_ROWS_H_
