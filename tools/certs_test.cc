// Runs tools/certs as a person would and holds what it makes against the checks
// that every Sluice process makes at start-up.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/file.h"
#include "libs/identity/certificate.h"

namespace sluice::identity {
namespace {

struct Outcome {
  int exit_code;
  // Standard output and standard error.
  std::string output;
};

Outcome Run(const std::string& arguments) {
  FILE* pipe = ::popen(("tools/certs " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer;
  size_t got = 0;
  while ((got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0) {
    output.append(buffer.data(), got);
  }
  return {WEXITSTATUS(::pclose(pipe)), output};
}

// A folder for certificates that does not exist yet.
std::string NewFolder() {
  const char* root = std::getenv("TEST_TMPDIR");
  std::string folder =
      std::string(root == nullptr ? "/tmp" : root) + "/certs.XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  return folder + "/certs";
}

std::string FolderWithCa() {
  std::string folder = NewFolder();
  const Outcome made = Run(
      absl::StrCat("--dir ", folder, " --trust-domain county.example init"));
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  return folder;
}

std::string Issue(const std::string& folder, const std::string& arguments) {
  const Outcome outcome =
      Run(absl::StrCat("--dir ", folder, " issue ", arguments));
  INFO(outcome.output);
  REQUIRE(outcome.exit_code == 0);
  return outcome.output;
}

absl::StatusOr<CheckedCertificate> Check(const std::string& folder,
                                         const std::string& name,
                                         absl::Time now = absl::Now()) {
  const std::string path = absl::StrCat(folder, "/", name);
  return CheckCertificateFiles(
      {path + ".pem", path + ".key", folder + "/ca.pem"},
      {.trust_domain = "county.example"}, now);
}

int ModeOf(const std::string& path) {
  struct stat info;
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

TEST_CASE(
    "A certificate of every role passes the checks of a process at its start") {
  const std::string folder = FolderWithCa();
  const auto* roles = registry::v1::Role_descriptor();
  for (int i = 0; i < roles->value_count(); ++i) {
    const auto role = static_cast<Role>(roles->value(i)->number());
    if (role == registry::v1::ROLE_UNSPECIFIED) continue;
    const std::string name(RoleName(role));
    CAPTURE(name);
    Issue(folder, "health/" + name);
    const auto checked = Check(folder, "health-" + name);
    INFO(checked.status().message());
    REQUIRE(checked.ok());
    CHECK(FormatSpiffeId(checked->certificate.identity) ==
          "spiffe://county.example/health/" + name);
  }
}

TEST_CASE(
    "Keys are private, certificates are for all, and nothing else is left") {
  const std::string folder = FolderWithCa();
  Issue(folder, "data-bureau/broker/b1");
  CHECK(ModeOf(folder + "/ca.key") == 0600);
  CHECK(ModeOf(folder + "/data-bureau-broker-b1.key") == 0600);
  CHECK(ModeOf(folder + "/ca.pem") == 0644);
  CHECK(ModeOf(folder + "/data-bureau-broker-b1.pem") == 0644);
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 4);
}

TEST_CASE("Days are what was asked for") {
  const std::string folder = FolderWithCa();
  Issue(folder, "health/consumer --days 30");
  const absl::Time now = absl::Now();
  CHECK(Check(folder, "health-consumer", now + absl::Hours(30 * 24 - 1)).ok());
  CHECK_FALSE(
      Check(folder, "health-consumer", now + absl::Hours(30 * 24 + 1)).ok());
}

TEST_CASE("Running it again keeps what is there, --force replaces it") {
  const std::string folder = FolderWithCa();
  Issue(folder, "health/consumer");
  const std::string ca = ReadFile(folder + "/ca.pem").value();
  const std::string cert = ReadFile(folder + "/health-consumer.pem").value();
  CHECK(
      Run(absl::StrCat("--dir ", folder, " --trust-domain county.example init"))
          .output == folder + "/ca.pem: kept\n");
  CHECK(Issue(folder, "health/consumer") ==
        folder + "/health-consumer.pem: kept\n");
  CHECK(ReadFile(folder + "/ca.pem").value() == ca);
  CHECK(ReadFile(folder + "/health-consumer.pem").value() == cert);
  Issue(folder, "health/consumer --force");
  CHECK(ReadFile(folder + "/health-consumer.pem").value() != cert);
  CHECK(Check(folder, "health-consumer").ok());
}

// Runs `arguments` on `folder` and gives what a refusal says behind "certs: ".
std::string Refusal(const std::string& folder, const std::string& arguments) {
  const Outcome outcome = Run(absl::StrCat("--dir ", folder, " ", arguments));
  INFO(outcome.output);
  REQUIRE(outcome.exit_code != 0);
  REQUIRE(absl::StartsWith(outcome.output, "certs: "));
  return outcome.output.substr(7);
}

TEST_CASE("What is in the way is never overwritten without --force") {
  const std::string folder = FolderWithCa();
  CHECK(absl::StartsWith(Refusal(folder, "--trust-domain city.example init"),
                         folder + "/ca.pem is there and is for "
                                  "spiffe://county.example, not for "
                                  "spiffe://city.example: "));
  // Two ids that share a file name.
  Issue(folder, "health/broker/adapter");
  CHECK(absl::StrContains(
      Refusal(folder, "issue health-broker/adapter"),
      "not for spiffe://county.example/health-broker/adapter"));
  CHECK(absl::StrContains(
      Refusal(folder, "issue health/broker/adapter --host b.example"),
      "does not name b.example: replace it with --force"));
  REQUIRE(::unlink((folder + "/health-broker-adapter.key").c_str()) == 0);
  CHECK(absl::StrContains(Refusal(folder, "issue health/broker/adapter"),
                          "only one is there: restore the other"));
  Issue(folder, "health/consumer --days 3");
  CHECK(absl::StrContains(Refusal(folder, "issue health/consumer"),
                          "replace it with --force"));
}

TEST_CASE("A certificate of an earlier CA is told from one of this CA") {
  const std::string folder = FolderWithCa();
  Issue(folder, "health/consumer");
  CHECK(Run(absl::StrCat("--dir ", folder,
                         " --trust-domain county.example init --force"))
            .exit_code == 0);
  CHECK(absl::StrContains(Refusal(folder, "issue health/consumer"),
                          "was not issued by " + folder + "/ca.pem"));
  CHECK_FALSE(Check(folder, "health-consumer").ok());
  Issue(folder, "health/consumer --force");
  CHECK(Check(folder, "health-consumer").ok());
}

TEST_CASE("Wrong ids, hosts and options are refused and leave nothing") {
  const std::string folder = FolderWithCa();
  for (const char* arguments :
       {"issue health/king",
        "issue Health/broker",
        "issue health",
        "issue ''",
        "issue health/broker/a/b",
        "issue health/broker/",
        "issue ../broker",
        "issue health/broker --host 'a b'",
        "issue health/broker --host 'a,DNS:b'",
        "issue health/broker --host '*.example'",
        "issue health/broker --host",
        "issue health/broker --days 0",
        "issue health/broker --days x",
        "issue health/broker --days 99999",
        "issue health/broker more",
        "issue health/broker --trust-domain city.example",
        "issue",
        "",
        "--bad issue health/broker",
        "revoke health/broker",
        "--trust-domain County init",
        "init",
        "init more",
        "--trust-domain county.example --host x init"}) {
    CAPTURE(arguments);
    Refusal(folder, arguments);
  }
  CHECK(std::distance(std::filesystem::directory_iterator(folder), {}) == 2);
  CHECK(absl::StrContains(Refusal(NewFolder(), "issue health/broker"),
                          "make a CA with 'tools/certs --dir "));
}

TEST_CASE("Help shows examples and succeeds") {
  const Outcome help = Run("--help");
  CHECK(help.exit_code == 0);
  CHECK(absl::StrContains(help.output, "Examples:\n"));
}

}  // namespace
}  // namespace sluice::identity
