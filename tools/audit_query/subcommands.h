// audit-query's subcommands, a file for each.
#ifndef SLUICE_TOOLS_AUDIT_QUERY_SUBCOMMANDS_H_
#define SLUICE_TOOLS_AUDIT_QUERY_SUBCOMMANDS_H_

#include <CLI/CLI.hpp>

#include "libs/cli/command_line.h"

namespace sluice::audit_query {

// Each adds its command to `app`; `invocation` must outlive the command's run.
void AddListCommand(CLI::App* app, cli::Invocation* invocation);
void AddShowCommand(CLI::App* app, cli::Invocation* invocation);
void AddVerifyCommand(CLI::App* app, cli::Invocation* invocation);

}  // namespace sluice::audit_query

#endif  // SLUICE_TOOLS_AUDIT_QUERY_SUBCOMMANDS_H_
