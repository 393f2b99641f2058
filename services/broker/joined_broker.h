// A broker among the others, as every process runs it that holds one: its place
// among them, its part of limits, its services and its page of figures. What
// starts before what, and ends after what, stands here alone.
#ifndef SLUICE_SERVICES_BROKER_JOINED_BROKER_H_
#define SLUICE_SERVICES_BROKER_JOINED_BROKER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/metrics/http_server.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/membership.h"
#include "libs/registry/quota.h"
#include "services/broker/broker.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::broker {

struct JoinedBrokerOptions {
  // Membership and quota are made here. Registry and audit trail are stopped
  // with this; signing_key is not null.
  BrokerOptions broker;
  // What others are told; may be empty.
  std::string address;
  absl::Duration lease = registry::kLeaseDefault;
  // Why the signing key gives no lease yet: then the start does not wait for
  // one.
  absl::Status enrolled;
};

// One thread starts and stops it.
class JoinedBroker {
 public:
  // Joins the other brokers and serves. Returns when this broker can deliver,
  // which takes one heartbeat, or after five seconds without a lease: what
  // needs none is served, and it goes on by itself.
  static absl::StatusOr<std::unique_ptr<JoinedBroker>> Start(
      const JoinedBrokerOptions& options);

  // As Stop.
  ~JoinedBroker() { Stop(); }

  JoinedBroker(const JoinedBroker&) = delete;
  JoinedBroker& operator=(const JoinedBroker&) = delete;

  // Serves `metrics`, to which the broker's are added, and the probes until
  // Stop. What else is in `metrics` must live as long.
  absl::Status ServeHttp(const config::v1::MetricsConfig& config,
                         metrics::Metrics* metrics,
                         std::function<absl::Status()> ready);

  // Not to be called after Stop.
  const std::string& address() const { return broker_->address(); }
  absl::Status ready() const { return broker_->ready(); }
  // After ServeHttp.
  const std::string& http_url() const { return http_->url(); }

  // Ends streams and calls within the drain time and some seconds, tells the
  // others that this broker has left, and stops audit trail and registry.
  void Stop();

 private:
  explicit JoinedBroker(const JoinedBrokerOptions& options)
      : options_(options) {}
  absl::Status Join();

  JoinedBrokerOptions options_;
  // In the order they are made.
  std::unique_ptr<registry::Membership> membership_;
  std::unique_ptr<registry::Quota> quota_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<metrics::HttpServer> http_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_JOINED_BROKER_H_
