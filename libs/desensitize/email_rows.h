// E-mail addresses, several in a vector as they stand side by side in a column:
// what is checked of one is checked of all by the same additions and shifts of
// bits, a bit a byte.
#ifndef SLUICE_LIBS_DESENSITIZE_EMAIL_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_EMAIL_ROWS_H_

#include <optional>

#include "libs/desensitize/kept_ends.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// What stays of an e-mail address; nothing if `text` is none.
std::optional<KeptEnds> KeptOfEmail(absl::string_view text);

// The e-mail mask of a column; nothing where the CPU has no such vectors.
std::optional<Treated> MaskEmailRows(const records::Column& column,
                                     char symbol);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_EMAIL_ROWS_H_
