// The whole of Sluice in one process: adapters, broker, bus, registry and audit
// trail on one data folder. For a pilot, a county, a laptop.
#ifndef SLUICE_SERVICES_STANDALONE_STANDALONE_H_
#define SLUICE_SERVICES_STANDALONE_STANDALONE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/process/program.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::standalone {

// Reads the configuration at `path`; relative paths in it become relative to
// the file's folder.
absl::StatusOr<config::v1::StandaloneConfig> ReadConfig(
    const std::string& path);

// Opens the data folder, applies the registry's log, and serves. `config` as
// ReadConfig gives it. Every error says what to mend.
//
// It stops adapters first, then streams, then the audit trail: nothing that was
// accepted is lost, and it takes no longer than broker.drain_ms and a few
// seconds.
absl::StatusOr<std::unique_ptr<process::Service>> Start(
    const config::v1::StandaloneConfig& config);

}  // namespace sluice::standalone

#endif  // SLUICE_SERVICES_STANDALONE_STANDALONE_H_
