// Codes of administrative divisions: two digits for the province, two for the
// city, two for the county (GB/T 2260), and in the statistical codes three for
// the street and three for the village.
//
// A code is held to its length and its province. Whether the division below it
// exists is not looked at: they are merged and renumbered every year, and old
// codes stay in registers.
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_DIVISION_CODE_H_
#define SLUICE_LIBS_IDENTIFIERS_DIVISION_CODE_H_

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

// Whether two digits are a province, autonomous region, municipality or special
// administrative region of GB/T 2260: 11 to 82.
bool IsProvinceCode(absl::string_view digits);

// 11, 1101, 110105, 110105001 or 110105001001; the longer ones may be filled
// with zeros (110000).
bool IsDivisionCode(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_DIVISION_CODE_H_
