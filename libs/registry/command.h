// Commands as clients make them.
#ifndef SLUICE_LIBS_REGISTRY_COMMAND_H_
#define SLUICE_LIBS_REGISTRY_COMMAND_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/sha256.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

// Largest serialized Command.
inline constexpr size_t kCommandBytesMax = 262'144;

// 128 random bits in hex.
std::string NewCommandId();

// Serializes and signs; sets `id` and `issued_at` where they are empty.
v1::SignedCommand SignCommand(v1::Command command,
                              const crypto::SigningKey& key);

// Command 0 of a new trust domain, signed by the officer's key that it holds.
v1::SignedCommand MakeGenesis(absl::string_view trust_domain,
                              absl::string_view ca_bundle_pem,
                              absl::string_view officer_department,
                              const crypto::SigningKey& officer_key);

// What configurations pin: SHA-256 of the signed bytes.
crypto::Digest CommandDigest(const v1::SignedCommand& command);

// The proof in RotateKey: that the author of the command holds the new key.
std::string MakeRotationProof(absl::string_view old_key_id,
                              const crypto::SigningKey& new_key);

// Parses and checks bounds; not the signature. MALFORMED, OUT_OF_BOUNDS or
// TOO_LARGE. A field path is seen from the entry or the agreement that the
// command holds ("fields[2].name"), otherwise from the command.
absl::StatusOr<v1::Command> ParseCommand(const v1::SignedCommand& command);

// Whether accepting `command` can forbid what was allowed before it. Who sent
// it is then answered when every broker respects it (Membership).
bool TakesSomethingAway(const v1::Command& command);

// The part of ParseCommand that comes after parsing.
absl::Status CheckCommand(const v1::Command& command);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_COMMAND_H_
