// Comparing integers in vectors that have no unsigned comparison.
#ifndef SLUICE_LIBS_DESENSITIZE_BEYOND_BIT_H_
#define SLUICE_LIBS_DESENSITIZE_BEYOND_BIT_H_

#include "libs/base/cpu_level.h"

namespace sluice::desensitize {

// Its highest bit is set where `number` is not below `count`, itself at most
// half of what the type holds. The lower bits say nothing.
template <typename Unsigned>
SLUICE_ANY_LEVEL inline Unsigned BeyondBit(Unsigned number, Unsigned count) {
  return number | (count - 1 - number);
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_BEYOND_BIT_H_
