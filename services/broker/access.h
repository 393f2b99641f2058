// Who may call what: the first thing every method asks.
#ifndef SLUICE_SERVICES_BROKER_ACCESS_H_
#define SLUICE_SERVICES_BROKER_ACCESS_H_

#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/server_context.h"
#include "libs/delivery/caller.h"
#include "libs/delivery/exchange.h"
#include "libs/registry/registry.h"

namespace sluice::broker {

// Thread-safe.
class Access {
 public:
  // Both must outlive this object.
  Access(const registry::Registry* registry, delivery::Exchange* exchange)
      : registry_(registry), exchange_(exchange) {}

  // Who calls `method`, if its certificate is valid now and its role is one of
  // `roles`; an empty list means any role. UNKNOWN_IDENTITY,
  // CERTIFICATE_EXPIRED or ROLE_NOT_ALLOWED otherwise, and the refusal is in
  // the audit trail.
  absl::StatusOr<delivery::Caller> Check(
      const grpc::ServerContextBase& context, absl::string_view method,
      std::initializer_list<registry::v1::Role> roles = {}) const;

 private:
  const registry::Registry* const registry_;
  delivery::Exchange* const exchange_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_ACCESS_H_
