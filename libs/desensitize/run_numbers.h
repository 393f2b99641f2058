// Which groups of a run of digits are numbers of persons.
#ifndef SLUICE_LIBS_DESENSITIZE_RUN_NUMBERS_H_
#define SLUICE_LIBS_DESENSITIZE_RUN_NUMBERS_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/sensitive_kind.h"

namespace sluice::desensitize {

// Of the eleven digits of a mobile number the first ones are shown, then some
// are hidden.
inline constexpr size_t kMobileHead = 3;
inline constexpr size_t kMobileHidden = 4;

// Of eleven ASCII digits.
inline bool AreMobileNumber(const char* digits) {
  return digits[0] == '1' && digits[1] >= '3';
}

// Characters of a run that are a number, and those of them that are hidden.
struct RunNumber {
  SensitiveKind kind;
  size_t begin;
  size_t end;
  size_t hidden_begin;
  size_t hidden_end;
};

// Calls `found` for each number that any groups in a row of `run` are, as
// FindSensitiveSpans knows them, in ascending order of where they begin and
// then of where they end; they may overlap. Takes time that grows with the
// run's length, whatever its digits are.
void FindRunNumbers(const DigitRun& run,
                    absl::FunctionRef<void(const RunNumber&)> found);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_RUN_NUMBERS_H_
