// What a mask leaves of a text whose form it knows.
#ifndef SLUICE_LIBS_DESENSITIZE_KEPT_ENDS_H_
#define SLUICE_LIBS_DESENSITIZE_KEPT_ENDS_H_

#include <cstddef>

namespace sluice::desensitize {

// Bytes that stay at both ends of a text. All between is ASCII and is hidden.
struct KeptEnds {
  size_t head;
  size_t tail;
};

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_KEPT_ENDS_H_
