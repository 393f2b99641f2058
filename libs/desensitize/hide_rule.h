// Which characters of a text a mask hides. Counts start at 0.
#ifndef SLUICE_LIBS_DESENSITIZE_HIDE_RULE_H_
#define SLUICE_LIBS_DESENSITIZE_HIDE_RULE_H_

#include <cstddef>
#include <variant>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

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

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_HIDE_RULE_H_
