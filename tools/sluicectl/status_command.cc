// sluicectl status.
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/commands.h"
#include "libs/client/connect.h"
#include "libs/identity/spiffe_id.h"
#include "tools/sluicectl/names.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using cli::Cell;

absl::Status Status(const cli::Invocation& invocation) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const client::CheckedGenesis genesis,
                   client::FetchGenesis(connection.get()));
  ASSIGN_OR_RETURN(
      const registry::v1::GetRegistryStatusResponse status,
      connection->Call(&registry::v1::RegistryService::Stub::GetRegistryStatus,
                       registry::v1::GetRegistryStatusRequest()));
  const bool pinned = !connection->config().genesis_sha256().empty();
  return cli::PrintFacts(
      invocation,
      {{"broker", Cell::Text(AsView(connection->endpoint()->address()))},
       {"trust_domain", Cell::Text(AsView(genesis.content.trust_domain()))},
       {"genesis_sha256",
        Cell::Text(HexEncode(crypto::DigestView(genesis.digest)))},
       {"genesis_pinned", Cell::Text(pinned ? "yes" : "no")},
       {"identity",
        Cell::Text(identity::FormatSpiffeId(connection->identity()))},
       {"applied_offset", Cell::Number(status.applied_offset())},
       {"state_digest", Cell::Text(HexEncode(AsView(status.state_digest())))},
       {"rules_version", Cell::Number(uint64_t{status.rules_version()})},
       {"log_time", Cell::Text(AsView(TimeText(status.log_time())))}});
}

}  // namespace

void AddStatusCommand(CLI::App* app, cli::Invocation* invocation) {
  cli::AddCommand(app, "status",
                  "Whether the broker answers, and how far it has come",
                  "  sluicectl status\n  sluicectl status --output jsonl\n",
                  invocation, [invocation] { return Status(*invocation); });
}

}  // namespace sluice::sluicectl
