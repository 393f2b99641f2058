// A treatment's numbers as values of a column.
#ifndef SLUICE_LIBS_DESENSITIZE_TREATMENT_NUMBER_H_
#define SLUICE_LIBS_DESENSITIZE_TREATMENT_NUMBER_H_

#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/numeric/int128.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/decimal_text.h"

namespace sluice::desensitize {

// What `text` is among values of type T, which are counted in 10^-scale unless
// they are doubles. 0 of no number: what is resolved has been checked.
template <typename T>
T TreatmentNumber(const std::string& text, uint32_t scale) {
  if constexpr (std::is_same_v<T, double>) {
    return ParseDouble(AsView(text)).value_or(0);
  } else {
    return static_cast<T>(
        ParseDecimal(AsView(text), scale).value_or(absl::int128(0)));
  }
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TREATMENT_NUMBER_H_
