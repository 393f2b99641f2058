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
  // Rows are looked up one by one up to this one, and how many they are: the
  // more, the more often they are no codes.
  uint32_t one_by_one_to = 0;
  uint32_t one_by_one = 0;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CODE_PLACE_H_
