// Command 0 of a trust domain, as it lies in a file.
#ifndef SLUICE_SERVICES_PROCESS_GENESIS_FILE_H_
#define SLUICE_SERVICES_PROCESS_GENESIS_FILE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "libs/crypto/sha256.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::process {

// A serialized SignedCommand. NOT_FOUND; CORRUPT if it is none.
absl::StatusOr<registry::v1::SignedCommand> ReadGenesisFile(
    const std::string& path);

struct Trust {
  crypto::Digest genesis_digest = {};
  // Where the configuration names its file.
  std::optional<registry::v1::SignedCommand> genesis;
};

// WRONG_TRUST_DOMAIN if the file holds another genesis than the one pinned, and
// the errors of ReadGenesisFile.
absl::StatusOr<Trust> ReadTrust(const config::v1::PinnedTrust& config);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_GENESIS_FILE_H_
