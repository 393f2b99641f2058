// Codes of administrative divisions: GB/T 2260 and the statistical ones below
// it.
#ifndef SLUICE_LIBS_DESENSITIZE_DIVISION_CODE_H_
#define SLUICE_LIBS_DESENSITIZE_DIVISION_CODE_H_

#include <cstddef>

#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// A village's code, the longest there is.
inline constexpr size_t kDivisionCodeDigitsMax = 12;

// Digits from the start of a code that say its division at `level`; 0 if
// `level` is not set or unknown.
size_t DivisionDigits(agreement::v1::DivisionLevel::Level level);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DIVISION_CODE_H_
