#include "libs/cli/command_line.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "libs/base/status.h"

namespace sluice::cli {
namespace {

std::string Printed(const absl::Status& status) {
  std::ostringstream out;
  PrintError(status, Terminal{}, &out);
  return out.str();
}

int Run(std::vector<std::string> words, Invocation* invocation,
        const absl::Status& outcome = absl::OkStatus()) {
  CLI::App app("A tool.", "tool");
  app.require_subcommand(1);
  AddCommonOptions(&app, invocation);
  CLI::App* const group = AddGroup(&app, "thing", "Things.");
  AddCommand(group, "list", "Lists things.", "  tool thing list\n", invocation,
             [&outcome] { return outcome; });
  words.insert(words.begin(), "tool");
  std::vector<char*> argv;
  argv.reserve(words.size());
  for (std::string& word : words) argv.push_back(word.data());
  return RunCommandLine(&app, invocation, static_cast<int>(argv.size()),
                        argv.data());
}

TEST_CASE("an error names its reason and field where it has them") {
  CHECK(Printed(absl::UnavailableError("no answer")) == "error: no answer\n");
  CHECK(Printed(FieldError(status::v1::REASON_CODE_UNKNOWN_FIELD, "fields[2]",
                           "no such field")) ==
        "error: fields[2]: no such field\nreason: UNKNOWN_FIELD\nfield: "
        "fields[2]\n");
}

TEST_CASE("an error keeps its lines and cannot control the terminal") {
  CHECK(Printed(absl::InternalError("one\ntwo\x1B[2J")) ==
        "error: one\ntwo\\x1b[2J\n");
}

TEST_CASE("the exit code tells success, failure and misuse apart") {
  Invocation invocation;
  CHECK(Run({"thing", "list"}, &invocation) == kExitOk);
  CHECK(Run({"thing", "list"}, &invocation, absl::UnavailableError("down")) ==
        kExitFailure);
  CHECK(Run({"thing", "list"}, &invocation, UsageError("say which")) ==
        kExitUsage);
  CHECK(Run({"thing"}, &invocation) == kExitUsage);
  CHECK(Run({"thing", "lost"}, &invocation) == kExitUsage);
  CHECK(Run({"thing", "list", "--output", "xml"}, &invocation) == kExitUsage);
  CHECK(Run({"thing", "list", "--help"}, &invocation) == kExitOk);
  CHECK(Run({"thing", "--version"}, &invocation) == kExitOk);
}

TEST_CASE("common options may stand behind the subcommand") {
  Invocation invocation;
  CHECK(Run({"thing", "list", "--config", "c.yaml", "--output", "csv"},
            &invocation) == kExitOk);
  CHECK(invocation.config_path == "c.yaml");
  CHECK(invocation.output == OutputFormat::kCsv);
}

}  // namespace
}  // namespace sluice::cli
