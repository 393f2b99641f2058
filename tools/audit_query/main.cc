// audit-query: what auditors ask of a broker's audit trail.
#include <CLI/CLI.hpp>

#include "libs/cli/command_line.h"
#include "tools/audit_query/subcommands.h"

int main(int argc, char** argv) {
  namespace audit_query = sluice::audit_query;
  CLI::App app(
      "Queries and verifies a broker's audit trail. Needs an auditor's "
      "certificate; every call is itself recorded.",
      "audit-query");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  export SLUICE_CONFIG=auditor.yaml\n"
      "  audit-query list --agreement grid-people\n"
      "  audit-query show 17\n"
      "  audit-query verify --checkpoint-file trail.checkpoint\n"
      "\n"
      "Exit status: 0 done and good, 1 refused, failed or not good, 2 wrong "
      "usage.");
  sluice::cli::Invocation invocation;
  sluice::cli::AddCommonOptions(&app, &invocation);
  audit_query::AddListCommand(&app, &invocation);
  audit_query::AddShowCommand(&app, &invocation);
  audit_query::AddVerifyCommand(&app, &invocation);
  return sluice::cli::RunCommandLine(&app, &invocation, argc, argv);
}
