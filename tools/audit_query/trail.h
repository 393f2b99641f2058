// A broker's trail as its auditor reads it: nothing is believed that a
// signature or a hash does not show.
#ifndef SLUICE_TOOLS_AUDIT_QUERY_TRAIL_H_
#define SLUICE_TOOLS_AUDIT_QUERY_TRAIL_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/audit/checkpoint.h"
#include "libs/client/connection.h"
#include "sluice/registry/v1/command.pb.h"
#include "tools/audit_query/checkpoint_file.h"

namespace sluice::audit_query {

// The newest checkpoint; its signature holds under the key the broker names,
// about which CheckTrailKey has the say.
absl::StatusOr<SignedCheckpoint> FetchCheckpoint(
    client::Connection* connection);

// OK if the registry holds the verifier's key as a BROKER's, not revoked, of
// the department and trust domain that the origin names. UNKNOWN_KEY,
// KEY_REVOKED or WRONG_DEPARTMENT otherwise.
absl::Status CheckTrailKey(client::Connection* connection,
                           const audit::NoteVerifier& verifier);

// The part of CheckTrailKey that compares. `key`: what the registry holds under
// the verifier's key id.
absl::Status CheckKeyOfOrigin(const registry::v1::SigningKey& key,
                              const audit::NoteVerifier& verifier,
                              absl::string_view trust_domain);

// Calls `take` with each of the raw entries [first, end), in order. CORRUPT if
// the broker sends others or fewer; stops at the first error.
absl::Status ReadEntries(
    client::Connection* connection, uint64_t first, uint64_t end,
    const std::function<absl::Status(const std::string&)>& take);

}  // namespace sluice::audit_query

#endif  // SLUICE_TOOLS_AUDIT_QUERY_TRAIL_H_
