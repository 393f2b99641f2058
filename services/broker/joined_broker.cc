#include "services/broker/joined_broker.h"

#include <utility>

#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/registry/broker_quota.h"
#include "services/process/http.h"
#include "services/process/shared_keys.h"

namespace sluice::broker {
namespace {

constexpr absl::Duration kLeaseWaitMax = absl::Seconds(5);
constexpr absl::Duration kLeaseLook = absl::Milliseconds(5);

void AwaitLease(const registry::Lease& lease) {
  const absl::Time until = absl::Now() + kLeaseWaitMax;
  absl::Status held = lease.Check();
  while (!held.ok() && absl::Now() < until) {
    absl::SleepFor(kLeaseLook);
    held = lease.Check();
  }
  if (!held.ok()) LogWarning("no lease yet", {{"error", held}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<JoinedBroker>> JoinedBroker::Start(
    const JoinedBrokerOptions& options) {
  std::unique_ptr<JoinedBroker> joined(new JoinedBroker(options));
  RETURN_IF_ERROR(joined->Join());
  ASSIGN_OR_RETURN(joined->broker_, Broker::Start(joined->options_.broker));
  return joined;
}

absl::Status JoinedBroker::Join() {
  BrokerOptions& broker = options_.broker;
  registry::MembershipOptions options;
  options.registry = broker.registry;
  options.log = broker.log;
  options.key = broker.signing_key;
  options.address = options_.address;
  options.lease = options_.lease;
  ASSIGN_OR_RETURN(options.pseudonym_root_check,
                   process::PseudonymRootCheck(broker.keys));
  ASSIGN_OR_RETURN(membership_, registry::Membership::Start(options));
  broker.membership = membership_.get();
  registry::QuotaOptions quota;
  quota.registry = broker.registry;
  quota.log = broker.log;
  quota.key = broker.signing_key;
  quota.incarnation = membership_->incarnation();
  quota.lease = options_.lease;
  ASSIGN_OR_RETURN(quota_, registry::OpenQuota(quota));
  broker.quota = quota_.get();
  if (options_.enrolled.ok()) {
    AwaitLease(*membership_);
  } else {
    LogWarning("this broker delivers nothing yet",
               {{"error", options_.enrolled}});
  }
  return absl::OkStatus();
}

absl::Status JoinedBroker::ServeHttp(const config::v1::MetricsConfig& config,
                                     metrics::Metrics* metrics,
                                     std::function<absl::Status()> ready) {
  broker_->AddMetrics(metrics);
  ASSIGN_OR_RETURN(http_,
                   process::ServeHttp(config, metrics, std::move(ready)));
  return absl::OkStatus();
}

void JoinedBroker::Stop() {
  if (broker_ != nullptr) {
    const uint32_t drain_ms = options_.broker.config.drain_ms();
    broker_->Stop(
        absl::Milliseconds(drain_ms == 0 ? kDrainMsDefault : drain_ms));
  }
  // Nothing is written any more: others need not wait for the lease.
  if (membership_ != nullptr) membership_->Stop();
  // It reads what the others count.
  http_.reset();
  // What the broker still has to record must find the audit trail open.
  broker_.reset();
  quota_.reset();
  options_.broker.audit->Stop();
  options_.broker.registry->Stop();
}

}  // namespace sluice::broker
