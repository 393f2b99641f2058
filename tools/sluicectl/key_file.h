// Signing keys in files that are private from the first byte and never
// replaced.
#ifndef SLUICE_TOOLS_SLUICECTL_KEY_FILE_H_
#define SLUICE_TOOLS_SLUICECTL_KEY_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "libs/crypto/ed25519.h"

namespace sluice::sluicectl {

// A new key at `path`. ALREADY_EXISTS if something is there.
absl::StatusOr<crypto::SigningKey> CreateKey(const std::string& path);

// The key at `path`, made if nothing is there.
absl::StatusOr<crypto::SigningKey> LoadOrCreateKey(const std::string& path);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_KEY_FILE_H_
