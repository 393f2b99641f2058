// A process' replica of the registry.
#ifndef SLUICE_SERVICES_PROCESS_REGISTRY_H_
#define SLUICE_SERVICES_PROCESS_REGISTRY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/bus/event_log.h"
#include "libs/registry/registry.h"
#include "services/process/genesis_file.h"

namespace sluice::process {

// As Registry::Open in `folder`, with what a configuration says of trust: its
// genesis is appended where the log is empty. The errors of a log that is
// empty, or of another trust domain, name the field to mend.
absl::StatusOr<std::unique_ptr<registry::Registry>> OpenRegistry(
    const std::string& folder, const Trust& trust, bus::EventLog* log);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_REGISTRY_H_
