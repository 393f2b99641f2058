#include "libs/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace sluice::cli {
namespace {

// Where a terminal does not tell.
constexpr size_t kWidthDefault = 80;

bool ColourWanted() {
  const char* const no_colour = std::getenv("NO_COLOR");
  if (no_colour != nullptr && *no_colour != '\0') return false;
  const char* const term = std::getenv("TERM");
  return term != nullptr && absl::string_view(term) != "dumb";
}

absl::string_view Escape(Style style) {
  switch (style) {
    case Style::kBold:
      return "\x1B[1m";
    case Style::kDim:
      return "\x1B[2m";
    case Style::kRed:
      return "\x1B[31m";
    case Style::kGreen:
      return "\x1B[32m";
    case Style::kYellow:
      return "\x1B[33m";
    case Style::kPlain:
      break;
  }
  return "";
}

}  // namespace

Terminal DetectTerminal(int file_descriptor) {
  Terminal terminal;
  terminal.is_terminal = ::isatty(file_descriptor) == 1;
  if (!terminal.is_terminal) return terminal;
  winsize size{};
  const bool told = ::ioctl(file_descriptor, TIOCGWINSZ, &size) == 0;
  terminal.width = told && size.ws_col > 0 ? size.ws_col : kWidthDefault;
  terminal.colour = ColourWanted();
  return terminal;
}

std::string Styled(const Terminal& terminal, Style style,
                   absl::string_view text) {
  if (!terminal.colour || style == Style::kPlain) return std::string(text);
  return absl::StrCat(Escape(style), text, "\x1B[0m");
}

}  // namespace sluice::cli
