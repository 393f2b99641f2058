// How a command begins and ends: arguments, help, errors, exit codes.
#ifndef SLUICE_LIBS_CLI_COMMAND_LINE_H_
#define SLUICE_LIBS_CLI_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/cli/facts.h"
#include "libs/cli/table.h"
#include "libs/cli/terminal.h"

namespace sluice::cli {

inline constexpr int kExitOk = 0;
// It was refused or failed.
inline constexpr int kExitFailure = 1;
// The command line makes no sense.
inline constexpr int kExitUsage = 2;

// What every command of a tool is given.
struct Invocation {
  // Path of client.yaml; empty if neither --config nor SLUICE_CONFIG says.
  std::string config_path;
  OutputFormat output = OutputFormat::kTable;
  Terminal terminal;  // of standard output
  // What the subcommand that was chosen does; set while arguments are parsed.
  std::function<absl::Status()> run;
};

// A mistake in how the command was called, found after parsing: its exit code
// is kExitUsage.
absl::Status UsageError(absl::string_view message);

// kExitOk, kExitFailure or kExitUsage.
int ExitCodeOf(const absl::Status& status);

// "error: <message>", and below it "reason: <NAME>" and "field: <path>" where
// the status has them.
void PrintError(const absl::Status& status, const Terminal& terminal,
                std::ostream* out);

// Adds --config, --output and --version to `app`, for every subcommand added
// later too. `invocation` must outlive the parsing.
void AddCommonOptions(CLI::App* app, Invocation* invocation);

// A subcommand with examples at the end of its help, which calls `run` when
// chosen. `app` owns it.
CLI::App* AddCommand(CLI::App* app, const std::string& name,
                     const std::string& description,
                     const std::string& examples, Invocation* invocation,
                     std::function<absl::Status()> run);

// A subcommand that only holds others.
CLI::App* AddGroup(CLI::App* app, const std::string& name,
                   const std::string& description);

// Parses, runs, reports: what main returns.
int RunCommandLine(CLI::App* app, Invocation* invocation, int argc,
                   char** argv);

// `facts` on standard output in the format asked for.
absl::Status PrintFacts(const Invocation& invocation, const Facts& facts);

// A table of `columns` on standard output in the format asked for.
std::unique_ptr<RowWriter> MakeOutput(const Invocation& invocation,
                                      std::vector<ColumnSpec> columns);

}  // namespace sluice::cli

#endif  // SLUICE_LIBS_CLI_COMMAND_LINE_H_
