#include "libs/client/connect.h"

#include <utility>

#include "libs/base/status.h"

namespace sluice::client {

absl::StatusOr<std::unique_ptr<Connection>> Connect(
    const cli::Invocation& invocation) {
  if (invocation.config_path.empty()) {
    return cli::UsageError(
        "this command calls a broker and does not know which: name a client "
        "configuration with --config client.yaml or in SLUICE_CONFIG");
  }
  ASSIGN_OR_RETURN(config::v1::ClientConfig config,
                   ReadClientConfig(invocation.config_path));
  return Connection::Open(std::move(config));
}

}  // namespace sluice::client
