// Runs the built sluicectl with what a person may get wrong. Its work with a
// broker is tested in tests/integration.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/file.h"
#include "libs/cli/run_program.h"
#include "libs/identity/test_certificates.h"
#include "libs/storage/test_folder.h"

namespace sluice::sluicectl {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using cli::ProgramOutcome;

ProgramOutcome Run(const std::string& arguments) {
  return cli::RunProgram("tools/sluicectl/sluicectl " + arguments);
}

// A client.yaml whose broker is not there.
std::string WriteClient(const std::string& folder) {
  const identity::TestCa ca = identity::TestCa::Create("county.example");
  const auto certificate =
      ca.Issue("spiffe://county.example/grid/consumer", {});
  REQUIRE(WriteFileAtomically(folder + "/ca.pem", ca.cert_pem(), 0644).ok());
  REQUIRE(
      WriteFileAtomically(folder + "/c.pem", certificate.cert_pem, 0644).ok());
  REQUIRE(
      WriteFileAtomically(folder + "/c.key", certificate.key_pem, 0600).ok());
  std::string path = folder + "/client.yaml";
  // Port 1 is tcpmux, which nobody runs.
  REQUIRE(WriteFileAtomically(path,
                              "servers: [127.0.0.1:1]\n"
                              "ca_file: ca.pem\n"
                              "tls: {cert_file: c.pem, key_file: c.key}\n",
                              0644)
              .ok());
  return path;
}

TEST_CASE("help is no error and has examples, at every level") {
  for (const char* command : {"",
                              "key",
                              "key create",
                              "key enrol",
                              "key rotate",
                              "key revoke",
                              "key list",
                              "department enrol",
                              "department list",
                              "catalog list",
                              "catalog show",
                              "agreement check",
                              "agreement request",
                              "agreement list",
                              "agreement show",
                              "agreement approve",
                              "agreement revoke",
                              "agreement suspend",
                              "agreement resume",
                              "broker list",
                              "genesis create",
                              "genesis show",
                              "key make-root",
                              "key rotate-root",
                              "subscribe",
                              "status"}) {
    INFO(command);
    const ProgramOutcome outcome = Run(absl::StrCat(command, " --help"));
    CHECK(outcome.exit_code == 0);
    CHECK(outcome.errors.empty());
    // A group's help lists its commands.
    CHECK_THAT(outcome.output,
               Contains("sluicectl ") || Contains("Subcommands:"));
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
  check("key", "subcommand is required");
  check("sing", "no command sing");
  check("key sing", "no command sing");
  check("catalog show", "ID is required");
  check("catalog list --output xml", "xml");
  check("catalog list --colour", "--colour");
  check("subscribe a --purpose p --from yesterday", "yesterday");
  check("subscribe a", "--purpose is required");
  check("subscribe a --purpose p --show 3 --count-only", "excludes");
  check("subscribe a --purpose p --from position", "--position-file");
  check("subscribe a --purpose p --max-records 0", "--max-records");
  check("agreement revoke a", "--reason is required");
  check("key enrol --department d --role consumer --holder h",
        "--public-key and --key-file");
  check("key enrol --department d --role king --holder h --public-key 00",
        "no role king: use one of provider");
  check("key enrol --department d --role consumer --holder h --public-key 00",
        "64 hex digits");
}

TEST_CASE("a command that needs a broker says where it looks for one") {
  const ProgramOutcome outcome = Run("status");
  CHECK(outcome.exit_code == 2);
  CHECK_THAT(outcome.errors,
             Contains("--config client.yaml") && Contains("SLUICE_CONFIG"));
}

TEST_CASE("a configuration that is wrong is told with its place") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/client.yaml";
  REQUIRE(WriteFileAtomically(path, "servrs: [x:1]\n", 0644).ok());
  const ProgramOutcome outcome = Run("status --config " + path);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.errors,
             StartsWith(absl::StrCat("error: ", path, ":1:1: servrs")) &&
                 Contains("reason: UNKNOWN_FIELD"));
}

TEST_CASE("a certificate file that is missing is named") {
  const storage::TestFolder folder;
  const std::string path = WriteClient(folder.path());
  REQUIRE(::unlink((folder.path() + "/ca.pem").c_str()) == 0);
  const ProgramOutcome outcome = Run("status --config " + path);
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.errors, Contains(folder.path() + "/ca.pem") &&
                                 Contains("reason: NOT_FOUND"));
}

TEST_CASE("a broker that is not there is named, for calls and for streams") {
  const storage::TestFolder folder;
  const std::string path = WriteClient(folder.path());
  for (const char* command : {"status", "subscribe a --purpose p --no-retry"}) {
    INFO(command);
    const ProgramOutcome outcome =
        Run(absl::StrCat(command, " --config ", path));
    CHECK(outcome.exit_code == 1);
    CHECK(outcome.output.empty());
    CHECK_THAT(outcome.errors, StartsWith("error: ") &&
                                   Contains("127.0.0.1:1") &&
                                   Contains("check that the broker runs"));
  }
}

TEST_CASE("a stream that finds no broker says where it looks, and gives up") {
  const storage::TestFolder folder;
  const ProgramOutcome outcome = Run(absl::StrCat(
      "subscribe a --purpose p --config ", WriteClient(folder.path())));
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.output.empty());
  CHECK_THAT(outcome.errors,
             StartsWith("the broker at 127.0.0.1:1 failed (UNAVAILABLE); "
                        "trying it again in ") &&
                 Contains("\nerror: calling the broker at 127.0.0.1:1"));
}

TEST_CASE("the environment may name the configuration") {
  const storage::TestFolder folder;
  const std::string path = WriteClient(folder.path());
  const ProgramOutcome outcome = cli::RunProgram(absl::StrCat(
      "SLUICE_CONFIG=", path, " tools/sluicectl/sluicectl status"));
  CHECK(outcome.exit_code == 1);
  CHECK_THAT(outcome.errors, Contains("127.0.0.1:1"));
}

TEST_CASE("a new key is private, shown again the same, and never replaced") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/key.pem";
  const ProgramOutcome created = Run("key create " + path);
  INFO(created.errors);
  REQUIRE(created.exit_code == 0);
  CHECK_THAT(created.output, Contains("key_id") && Contains("public_key"));
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK(Run("key show " + path).output == created.output);
  CHECK_THAT(Run("key show --output jsonl " + path).output,
             StartsWith("{\"key_id\":\""));
  const ProgramOutcome again = Run("key create " + path);
  CHECK(again.exit_code == 1);
  CHECK_THAT(again.errors, Contains("reason: ALREADY_EXISTS"));
  CHECK(Run("key show " + path).output == created.output);
}

TEST_CASE("a genesis is made once, with an officer's key, and shown again") {
  const storage::TestFolder folder;
  WriteClient(folder.path());  // for its ca.pem
  const auto create_in = [&](const std::string& department) {
    return Run(
        absl::StrCat("genesis create --trust-domain county.example --ca-file ",
                     folder.path(), "/ca.pem --officer-department ", department,
                     " --officer-key ", folder.path(), "/officer.pem --out ",
                     folder.path(), "/genesis.bin"));
  };
  const ProgramOutcome bad = create_in("Bureau");
  CHECK(bad.exit_code == 1);
  CHECK_THAT(bad.errors, Contains("officer_department"));
  CHECK(::access((folder.path() + "/genesis.bin").c_str(), F_OK) != 0);

  const ProgramOutcome created = create_in("data-bureau");
  INFO(created.errors);
  REQUIRE(created.exit_code == 0);
  CHECK_THAT(created.output, Contains("genesis_sha256"));
  struct stat info{};
  REQUIRE(::stat((folder.path() + "/officer.pem").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const ProgramOutcome shown =
      Run("genesis show " + folder.path() + "/genesis.bin");
  // The first line of both is the digest.
  CHECK(shown.output.substr(0, shown.output.find('\n')) ==
        created.output.substr(0, created.output.find('\n')));
  const ProgramOutcome again = create_in("data-bureau");
  CHECK(again.exit_code == 1);
  CHECK_THAT(again.errors, Contains("reason: ALREADY_EXISTS"));
}

TEST_CASE("the root of the pseudonyms is made once, in a private folder") {
  const storage::TestFolder folder;
  const std::string keys = folder.path() + "/keys";
  const ProgramOutcome made = Run("key make-root " + keys);
  INFO(made.errors);
  REQUIRE(made.exit_code == 0);
  struct stat info{};
  REQUIRE(::stat((keys + "/pseudonym/root/1.key").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const ProgramOutcome again = Run("key make-root " + keys);
  CHECK(again.exit_code == 1);
  CHECK_THAT(again.errors, Contains("reason: ALREADY_EXISTS"));
}

TEST_CASE("the root of the pseudonyms gets a next version beside the first") {
  const storage::TestFolder folder;
  const std::string keys = folder.path() + "/keys";
  const ProgramOutcome none = Run("key rotate-root " + keys);
  CHECK(none.exit_code == 1);
  CHECK_THAT(none.errors, Contains("reason: NOT_FOUND"));
  const ProgramOutcome made = Run("key make-root " + keys + " --output jsonl");
  REQUIRE(made.exit_code == 0);
  const ProgramOutcome next =
      Run("key rotate-root " + keys + " --output jsonl");
  INFO(next.errors);
  REQUIRE(next.exit_code == 0);
  CHECK_THAT(next.output, Contains("\"version\":2"));
  CHECK_THAT(next.errors, Contains("to every broker"));
  CHECK(next.output != made.output);
  struct stat info{};
  REQUIRE(::stat((keys + "/pseudonym/root/1.key").c_str(), &info) == 0);
  REQUIRE(::stat((keys + "/pseudonym/root/2.key").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("output that goes to a file has no colour and no progress bar") {
  const storage::TestFolder folder;
  const ProgramOutcome outcome =
      Run("key create " + folder.path() + "/key.pem");
  CHECK(outcome.output.find('\x1B') == std::string::npos);
  CHECK(outcome.errors.empty());
}

}  // namespace
}  // namespace sluice::sluicectl
