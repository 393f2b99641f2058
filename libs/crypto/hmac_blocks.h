// The two compressions of an HMAC-SHA256 over a short message, for many
// messages at once. Internal to libs/crypto; HmacSha256 is the way in.
#ifndef SLUICE_LIBS_CRYPTO_HMAC_BLOCKS_H_
#define SLUICE_LIBS_CRYPTO_HMAC_BLOCKS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "libs/crypto/digest.h"

namespace sluice::crypto {

inline constexpr size_t kHashBlockBytes = 64;
// Behind the text of a block come a one bit and the length in 8 bytes.
inline constexpr size_t kHashBlockTextMax = 55;

using HashState = std::array<uint32_t, 8>;
// The last block of a message, padded.
using HashBlock = std::array<uint8_t, kHashBlockBytes>;

// digests[i] becomes the HMAC whose inner hash is `inner` followed by
// blocks[i] and whose outer hash starts at `outer`.
using HmacBlocks = void (*)(const HashState& inner, const HashState& outer,
                            const HashBlock* blocks, size_t count,
                            Digest* digests);

void HmacBlocksPortable(const HashState& inner, const HashState& outer,
                        const HashBlock* blocks, size_t count, Digest* digests);

// With the CPU's SHA instructions, two messages interleaved; null where there
// are none.
HmacBlocks HmacBlocksInPairs();

// With AVX-512, sixteen messages side by side, which takes half of the time
// again; null where there is none.
HmacBlocks HmacBlocksSixteenWide();

// The one to use on this CPU.
HmacBlocks FastestHmacBlocks();

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_HMAC_BLOCKS_H_
