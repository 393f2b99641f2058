// sluicectl's subcommands, a file for each group.
#ifndef SLUICE_TOOLS_SLUICECTL_SUBCOMMANDS_H_
#define SLUICE_TOOLS_SLUICECTL_SUBCOMMANDS_H_

#include <CLI/CLI.hpp>

#include "libs/cli/command_line.h"

namespace sluice::sluicectl {

// Each adds its group to `app`; `invocation` must outlive the command's run.
void AddAgreementCommands(CLI::App* app, cli::Invocation* invocation);
void AddBrokerCommands(CLI::App* app, cli::Invocation* invocation);
void AddCatalogCommands(CLI::App* app, cli::Invocation* invocation);
void AddDepartmentCommands(CLI::App* app, cli::Invocation* invocation);
void AddDesensitizeCommands(CLI::App* app, cli::Invocation* invocation);
void AddGenesisCommands(CLI::App* app, cli::Invocation* invocation);
void AddKeyCommands(CLI::App* app, cli::Invocation* invocation);
void AddStatusCommand(CLI::App* app, cli::Invocation* invocation);
void AddSubscribeCommand(CLI::App* app, cli::Invocation* invocation);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_SUBCOMMANDS_H_
