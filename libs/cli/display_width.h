// How much room text takes on a terminal: Han and full-width characters take
// two columns, combining marks none.
#ifndef SLUICE_LIBS_CLI_DISPLAY_WIDTH_H_
#define SLUICE_LIBS_CLI_DISPLAY_WIDTH_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// 0, 1 or 2 columns. Control characters count 1: show them escaped.
int CharacterWidth(char32_t character);

// Columns of all characters together; a byte that is not UTF-8 counts 1.
size_t DisplayWidth(absl::string_view text);

// `text` if it fits into `columns`; else as much of it as fits before a "…".
// Characters stay with their combining marks. Empty for 0 columns.
std::string TruncateToWidth(absl::string_view text, size_t columns);

// `text` as it may be sent to a terminal: control characters, and those that
// turn the direction of what follows, appear as \n, \x1b or \u202e, so that
// data can neither move the cursor nor pass for something else. A byte that is
// not UTF-8 becomes U+FFFD.
std::string Printable(absl::string_view text);

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_DISPLAY_WIDTH_H_
