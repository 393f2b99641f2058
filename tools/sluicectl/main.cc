// sluicectl: what departments and operators do from a command line.
#include <CLI/CLI.hpp>

#include "libs/cli/command_line.h"
#include "tools/sluicectl/subcommands.h"

int main(int argc, char** argv) {
  namespace sluicectl = sluice::sluicectl;
  CLI::App app(
      "Keys, departments, catalog, agreements and subscriptions of a Sluice "
      "exchange.",
      "sluicectl");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  export SLUICE_CONFIG=client.yaml\n"
      "  sluicectl catalog list\n"
      "  sluicectl agreement request grid-people.yaml\n"
      "  sluicectl subscribe grid-people --purpose \"grid service\"\n"
      "\n"
      "Exit status: 0 done, 1 refused or failed, 2 wrong usage.");
  sluice::cli::Invocation invocation;
  sluice::cli::AddCommonOptions(&app, &invocation);
  sluicectl::AddAgreementCommands(&app, &invocation);
  sluicectl::AddBrokerCommands(&app, &invocation);
  sluicectl::AddCatalogCommands(&app, &invocation);
  sluicectl::AddDepartmentCommands(&app, &invocation);
  sluicectl::AddDesensitizeCommands(&app, &invocation);
  sluicectl::AddGenesisCommands(&app, &invocation);
  sluicectl::AddKeyCommands(&app, &invocation);
  sluicectl::AddStatusCommand(&app, &invocation);
  sluicectl::AddSubscribeCommand(&app, &invocation);
  return sluice::cli::RunCommandLine(&app, &invocation, argc, argv);
}
