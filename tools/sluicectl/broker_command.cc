// sluicectl broker.
#include <string>

#include "absl/time/time.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/progress_bar.h"
#include "libs/client/connect.h"
#include "tools/sluicectl/subcommands.h"

namespace sluice::sluicectl {
namespace {

using cli::Cell;
using registry::v1::BrokerInfo;

Cell TextOrNull(const std::string& text) {
  return text.empty() ? Cell() : Cell::Text(AsView(text));
}

absl::Status List(const cli::Invocation& invocation) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(
      const registry::v1::ListBrokersResponse response,
      connection->Call(&registry::v1::RegistryService::Stub::ListBrokers,
                       registry::v1::ListBrokersRequest()));
  const auto writer = cli::MakeOutput(invocation, {{"broker"},
                                                   {"address"},
                                                   {"lease"},
                                                   {"silent_ms", true},
                                                   {"applied_offset", true},
                                                   {"key_id"},
                                                   {"state_digest"}});
  for (const BrokerInfo& broker : response.brokers()) {
    writer->Write({TextOrNull(broker.holder()), TextOrNull(broker.address()),
                   Cell::Text(broker.has_lease() ? "yes" : "no"),
                   Cell::Number(broker.silent_ms()),
                   Cell::Number(broker.applied_offset()),
                   TextOrNull(broker.key_id()),
                   TextOrNull(HexEncode(AsView(broker.state_digest())))});
  }
  return writer->Flush();
}

}  // namespace

void AddBrokerCommands(CLI::App* app, cli::Invocation* invocation) {
  CLI::App* const group = cli::AddGroup(app, "broker", "Brokers");
  cli::AddCommand(
      group, "list",
      "The brokers that the one asked has heard of, itself first",
      "  sluicectl broker list\n  sluicectl broker list --output jsonl\n"
      "\n"
      "Two brokers with another state_digest at the same applied_offset have\n"
      "diverged.",
      invocation, [invocation] { return List(*invocation); });
}

}  // namespace sluice::sluicectl
