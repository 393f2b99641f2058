#include "libs/cli/command_line.h"

#include <unistd.h>

#include <iostream>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "libs/base/software_version.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/display_width.h"

namespace sluice::cli {
namespace {

// Marks a status as UsageError's. Never leaves the process.
constexpr char kUsageUrl[] = "sluice.cli/usage";

// Lines of a message stay lines; all else that could act on a terminal is
// escaped: messages come from brokers and name what others wrote.
std::string PrintableLines(absl::string_view text) {
  std::string shown;
  while (true) {
    const size_t end = text.find('\n');
    shown += Printable(text.substr(0, end));
    if (end == absl::string_view::npos) return shown;
    shown.push_back('\n');
    text.remove_prefix(end + 1);
  }
}

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsageUrl, absl::Cord());
  return status;
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kExitOk;
  return status.GetPayload(kUsageUrl).has_value() ? kExitUsage : kExitFailure;
}

void PrintError(const absl::Status& status, const Terminal& terminal,
                std::ostream* out) {
  *out << Styled(terminal, Style::kRed, "error:") << ' '
       << PrintableLines(status.message()) << '\n';
  const ReasonCode reason = ReasonOf(status);
  if (reason != status::v1::REASON_CODE_UNSPECIFIED) {
    *out << "reason: " << ReasonName(reason) << '\n';
  }
  const std::string field = FieldOf(status);
  if (!field.empty()) *out << "field: " << Printable(AsView(field)) << '\n';
}

void AddCommonOptions(CLI::App* app, Invocation* invocation) {
  app->fallthrough();
  app->set_version_flag("--version",
                        absl::StrCat(app->get_name(), " ", kSoftwareVersion));
  app->add_option("--config", invocation->config_path,
                  "How to reach a broker: client.yaml")
      ->envname("SLUICE_CONFIG")
      ->type_name("FILE");
  app->add_option_function<std::string>(
         "--output",
         [invocation](const std::string& name) {
           // The check below lets no other name through.
           const auto format = OutputFormatFromName(AsView(name));
           if (format.ok()) invocation->output = *format;
         },
         "table, jsonl or csv (default: table)")
      ->check(CLI::IsMember({"table", "jsonl", "csv"}))
      ->type_name("FORMAT");
}

CLI::App* AddCommand(CLI::App* app, const std::string& name,
                     const std::string& description,
                     const std::string& examples, Invocation* invocation,
                     std::function<absl::Status()> run) {
  CLI::App* const command = app->add_subcommand(name, description);
  command->footer("Examples:\n" + examples);
  command->callback(
      [invocation, run = std::move(run)] { invocation->run = run; });
  return command;
}

CLI::App* AddGroup(CLI::App* app, const std::string& name,
                   const std::string& description) {
  CLI::App* const group = app->add_subcommand(name, description);
  group->require_subcommand(1);
  return group;
}

int RunCommandLine(CLI::App* app, Invocation* invocation, int argc,
                   char** argv) {
  const Terminal errors = DetectTerminal(STDERR_FILENO);
  invocation->terminal = DetectTerminal(STDOUT_FILENO);
  try {
    app->parse(argc, argv);
  } catch (const CLI::RequiredError& e) {
    // What CLI11 reports is that a subcommand is missing; a misspelt one is
    // what is wrong.
    const std::vector<std::string> unknown = app->remaining(true);
    if (unknown.empty()) return app->exit(e) == 0 ? kExitOk : kExitUsage;
    std::cerr << "there is no command " << Printable(AsView(unknown.front()))
              << " here\nRun with --help for more information.\n";
    return kExitUsage;
  } catch (const CLI::ParseError& e) {
    // Help is asked for with an exception too, and is no error.
    return app->exit(e) == 0 ? kExitOk : kExitUsage;
  }
  const absl::Status status = invocation->run();
  std::cout.flush();
  if (!status.ok()) PrintError(status, errors, &std::cerr);
  return ExitCodeOf(status);
}

absl::Status PrintFacts(const Invocation& invocation, const Facts& facts) {
  return WriteFacts(invocation.output, facts, invocation.terminal, &std::cout);
}

std::unique_ptr<RowWriter> MakeOutput(const Invocation& invocation,
                                      std::vector<ColumnSpec> columns) {
  return MakeRowWriter(invocation.output, std::move(columns),
                       invocation.terminal, &std::cout);
}

}  // namespace sluice::cli
