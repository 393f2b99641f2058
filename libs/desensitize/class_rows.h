// The classes mask over texts that are mostly of Han characters: many texts at
// a time where nothing else is in them, else one in a vector. For CPUs that
// have AVX2 alone.
#ifndef SLUICE_LIBS_DESENSITIZE_CLASS_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_CLASS_ROWS_H_

#if defined(__x86_64__)

#include "absl/functional/function_ref.h"
#include "libs/base/cpu_level.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Writes what stands for the text from `begin` to `end`, not more bytes than it
// has. Returns the end of it; null if there is nothing to hide.
using WriteClasses =
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>;

// NewClassesMask of a column, with a symbol of one byte. `write` does the same
// for the texts that are none of these.
SLUICE_AVX2 Treated MaskClassRows(const records::Column& column, char symbol,
                                  WriteClasses write);

}  // namespace sluice::desensitize

#endif  // defined(__x86_64__)

#endif  // SLUICE_LIBS_DESENSITIZE_CLASS_ROWS_H_
