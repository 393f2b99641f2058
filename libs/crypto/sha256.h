// SHA-256, HMAC-SHA256 and HKDF-SHA256 (FIPS 180-4, RFC 2104, RFC 5869), on
// OpenSSL.
#ifndef SLUICE_LIBS_CRYPTO_SHA256_H_
#define SLUICE_LIBS_CRYPTO_SHA256_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/crypto/digest.h"
#include "libs/crypto/keyed_digest.h"

namespace sluice::crypto {

// `bytes` as a digest; it must be kDigestBytes long (asserted).
Digest DigestFrom(absl::string_view bytes);

Digest Sha256(absl::string_view bytes);

// Hashes a message that comes in pieces. Not thread-safe.
class Sha256Hasher {
 public:
  Sha256Hasher();
  ~Sha256Hasher();
  Sha256Hasher(const Sha256Hasher&) = delete;
  Sha256Hasher& operator=(const Sha256Hasher&) = delete;

  void Update(absl::string_view bytes);

  // The digest of all that was given; the object starts again from nothing.
  Digest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// HMAC under one key, with the key's inner and outer blocks hashed beforehand:
// a short message costs two compressions. Thread-safe once made.
class HmacSha256 : public KeyedDigest {
 public:
  explicit HmacSha256(absl::string_view key);
  ~HmacSha256() override;
  HmacSha256(const HmacSha256&) = delete;
  HmacSha256& operator=(const HmacSha256&) = delete;

  Digest Compute(absl::string_view message) const;

  // Several short texts side by side, on the CPU's SHA instructions where it
  // has them.
  void ComputeMany(char prefix, const absl::string_view* texts, size_t count,
                   Digest* digests) const override;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

// HKDF extract and expand; `length` at most 8,160.
std::string HkdfSha256(absl::string_view secret, absl::string_view salt,
                       absl::string_view info, size_t length);

// Whether two strings are equal, in time that depends only on their length.
bool ConstantTimeEqual(absl::string_view a, absl::string_view b);

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_SHA256_H_
