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
  // Only where this process made the genesis itself.
  std::optional<crypto::SigningKey> officer;
  crypto::SigningKey broker;
  // By department.
  std::map<std::string, crypto::SigningKey> adapters;
  // Nothing where the configuration pins a genesis that another process keeps.
  std::optional<registry::v1::SignedCommand> genesis;
  crypto::Digest genesis_digest = {};
};

// Loads what is there and makes what is missing. MALFORMED, naming the option,
// if the genesis on disk is not the one the configuration pins, or if a first
// start lacks what a genesis takes.
absl::StatusOr<OwnKeys> LoadOrMakeKeys(
    const config::v1::StandaloneConfig& config);

// Enrols the configured departments and this process' own keys as far as the
// registry does not know them. WRONG_STATE, with the command that mends it, if
// one is missing and this process is not the officer.
absl::Status EnrolOwnKeys(const config::v1::StandaloneConfig& config,
                          const OwnKeys& keys, registry::Registry* registry);

}  // namespace sluice::standalone

#endif  // SLUICE_SERVICES_STANDALONE_OWN_KEYS_H_
