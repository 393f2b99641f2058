// Masks that hide characters by their place, over texts of many lengths and
// scripts: one text of up to 64 bytes is one vector, and the places of its
// characters are bits.
#ifndef SLUICE_LIBS_DESENSITIZE_HIDE_ROWS_H_
#define SLUICE_LIBS_DESENSITIZE_HIDE_ROWS_H_

#include <cstddef>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Which characters of a text are hidden. Counts start at 0.
// All but the first and last ones; all if there are no more than these.
struct HideBetween {
  size_t first;
  size_t last;
};
// Those from `begin` on and before `end`. A text that ends before is
// untreatable.
struct HideInside {
  size_t begin;
  size_t end;
};
// All others; all if that would hide nothing.
struct HideOutside {
  size_t begin;
  size_t end;
};
// Those before the first `character`; all if there are none.
struct HideBefore {
  absl::string_view character;
};
// Those behind the last `character`; all if there are none.
struct HideBehind {
  absl::string_view character;
};
using HideRule =
    std::variant<HideBetween, HideInside, HideOutside, HideBefore, HideBehind>;

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
