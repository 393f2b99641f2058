// A broker's audit trail, opened when the broker starts.
#ifndef SLUICE_SERVICES_BROKER_AUDIT_TRAIL_H_
#define SLUICE_SERVICES_BROKER_AUDIT_TRAIL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/audit/audit_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/identity/spiffe_id.h"
#include "libs/registry/registry.h"

namespace sluice::broker {

// The trail in `folder` of the broker whose certificate names `broker`; `key`
// signs its checkpoints and must outlive it. Its first entry of this run says
// that it goes on. The errors of AuditLog::Open.
absl::StatusOr<std::unique_ptr<audit::AuditLog>> OpenAuditTrail(
    const std::string& folder, const identity::Identity& broker,
    const crypto::SigningKey& key, const registry::Registry& registry,
    const std::string& software_version);

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_AUDIT_TRAIL_H_
