// The secret keys that every broker holds the same of.
#ifndef SLUICE_SERVICES_PROCESS_SHARED_KEYS_H_
#define SLUICE_SERVICES_PROCESS_SHARED_KEYS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/crypto/key_provider.h"

namespace sluice::process {

// The root from which the keys of all pseudonyms come.
inline constexpr char kPseudonymPurpose[] = "pseudonym";
inline constexpr char kPseudonymRoot[] = "root";

// Keys in `folder`, to which nothing is added: a root that one broker made for
// itself would give a person another pseudonym than the others do. NOT_FOUND
// with the command that makes the root if it is not there.
absl::StatusOr<std::unique_ptr<crypto::KeyProvider>> OpenSharedKeys(
    const std::string& folder);

// What brokers tell each other to see that they hold the same root: 16 bytes,
// from which nothing of it can be found.
absl::StatusOr<std::string> PseudonymRootCheck(crypto::KeyProvider* keys);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_SHARED_KEYS_H_
