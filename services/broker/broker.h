// A broker: the exchange behind gRPC, with everything a client of a gRPC server
// expects (health, reflection, bounded messages, keepalive).
#ifndef SLUICE_SERVICES_BROKER_BROKER_H_
#define SLUICE_SERVICES_BROKER_BROKER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/audit/audit_log.h"
#include "libs/base/clock.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/key_provider.h"
#include "libs/metrics/metrics.h"
#include "libs/registry/membership.h"
#include "libs/registry/quota.h"
#include "libs/registry/registry.h"
#include "libs/rpc/credentials.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::broker {

struct BrokerOptions {
  // tls is not looked at: the caller has read and checked the files.
  config::v1::BrokerConfig config;
  rpc::TlsMaterial tls;
  // All of these outlive the broker.
  registry::Registry* registry = nullptr;
  bus::EventLog* log = nullptr;
  audit::AuditLog* audit = nullptr;
  crypto::KeyProvider* keys = nullptr;
  // Null: no other broker can be at this bus, so nothing is to be proved before
  // a delivery, and a revocation waits for nobody.
  registry::Membership* membership = nullptr;
  // Null: agreements with limits are not served.
  registry::Quota* quota = nullptr;
  // Signs the command that suspends an agreement at its limit. Null: an
  // agreement that asks for it is not served.
  const crypto::SigningKey* signing_key = nullptr;
  Clock* clock = Clock::System();
};

// Thread-safe.
class Broker {
 public:
  // Listens and serves. STORAGE_FAILED if the port is taken.
  static absl::StatusOr<std::unique_ptr<Broker>> Start(
      const BrokerOptions& options);

  // As Stop without patience.
  virtual ~Broker() = default;

  // `host:port` it listens on.
  virtual const std::string& address() const = 0;

  // Why it cannot deliver now; OK if it can.
  virtual absl::Status ready() const = 0;

  // The broker's counts and gauges. `metrics` must not be read after this is
  // gone.
  virtual void AddMetrics(metrics::Metrics* metrics) = 0;

  // Refuses new calls, tells streams to go elsewhere, waits for them up to
  // `drain`, leaves the other brokers, then cancels what is left. Returns in
  // bounded time.
  virtual void Stop(absl::Duration drain) = 0;
};

// Defaults of BrokerConfig, where it says 0.
inline constexpr uint32_t kStreamsMaxDefault = 256;
inline constexpr uint32_t kDrainMsDefault = 5000;
inline constexpr uint32_t kCheckpointIntervalMsDefault = 1000;
inline constexpr uint32_t kHeldKeysMibDefault = 1024;

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_BROKER_H_
