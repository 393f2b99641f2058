#include "services/broker/audit_trail.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::broker {
namespace {

// `<trust domain>/<department>/<instance>`: the name of a broker's audit trail.
std::string OriginOf(const identity::Identity& broker) {
  return absl::StrCat(broker.trust_domain, "/", broker.department, "/",
                      broker.instance.empty() ? "broker" : broker.instance);
}

}  // namespace

absl::StatusOr<std::unique_ptr<audit::AuditLog>> OpenAuditTrail(
    const std::string& folder, const identity::Identity& broker,
    const crypto::SigningKey& key, const registry::Registry& registry,
    const std::string& software_version) {
  audit::AuditLogOptions options;
  options.path = folder;
  options.origin = OriginOf(broker);
  options.key = &key;
  ASSIGN_OR_RETURN(auto trail, audit::AuditLog::Open(options));
  audit::v1::Entry entry;
  entry.set_registry_offset(registry.status().applied_offset);
  auto* started = entry.mutable_trail_started();
  started->set_origin(trail->origin());
  started->set_software_version(software_version);
  started->set_tree_size(trail->size());
  RETURN_IF_ERROR(trail->AppendAndWait(std::move(entry)).status());
  return trail;
}

}  // namespace sluice::broker
