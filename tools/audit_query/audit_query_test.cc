// Runs the built audit-query with what a person may get wrong. Its work with a
// broker is tested in tests/integration.
#include <catch2/catch.hpp>
#include <string>

#include "libs/cli/run_program.h"

namespace sluice::audit_query {
namespace {

using Catch::Matchers::Contains;
using cli::ProgramOutcome;

ProgramOutcome Run(const std::string& arguments) {
  return cli::RunProgram("tools/audit_query/audit-query " + arguments);
}

TEST_CASE("help is no error and has examples, at every level") {
  for (const char* command : {"", "list ", "show ", "verify "}) {
    INFO(command);
    const ProgramOutcome outcome = Run(std::string(command) + "--help");
    CHECK(outcome.exit_code == 0);
    CHECK_THAT(outcome.output, Contains("Examples:\n  "));
  }
}

TEST_CASE("wrong usage exits with 2 and says what is wrong") {
  const auto check = [](const std::string& arguments, const std::string& says) {
    INFO(arguments);
    const ProgramOutcome outcome = Run(arguments);
    CHECK(outcome.exit_code == 2);
    CHECK(outcome.output.empty());
    CHECK_THAT(outcome.errors, Contains(says));
  };
  check("", "subcommand is required");
  check("list", "SLUICE_CONFIG");
  check("list --kind whisper", "whisper");
  check("list --limit 0", "--limit");
  check("list --from yesterday", "--from takes a day");
  check("list --until 2026-02-30", "--until takes a day");
  check("show", "ID is required");
  check("show seventeen", "seventeen is no audit id");
  check("show 17 --output csv", "table or jsonl");
  check("verify", "SLUICE_CONFIG");
}

TEST_CASE("a period that ends before it begins is refused") {
  const ProgramOutcome outcome =
      Run("list --from 2026-03-02 --until 2026-03-01");
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.errors, Contains("reason: MALFORMED"));
}

TEST_CASE("a checkpoint file that is none stops a verification at once") {
  const ProgramOutcome outcome =
      Run("verify --checkpoint-file tools/audit_query/audit-query");
  CHECK(outcome.exit_code == 1);
}

}  // namespace
}  // namespace sluice::audit_query
