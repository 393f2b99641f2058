// The whole of Sluice in one process: adapters, broker, bus, registry and audit
// trail on one data folder. For a pilot, a county, a laptop.
#ifndef SLUICE_SERVICES_STANDALONE_STANDALONE_H_
#define SLUICE_SERVICES_STANDALONE_STANDALONE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::standalone {

// Thread-safe.
class Standalone {
 public:
  // Reads the configuration at `path`; relative paths in it become relative to
  // the file's folder.
  static absl::StatusOr<config::v1::StandaloneConfig> ReadConfig(
      const std::string& path);

  // Opens the data folder, applies the registry's log, and serves. `config` as
  // ReadConfig gives it. Every error says what to mend.
  static absl::StatusOr<std::unique_ptr<Standalone>> Start(
      const config::v1::StandaloneConfig& config);

  // As Stop.
  virtual ~Standalone() = default;

  // What clients connect to, what Prometheus scrapes, and what they pin.
  virtual const std::string& grpc_address() const = 0;
  virtual const std::string& http_url() const = 0;
  virtual std::string genesis_sha256() const = 0;

  // Adapters first, then streams, then the audit trail: nothing that was
  // accepted is lost, and it takes no longer than broker.drain_ms and a few
  // seconds. Call nothing else afterwards.
  virtual void Stop() = 0;
};

}  // namespace sluice::standalone

#endif  // SLUICE_SERVICES_STANDALONE_STANDALONE_H_
