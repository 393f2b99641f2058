// Decimal numbers as people write them in a treatment.
#ifndef SLUICE_LIBS_DESENSITIZE_DECIMAL_TEXT_H_
#define SLUICE_LIBS_DESENSITIZE_DECIMAL_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// "-12.50" times 10^scale, exactly; nothing if it is no such number, has more
// than `scale` decimals that are not zero, or more than 38 digits. No exponent,
// no +, and digits on both sides of a point.
std::optional<absl::int128> ParseDecimal(absl::string_view text,
                                         uint32_t scale);

// The same as a double.
std::optional<double> ParseDouble(absl::string_view text);

// Whether the number that `text` is, without its sign, is 10^-scale or more.
bool ReachesUnit(absl::string_view text, uint32_t scale);

// The shortest text of the number that `text` is: "0.5" of "00.50". Of no
// number an empty one.
std::string ShortestDecimal(absl::string_view text);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DECIMAL_TEXT_H_
