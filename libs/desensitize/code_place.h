// Where the translation of a column's codes has come to.
#ifndef SLUICE_LIBS_DESENSITIZE_CODE_PLACE_H_
#define SLUICE_LIBS_DESENSITIZE_CODE_PLACE_H_

#include <cstddef>
#include <cstdint>

namespace sluice::desensitize {

// A row, and how many bytes the translations of the rows before it have.
struct CodePlace {
  uint32_t row = 0;
  size_t end = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CODE_PLACE_H_
