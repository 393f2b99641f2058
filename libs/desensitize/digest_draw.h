// Numbers drawn out of a digest: the same digest always gives the same.
#ifndef SLUICE_LIBS_DESENSITIZE_DIGEST_DRAW_H_
#define SLUICE_LIBS_DESENSITIZE_DIGEST_DRAW_H_

#include <cstdint>

#include "libs/base/endian.h"
#include "libs/crypto/digest.h"

namespace sluice::desensitize {

// Above 0 and at most 1, of 8 bytes.
inline double DrawUniform(const uint8_t* bytes) {
  constexpr double kSteps = 9007199254740992.0;  // 2^53
  return (static_cast<double>(LoadBig64(bytes) >> 11) + 0.5) / kSteps;
}

// 0 to count - 1, of the first 16 bytes, so that none is likelier than another
// by more than one in 2^64. `count` is not 0.
inline uint64_t DrawBelow(uint64_t count, const crypto::Digest& digest) {
  __extension__ using Uint128 = unsigned __int128;
  const Uint128 number = static_cast<Uint128>(LoadBig64(digest.data())) << 64 |
                         LoadBig64(digest.data() + 8);
  return static_cast<uint64_t>(number % count);
}

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_DIGEST_DRAW_H_
