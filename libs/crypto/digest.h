// The output of the hash functions used here: 32 bytes.
#ifndef SLUICE_LIBS_CRYPTO_DIGEST_H_
#define SLUICE_LIBS_CRYPTO_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::crypto {

inline constexpr size_t kDigestBytes = 32;
using Digest = std::array<uint8_t, kDigestBytes>;

// The bytes of `digest`, which must outlive the view.
inline absl::string_view DigestView(const Digest& digest) {
  return absl::string_view(reinterpret_cast<const char*>(digest.data()),
                           digest.size());
}

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_DIGEST_H_
