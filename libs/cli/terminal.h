// What standard output and error lead to.
#ifndef SLUICE_LIBS_CLI_TERMINAL_H_
#define SLUICE_LIBS_CLI_TERMINAL_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace sluice::cli {

// Where a program's text goes.
struct Terminal {
  // Whether a person reads it as it comes: not a file or a pipe.
  bool is_terminal = false;
  // Columns; 0 where lines may have any length.
  size_t width = 0;
  // Off unless it is a terminal, and off if the environment has NO_COLOR or
  // TERM=dumb (https://no-color.org).
  bool colour = false;
};

// Of STDOUT_FILENO or STDERR_FILENO.
Terminal DetectTerminal(int file_descriptor);

enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow };

// `text` between the escapes for `style`, or as it is where there is no colour.
std::string Styled(const Terminal& terminal, Style style,
                   absl::string_view text);

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_TERMINAL_H_
