// SM3 and HMAC-SM3 (GB/T 32905, GM/T 0004). OpenSSL's SM3 is reached through
// EVP alone, which allocates for each digest; this one does not.
#ifndef SLUICE_LIBS_CRYPTO_SM3_H_
#define SLUICE_LIBS_CRYPTO_SM3_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/crypto/digest.h"
#include "libs/crypto/keyed_digest.h"

namespace sluice::crypto {

Digest Sm3(absl::string_view bytes);

// HMAC-SM3 under one key, with the key's blocks hashed beforehand. Thread-safe
// once made.
class HmacSm3 : public KeyedDigest {
 public:
  explicit HmacSm3(absl::string_view key);
  ~HmacSm3() override;
  HmacSm3(const HmacSm3&) = delete;
  HmacSm3& operator=(const HmacSm3&) = delete;

  Digest Compute(absl::string_view message) const;
  void ComputeMany(char prefix, const absl::string_view* texts, size_t count,
                   Digest* digests) const override;

 private:
  std::array<uint32_t, 8> inner_;
  std::array<uint32_t, 8> outer_;
};

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_SM3_H_
