// Masks of licence plates, as many in a vector as fit in as they stand side by
// side in the column: what is checked of one is checked of all, a bit a byte.
#ifndef SLUICE_LIBS_DESENSITIZE_PLATE_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_PLATE_ROWS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "libs/desensitize/kept_ends.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// What stays of a licence plate; nothing if `text` is none.
std::optional<KeptEnds> KeptOfPlate(absl::string_view text);

// NewPlateMask of a column, with a symbol of one byte; nothing if the CPU lacks
// what it needs.
std::optional<Treated> MaskPlateRows(const records::Column& column,
                                     char symbol);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_PLATE_ROWS_H_
