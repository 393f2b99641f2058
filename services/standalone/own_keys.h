// The signing keys and the genesis that a standalone process keeps for itself,
// and what it enrols with them at its first start.
#ifndef SLUICE_SERVICES_STANDALONE_OWN_KEYS_H_
#define SLUICE_SERVICES_STANDALONE_OWN_KEYS_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/crypto/ed25519.h"
#include "libs/registry/registry.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::standalone {

// Files, all in `<data_dir>/keys/signing`, mode 0600: officer.pem, broker.pem
// and adapter-<department>.pem; and `<data_dir>/genesis.bin`.
struct OwnKeys {
  // Only where this process made the genesis itself and the file is still
  // there: it may be moved to a safe place after the first start.
  std::optional<crypto::SigningKey> officer;
  crypto::SigningKey broker;
  // By department.
  std::map<std::string, crypto::SigningKey> adapters;
  // Nothing where the configuration pins a genesis that another process keeps.
  std::optional<registry::v1::SignedCommand> genesis;
  crypto::Digest genesis_digest = {};
};

// Loads what is there and makes what is missing, but an officer only together
// with a genesis. Errors that name the option: WRONG_TRUST_DOMAIN if the
// genesis on disk is not the one the configuration pins, MALFORMED if a first
// start lacks what a genesis takes. Stopped at any point, the next call goes
// on.
absl::StatusOr<OwnKeys> LoadOrMakeKeys(
    const config::v1::StandaloneConfig& config);

// Enrols the configured departments and this process' own keys as far as the
// registry does not know them. Without the officer's key a missing department
// is logged, and a missing key is WRONG_STATE with the command that mends it.
absl::Status EnrolOwnKeys(const config::v1::StandaloneConfig& config,
                          const OwnKeys& keys, registry::Registry* registry);

}  // namespace sluice::standalone

#endif  // SLUICE_SERVICES_STANDALONE_OWN_KEYS_H_
