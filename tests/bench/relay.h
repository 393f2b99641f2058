// The peer that a broker is measured against: it forwards the same batches from
// the same bus over the same TLS, credit and gRPC code, and does nothing to
// them. No verification, no policy, no audit trail, no gate.
#ifndef SLUICE_TESTS_BENCH_RELAY_H_
#define SLUICE_TESTS_BENCH_RELAY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/bus/event_log.h"
#include "libs/registry/registry.h"
#include "libs/rpc/credentials.h"

namespace sluice::bench {

struct RelayOptions {
  // Must outlive the relay.
  bus::EventLog* log = nullptr;
  // What every caller with a certificate gets, as it lies on the bus.
  registry::Registry::ResourcePtr resource;
  rpc::TlsMaterial tls;
};

// Thread-safe.
class Relay {
 public:
  // Listens on a free port of 127.0.0.1. STORAGE_FAILED if it cannot.
  static absl::StatusOr<std::unique_ptr<Relay>> Start(
      const RelayOptions& options);

  // Cancels the calls that are left.
  virtual ~Relay() = default;

  // `host:port`.
  virtual const std::string& address() const = 0;
};

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_RELAY_H_
