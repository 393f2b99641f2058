#include "libs/delivery/plan_table.h"

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/pseudonym.h"

namespace sluice::delivery {

absl::StatusOr<std::shared_ptr<const Plan>> PlanTable::Get(
    const agreement::v1::Agreement& agreement, uint32_t schema_version) {
  const Key key(agreement.id(), agreement.version(), schema_version);
  {
    MutexLock lock(&mutex_);
    const auto found = plans_.find(key);
    if (found != plans_.end()) return found->second;
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan,
                   Compile(agreement, schema_version));
  MutexLock lock(&mutex_);
  if (plans_.size() >= kPlansMax) plans_.clear();
  plans_[key] = plan;
  return plan;
}

absl::StatusOr<std::shared_ptr<const Plan>> PlanTable::Compile(
    const agreement::v1::Agreement& agreement, uint32_t schema_version) {
  ASSIGN_OR_RETURN(const auto resource,
                   registry_->GetResourceWithSchema(
                       AsView(agreement.resource()), schema_version));
  ASSIGN_OR_RETURN(const crypto::VersionedKey root,
                   keys_->GetOrCreate("pseudonym", "root"));
  desensitize::OperatorKeys keys;
  keys.pseudonym_secret = desensitize::DerivePseudonymSecret(
      AsView(root.secret), AsView(agreement.id()), root.version);
  keys.pseudonym_version = root.version;
  keys.shared_domain =
      [&root](absl::string_view domain) -> absl::StatusOr<std::string> {
    return desensitize::DerivePseudonymSecret(
        AsView(root.secret), AsView(desensitize::SharedDomain(domain)),
        root.version);
  };
  // Made by whoever may turn tokens back, never here.
  const auto token = keys_->GetNewest("token", AsView(agreement.id()));
  if (token.ok()) {
    keys.token_secret = token->secret;
    keys.token_version = token->version;
  } else if (ReasonOf(token.status()) != status::v1::REASON_CODE_NOT_FOUND) {
    return token.status();
  }
  return Plan::Compile(agreement, *resource, keys);
}

}  // namespace sluice::delivery
