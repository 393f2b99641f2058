#include "libs/delivery/write_gate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::delivery {

absl::Status Standing::Check() const {
  RETURN_IF_ERROR(CheckLease());
  return registry->health();
}

WriteGate::WriteGate(const Standing* standing, std::shared_ptr<Gate> gate,
                     const Grant& grant, Caller caller)
    : standing_(standing),
      gate_(std::move(gate)),
      agreement_(grant.agreement),
      caller_(std::move(caller)),
      entry_version_(grant.resource->version()) {}

void WriteGate::Hold(std::unique_ptr<registry::Quota::StreamPlace> place) {
  MutexLock lock(&mutex_);
  place_ = std::move(place);
}

absl::StatusOr<std::unique_ptr<Gate::Pass>> WriteGate::Enter(
    const std::string& publisher_key) {
  std::unique_ptr<Gate::Pass> pass = gate_->Enter();
  if (pass == nullptr) return gate_->reason();
  RETURN_IF_ERROR(standing_->Check());
  const registry::Registry* registry = standing_->registry;
  const absl::Time now = registry->Now();
  RETURN_IF_ERROR(CheckLive(*agreement_, now));
  RETURN_IF_ERROR(CheckCertificate(caller_, now));
  const agreement::v1::Agreement& agreement = agreement_->agreement();
  ASSIGN_OR_RETURN(const auto entry,
                   registry->GetResource(AsView(agreement.resource())));
  if (entry->version() != entry_version_.load()) {
    RETURN_IF_ERROR(CheckEntry(agreement, *entry));
    entry_version_ = entry->version();
  }
  RETURN_IF_ERROR(CheckPlace());
  RETURN_IF_ERROR(CheckPublisherKey(publisher_key));
  // Again, and last: the process may have been stopped since the first time,
  // and what is decided here must hold when the write starts.
  RETURN_IF_ERROR(standing_->CheckLease());
  return pass;
}

void WriteGate::Release() {
  std::unique_ptr<registry::Quota::StreamPlace> place;
  MutexLock lock(&mutex_);
  place.swap(place_);
}

// What was prepared before the key was revoked must not leave after it. How to
// go on behind it is known to a new stream, which meets the message anew.
absl::Status WriteGate::CheckPublisherKey(const std::string& key_id) const {
  if (key_id.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const registry::KeyPtr key,
                   standing_->registry->GetKey(AsView(key_id)));
  if (key->info.state() != registry::v1::KEY_STATE_REVOKED) {
    return absl::OkStatus();
  }
  return Error(
      status::v1::REASON_CODE_SHUTTING_DOWN,
      absl::StrCat("a publisher's key of ", agreement_->agreement().resource(),
                   " was revoked, and what it signed is not delivered any "
                   "more, so the stream begins anew: call again from the last "
                   "position"));
}

absl::Status WriteGate::CheckPlace() {
  MutexLock lock(&mutex_);
  if (place_ == nullptr || place_->held()) return absl::OkStatus();
  return Error(
      status::v1::REASON_CODE_LIMIT_REACHED,
      absl::StrCat("the stream's place among the ",
                   agreement_->agreement().limits().concurrent_streams(),
                   " that agreement ", agreement_->agreement().id(),
                   " allows could not be renewed in time: subscribe again"));
}

}  // namespace sluice::delivery
