// A digest under a secret key: what pseudonyms, noise and surrogates are made
// of.
#ifndef SLUICE_LIBS_CRYPTO_KEYED_DIGEST_H_
#define SLUICE_LIBS_CRYPTO_KEYED_DIGEST_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "libs/crypto/digest.h"

namespace sluice::crypto {

// Immutable and thread-safe.
class KeyedDigest {
 public:
  virtual ~KeyedDigest() = default;

  // digests[i] becomes the digest of the byte `prefix` followed by texts[i].
  // Allocates nothing. A text of up to 54 bytes costs two compressions; many
  // texts in one call cost less than one call each.
  virtual void ComputeMany(char prefix, const absl::string_view* texts,
                           size_t count, Digest* digests) const = 0;
};

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_KEYED_DIGEST_H_
