// Masks that hide characters by their place, over texts of many lengths and
// scripts: one text of up to 64 bytes is one vector, and the places of its
// characters are bits.
#ifndef SLUICE_LIBS_DESENSITIZE_HIDE_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_HIDE_ROWS_H_

#include "absl/functional/function_ref.h"
#include "libs/desensitize/hide_rule.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Whether this CPU has what HideRows needs.
bool CanHideRows();

// TreatTexts of a column whose hidden characters become `symbol`. `treat`
// follows the same rule; it is asked about longer texts.
Treated HideRows(
    const records::Column& column, const HideRule& rule, char symbol,
    absl::FunctionRef<char*(const char* begin, const char* end, char* out)>
        treat);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_HIDE_ROWS_H_
