// Changing the registry: commands that this client signs.
#ifndef SLUICE_LIBS_CLIENT_COMMANDS_H_
#define SLUICE_LIBS_CLIENT_COMMANDS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/client/connection.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/sha256.h"
#include "sluice/registry/v1/command.pb.h"
#include "sluice/registry/v1/registry_service.pb.h"

namespace sluice::client {

struct CheckedGenesis {
  crypto::Digest digest{};
  registry::v1::Genesis content;
};

// The broker's genesis. WRONG_TRUST_DOMAIN if it is not the one that
// `config.genesis_sha256` pins; where nothing is pinned any is taken.
absl::StatusOr<CheckedGenesis> FetchGenesis(Connection* connection);

// The key that `signing_key_file` names. MALFORMED, saying how to make one, if
// the configuration names none.
absl::StatusOr<crypto::SigningKey> LoadSigningKey(const Connection& connection);

// Signs `command`, whose body alone is set, and submits it. The refusal of the
// registry comes back as an error with its reason and field. A client that pins
// no genesis may not sign (WRONG_TRUST_DOMAIN): it would not know for whom.
absl::StatusOr<registry::v1::SubmitResponse> SubmitCommand(
    Connection* connection, registry::v1::Command command);

// OK if accepted.
absl::Status StatusOf(const registry::v1::Verdict& verdict);

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_COMMANDS_H_
