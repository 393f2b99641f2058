// Brokers and an adapter as processes of their own on a real Kafka.

#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/bus/test_kafka.h"
#include "tests/integration/kafka_county.h"

namespace sluice::integration {
namespace {

using Catch::Matchers::Contains;

const std::string& Bootstrap() { return bus::SharedTestKafka().bootstrap(); }

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

// A fact that a command prints for a program, by its name in the first line.
std::string Fact(const Finished& finished, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const size_t at = finished.out.find(key);
  REQUIRE(at != std::string::npos);
  const size_t begin = at + key.size();
  return finished.out.substr(begin, finished.out.find('"', begin) - begin);
}

void AwaitPublished(const KafkaCounty& county, double records) {
  while (county.Metric("adapter", "sluice_published_records_total") < records) {
    INFO(county.log("adapter"));
    std::this_thread::yield();
  }
}

TEST_CASE("any of two brokers serves any consumer, and both confirm") {
  KafkaCounty county(Bootstrap());
  county.files().OfferPeople(2000, 2);
  county.files().WritePeopleAgreement("agreements/grid-people.yaml",
                                      "grid-people");
  county.Start("b1");
  county.EnrolAll();
  county.AwaitReady("b1");
  county.Start("b2");
  county.Start("adapter");
  county.AwaitReady("b2");
  AwaitPublished(county, 2000);
  county.MustSluicectl("grid",
                       {"agreement", "request", "agreements/grid-people.yaml"});
  county.MustSluicectl("approver",
                       {"agreement", "approve", "grid-people", "--yes"});

  const auto subscribe = [&](const std::string& who, const std::string& group) {
    return county.Sluicectl(
        who, {"subscribe", "grid-people", "--purpose", County::kPurpose,
              "--group", group, "--until-caught-up", "--output", "csv"});
  };
  std::string lines[2];
  for (const int number : {1, 2}) {
    const Finished received = subscribe(absl::StrCat("grid-b", number),
                                        absl::StrCat("group-", number));
    INFO(received.err);
    REQUIRE(received.exit_code == 0);
    CHECK(Count(received.out, "\nupsert,") == 2000);
    CHECK_THAT(received.out,
               Contains("\nupsert,P00000042,张**,138****0042,1942-01-01\n"));
    lines[number - 1] = received.out;
    std::sort(lines[number - 1].begin(), lines[number - 1].end());
  }
  CHECK(lines[0] == lines[1]);

  const auto digest = [&](const std::string& who) {
    return Fact(county.MustSluicectl(who, {"status", "--output", "jsonl"}),
                "state_digest");
  };
  CHECK(digest("officer-b1") == digest("officer-b2"));
  const Finished brokers = county.MustSluicectl(
      "officer-b2", {"broker", "list", "--output", "jsonl"});
  CHECK(Count(brokers.out, "\"lease\":\"yes\"") == 2);
  CHECK_THAT(brokers.out, Contains("\"b1\"") && Contains("\"b2\""));

  const Finished revoked = county.MustSluicectl(
      "approver", {"agreement", "revoke", "grid-people", "--reason", "over",
                   "--output", "jsonl"});
  INFO(revoked.out);
  CHECK(Count(revoked.out, "\"confirmed\":\"applied\"") == 2);
  CHECK_THAT(revoked.out,
             Contains("\"broker\":\"b1\"") && Contains("\"broker\":\"b2\""));
  for (const char* who : {"grid-b1", "grid-b2"}) {
    CHECK_THAT(subscribe(who, "late").err, Contains("AGREEMENT_REVOKED"));
  }
  CHECK(county.Stop("adapter", SIGTERM).exit_code == 0);
  CHECK(county.Stop("b1", SIGTERM).exit_code == 0);
  CHECK(county.Stop("b2", SIGTERM).exit_code == 0);
}

TEST_CASE("a consumer goes on at the other broker, with each record once") {
  KafkaCounty county(Bootstrap());
  county.files().OfferPeople(20'000, 2);
  county.files().WritePeopleAgreement("agreements/grid-people.yaml",
                                      "grid-people");
  county.Start("b1");
  county.EnrolAll();
  county.Start("b2");
  county.Start("adapter");
  county.AwaitReady("b1");
  county.AwaitReady("b2");
  AwaitPublished(county, 20'000);
  county.MustSluicectl("grid",
                       {"agreement", "request", "agreements/grid-people.yaml"});
  county.MustSluicectl("approver",
                       {"agreement", "approve", "grid-people", "--yes"});
  const int end = GENERATE(SIGTERM, SIGKILL);
  // It has all that there is, and waits for more.
  Process consumer(
      {"/bin/sh", "-c",
       absl::StrCat("exec ", Runfile("tools/sluicectl/sluicectl"),
                    " --config clients/grid.yaml subscribe grid-people "
                    "--purpose '",
                    County::kPurpose,
                    "' --from beginning --max-records 20001 --output csv "
                    "> received.csv")},
      county.files().Path("."), "consumer");
  while (county.Metric("b1", "sluice_acknowledged_batches_total") < 2) {
    std::this_thread::yield();
  }
  county.Stop("b1", end);
  // One more, in a partition that goes on.
  county.files().OfferPeople(1, 2);
  const Finished finished = consumer.Wait();
  INFO(finished.err);
  CHECK(finished.exit_code == 0);
  CHECK_THAT(finished.err, Contains("going on at 127.0.0.1:"));
  std::ifstream file(county.files().Path("received.csv"));
  const std::string received{std::istreambuf_iterator<char>(file), {}};
  CHECK(Count(received, "\nupsert,") == 20'001);
  CHECK(Count(received, "\nupsert,P00019999,") == 1);
  CHECK(Count(received, "\nupsert,P00000000,") == 2);
}

TEST_CASE("who is not enrolled waits, and says with which command it is") {
  KafkaCounty county(Bootstrap());
  county.files().OfferPeople(10, 1);
  county.Start("b1");
  CHECK_THAT(county.Readyz("b1"),
             Contains("sluicectl key enrol --department data-bureau --role "
                      "broker --holder NAME --public-key "));
  CHECK_THAT(county.log("b1"), Contains("delivers nothing yet"));
  county.Start("adapter");
  CHECK_THAT(county.Readyz("adapter"),
             Contains("sluicectl key enrol --department registry-office --role "
                      "adapter --holder NAME --public-key "));
  county.EnrolAll();
  county.AwaitReady("b1");
  county.AwaitReady("adapter");
  AwaitPublished(county, 10);
}

TEST_CASE("a registry of another trust domain, or an empty one, is refused") {
  KafkaCounty county(Bootstrap());
  const std::string other(64, '0');
  const auto check = [&](const std::string& message) {
    const Finished refused = county.StartExpectingFailure("b2");
    INFO(refused.err);
    CHECK(refused.exit_code == 1);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, Contains(message));
  };
  county.WriteBroker("b2", "trust: {genesis_sha256: \"" + other + "\"}\n");
  check("trust.genesis_file: the registry on the bus is empty");
  county.Start("b1");
  check("trust.genesis_sha256: pins " + other);
  county.WriteBroker("b2", "trust: {genesis_sha256: \"" + other +
                               "\", genesis_file: ../genesis.bin}\n");
  check("trust.genesis_file");
}

// The `kafka` section of someone who logs in as `settings`, librdkafka's, say.
std::string SecureKafka(const KafkaCounty& county, const bus::TestKafka& kafka,
                        const std::map<std::string, std::string>& settings) {
  const std::string& user = settings.at("sasl.username");
  county.files().Write("keys/" + user + ".password",
                       settings.at("sasl.password") + "\n");
  return absl::StrCat(
      "kafka:\n  bootstrap_servers: [", kafka.bootstrap(),
      "]\n  name_prefix: ", county.name_prefix(),
      "\n  replication_factor: 1\n  min_insync_replicas: 1\n  ca_file: ",
      settings.at("ssl.ca.location"),
      "\n  sasl: {mechanism: ", settings.at("sasl.mechanism"), ", user: ", user,
      ", password_file: ../keys/", user, ".password}\n");
}

TEST_CASE("on a secure Kafka each process gets by with its own access") {
  auto kafka = bus::TestKafka::Start({.secure = true});
  REQUIRE(kafka.ok());
  KafkaCounty county((*kafka)->bootstrap());
  const auto section = [&](const std::string& role, const std::string& user,
                           const std::string& department) {
    const auto settings =
        (*kafka)->Grant(role, user, department, county.name_prefix());
    INFO(settings.status().message());
    REQUIRE(settings.ok());
    return SecureKafka(county, **kafka, *settings);
  };
  county.files().OfferPeople(100, 1);
  county.files().WritePeopleAgreement("agreements/grid-people.yaml",
                                      "grid-people");
  county.WriteBroker("b1", "", section("broker", "broker-1", ""));
  county.WriteAdapter(section("adapter", "adapter-ro", "registry-office"));
  county.Start("b1");
  county.EnrolAll();
  county.AwaitReady("b1");
  county.Start("adapter");
  AwaitPublished(county, 100);
  county.MustSluicectl("grid",
                       {"agreement", "request", "agreements/grid-people.yaml"});
  county.MustSluicectl("approver",
                       {"agreement", "approve", "grid-people", "--yes"});
  const Finished received = county.Sluicectl(
      "grid", {"subscribe", "grid-people", "--purpose", County::kPurpose,
               "--until-caught-up", "--output", "csv"});
  INFO(received.err);
  CHECK(received.exit_code == 0);
  CHECK(Count(received.out, "\nupsert,") == 100);

  county.files().Write("keys/broker-1.password", "wrong\n");
  CHECK(county.Stop("b1", SIGTERM).exit_code == 0);
  const Finished refused = county.StartExpectingFailure("b1");
  INFO(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains((*kafka)->bootstrap()));
}

TEST_CASE("a topic with settings that break a promise is named at the start") {
  KafkaCounty county(Bootstrap());
  county.Start("b1");
  REQUIRE(county.Stop("b1", SIGTERM).exit_code == 0);
  REQUIRE(bus::SharedTestKafka()
              .SetTopic(county.name_prefix() + "registry",
                        {"cleanup.policy=delete"})
              .ok());
  const Finished refused = county.StartExpectingFailure("b1");
  INFO(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains(county.name_prefix() + "registry") &&
                              Contains("kafka-configs.sh"));
}

}  // namespace
}  // namespace sluice::integration
