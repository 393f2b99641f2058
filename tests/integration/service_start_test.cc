// What keeps a broker or an adapter from starting, where no Kafka is needed to
// say so.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tests/integration/kafka_county.h"

namespace sluice::integration {
namespace {

using Catch::Matchers::Contains;

// Port 1 is tcpmux, which nobody runs.
constexpr char kNowhere[] = "127.0.0.1:1";

void CheckRefused(const Finished& finished, const std::string& message) {
  INFO(finished.err);
  CHECK(finished.exit_code == 1);
  CHECK(finished.out.empty());
  CHECK_THAT(finished.err,
             Catch::Matchers::StartsWith("error: ") || Contains("\nerror: "));
  CHECK_THAT(finished.err, Contains(message));
}

TEST_CASE("help has examples, and wrong usage exits with 2") {
  const County files;
  for (const char* program :
       {"services/broker/sluice-broker", "services/adapter/sluice-adapter",
        "services/standalone/sluice"}) {
    INFO(program);
    const Finished help =
        RunProgram({Runfile(program), "--help"}, files.Path("."));
    CHECK(help.exit_code == 0);
    CHECK_THAT(help.out, Contains("Examples:") && Contains("ready "));
    CHECK(RunProgram({Runfile(program), "--version"}, files.Path("."))
              .exit_code == 0);
    CHECK(RunProgram({Runfile(program)}, files.Path(".")).exit_code == 2);
    CheckRefused(RunProgram({Runfile(program), "--config", "nowhere.yaml"},
                            files.Path(".")),
                 "nowhere.yaml");
  }
}

TEST_CASE("a good configuration is said to be good, without Kafka") {
  const KafkaCounty county(kNowhere);
  for (const char* name : {"b1", "adapter"}) {
    const Finished checked = county.StartExpectingFailure(name, "--check");
    INFO(checked.err);
    CHECK(checked.exit_code == 0);
    CHECK_THAT(checked.out, Contains(" is good\n"));
  }
}

TEST_CASE(
    "a Kafka that is not there is said in bounded time, with its address") {
  const KafkaCounty county(kNowhere);
  county.WriteBroker("b1", "",
                     "kafka: {bootstrap_servers: [127.0.0.1:1], "
                     "request_timeout_ms: 2000}\n");
  CheckRefused(county.StartExpectingFailure("b1"), kNowhere);
}

TEST_CASE("a file that is missing or wrong is named with what to do") {
  const KafkaCounty county(kNowhere);
  const auto remove = [&](const std::string& file) {
    std::filesystem::remove_all(county.files().Path(file));
  };
  SECTION("the root of the pseudonyms is never made by a broker") {
    remove("keys/shared/pseudonym");
    CheckRefused(county.StartExpectingFailure("b1", "--check"),
                 "sluicectl key make-root");
  }
  SECTION("a broker's signing key") {
    remove("keys/b1.pem");
    CheckRefused(county.StartExpectingFailure("b1", "--check"),
                 "sluicectl key create");
  }
  SECTION("an adapter's signing key") {
    remove("keys/adapter.pem");
    CheckRefused(county.StartExpectingFailure("adapter", "--check"),
                 "sluicectl key create");
  }
  SECTION("a certificate of another role") {
    county.files().IssueCertificate(county.files().ca(), "b1", "grid/consumer");
    CheckRefused(county.StartExpectingFailure("b1", "--check"), "b1.pem");
  }
  SECTION("a typo, with file, line and field") {
    county.WriteBroker("b1", "", "kafka: {bootstrap: [127.0.0.1:1]}\n");
    CheckRefused(county.StartExpectingFailure("b1", "--check"),
                 "services/b1.yaml:11:9: kafka.bootstrap");
  }
}

}  // namespace
}  // namespace sluice::integration
