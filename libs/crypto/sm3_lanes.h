// The two compressions of an HMAC-SM3 over a short message, for many messages
// side by side. Internal to libs/crypto; HmacSm3 is the way in.
#ifndef SLUICE_LIBS_CRYPTO_SM3_LANES_H_
#define SLUICE_LIBS_CRYPTO_SM3_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "libs/crypto/digest.h"
#include "libs/crypto/hmac_blocks.h"

namespace sluice::crypto {

// T of each round, rotated as the round wants it.
extern const std::array<uint32_t, 64> kSm3Constants;

// As an HmacBlocks: sixteen messages at once with AVX-512, eight with AVX2,
// four elsewhere.
void HmacSm3Blocks(const HashState& inner, const HashState& outer,
                   const HashBlock* blocks, size_t count, Digest* digests);

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_SM3_LANES_H_
