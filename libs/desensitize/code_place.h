// Where the translation of a column's codes has come to.
#ifndef SLUICE_LIBS_DESENSITIZE_CODE_PLACE_H_
#define SLUICE_LIBS_DESENSITIZE_CODE_PLACE_H_

#include <cstddef>
#include <cstdint>

namespace sluice::desensitize {

struct CodePlace {
  uint32_t row = 0;
  // How many bytes the translations of the rows before it have.
  size_t end = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CODE_PLACE_H_
