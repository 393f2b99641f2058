// A signing key as the registry holds it, ready to verify with.
#ifndef SLUICE_LIBS_REGISTRY_KNOWN_KEY_H_
#define SLUICE_LIBS_REGISTRY_KNOWN_KEY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/crypto/ed25519.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

// A signing key and whose it is.
struct KnownKey {
  v1::SigningKey info;
  crypto::PublicKey key;
};

using KeyPtr = std::shared_ptr<const KnownKey>;

// MALFORMED unless info.public_key is a public key.
absl::StatusOr<KeyPtr> MakeKnownKey(v1::SigningKey info);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_KNOWN_KEY_H_
