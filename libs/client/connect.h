// From a command line to a connection.
#ifndef SLUICE_LIBS_CLIENT_CONNECT_H_
#define SLUICE_LIBS_CLIENT_CONNECT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "libs/cli/command_line.h"
#include "libs/client/connection.h"

namespace sluice::client {

// Opens what the invocation's client.yaml describes. A UsageError if it names
// none.
absl::StatusOr<std::unique_ptr<Connection>> Connect(
    const cli::Invocation& invocation);

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_CONNECT_H_
