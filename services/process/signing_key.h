// A process' own signing key: its file, and whether the registry knows it.
#ifndef SLUICE_SERVICES_PROCESS_SIGNING_KEY_H_
#define SLUICE_SERVICES_PROCESS_SIGNING_KEY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/crypto/ed25519.h"
#include "libs/registry/registry.h"

namespace sluice::process {

// The key of the configuration's `signing_key_file`. NOT_FOUND with the command
// that makes one.
absl::StatusOr<crypto::SigningKey> LoadSigningKey(const std::string& path);

// OK if the registry has the key as an active one of this department and role.
// Otherwise UNKNOWN_KEY with the command that enrols it, KEY_REVOKED for one
// that has ended, ROLE_NOT_ALLOWED for one that is enrolled as something else.
absl::Status CheckEnrolled(const registry::Registry& registry,
                           const crypto::PublicKey& key,
                           const std::string& department,
                           registry::v1::Role role);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_SIGNING_KEY_H_
