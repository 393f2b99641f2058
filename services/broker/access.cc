#include "services/broker/access.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/delivery/admission.h"
#include "libs/identity/spiffe_id.h"
#include "libs/rpc/peer.h"

namespace sluice::broker {

absl::StatusOr<delivery::Caller> Access::Check(
    const grpc::ServerContextBase& context, absl::string_view method,
    std::initializer_list<registry::v1::Role> roles) const {
  auto caller =
      rpc::CallerOf(*context.auth_context(),
                    AsView(registry_->genesis_content().trust_domain()));
  absl::Status refused = caller.status();
  if (refused.ok()) {
    refused = delivery::CheckCertificate(*caller, registry_->Now());
  }
  if (refused.ok() && roles.size() > 0 &&
      std::find(roles.begin(), roles.end(), caller->role) == roles.end()) {
    std::string allowed;
    for (registry::v1::Role role : roles) {
      absl::StrAppend(&allowed, allowed.empty() ? "" : " or ",
                      identity::RoleName(role));
    }
    refused =
        Error(status::v1::REASON_CODE_ROLE_NOT_ALLOWED,
              absl::StrCat(caller->spiffe_id, " may not call ", method,
                           ": connect with a certificate of role ", allowed));
  }
  if (refused.ok()) return caller;
  exchange_->RecordRefusal(caller.ok() ? *caller : delivery::Caller{},
                           std::string(method), refused);
  return refused;
}

}  // namespace sluice::broker
