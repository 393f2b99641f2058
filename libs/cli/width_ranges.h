// Which characters take no column on a terminal, and which take two. Data for
// display_width.cc.
#ifndef SLUICE_LIBS_CLI_WIDTH_RANGES_H_
#define SLUICE_LIBS_CLI_WIDTH_RANGES_H_

#include <cstddef>

namespace sluice::cli {

// Both ends inclusive.
struct CodePointRange {
  char32_t first;
  char32_t last;
};

// Ascending and apart from each other.
extern const CodePointRange kZeroWidth[];
extern const size_t kZeroWidthCount;
extern const CodePointRange kDoubleWidth[];
extern const size_t kDoubleWidthCount;

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_WIDTH_RANGES_H_
