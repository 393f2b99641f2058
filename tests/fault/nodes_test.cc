// Broken: nodes of a Kafka of three, by SIGKILL under load: one, then the one
// that leads `registry`, then all of them for a while. Must hold: with a
// majority everything goes on; without Kafka delivery stops when the lease has
// run out and goes on by itself afterwards; nothing is lost or repeated for a
// consumer that keeps its position.
//
// SLUICE_FAULT_KAFKA_DOWN: for how many seconds all of Kafka is down
// (default 60).

#include <catch2/catch.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/fault/cluster.h"
#include "tests/fault/feeder.h"
#include "tests/fault/file_tail.h"
#include "tests/fault/kafka_topic.h"
#include "tests/fault/rounds.h"

namespace sluice::fault {
namespace {

// For a consumer that is slow to be done with what had reached it.
constexpr absl::Duration kConsumerLag = absl::Seconds(1);

void Require(const absl::Status& status) {
  INFO(std::string(status.message()));
  REQUIRE(status.ok());
}

// Kills one node, then the one that leads the registry.
void LoseNodes(Cluster* cluster, const Feeder& feeder) {
  const auto leads =
      LeaderOf(cluster->bootstrap(), absl::StrCat(kTopicPrefix, "registry"));
  Require(leads.status());
  const int leader = *leads;
  const int other = leader % 3 + 1;
  for (const int node : {other, leader}) {
    INFO("node " << node << ", registry led by " << leader);
    Require(cluster->kafka().KillNode(node));
    cluster->AwaitRecords("c1", feeder.total() + 400);
    Require(cluster->kafka().StartNode(node));
  }
  cluster->MustSluicectl("approver",
                         {"agreement", "revoke", "other", "--reason", "test"});
}

void LoseKafka(Cluster* cluster) {
  // So slow that the brokers have far more at hand than it takes in a lease.
  cluster->Kill("c1");
  cluster->AddConsumer("c1",
                       {.agreement = "all", .batches = 2, .pause_ms = 150});
  FileTail journal(cluster->JournalPath("c1"));
  journal.SkipToEnd();
  REQUIRE(journal.AwaitLines(30, kPatience));
  Require(cluster->kafka().KillNode());
  const absl::Time killed = absl::Now();
  // The fault itself takes so long.
  absl::SleepFor(absl::Seconds(FromEnvironment("SLUICE_FAULT_KAFKA_DOWN", 60)));
  const auto kept = cluster->Journal("c1");
  INFO("the last delivery came "
       << absl::FormatDuration(kept.back().received - killed)
       << " after Kafka went");
  CHECK(kept.back().received < killed + kLease + kConsumerLag);
  journal.SkipToEnd();
  Require(cluster->kafka().StartNode());
  // By itself: consumer, brokers and adapter are those of before.
  CHECK(journal.AwaitLines(5, kPatience));
  cluster->Kill("c1");
  cluster->AddConsumer("c1", {.agreement = "all"});
}

TEST_CASE(
    "a node of Kafka, the registry's leader and then all of Kafka are lost for "
    "a while, and no record is") {
  ClusterOptions options;
  options.kafka.nodes = 3;
  Cluster cluster(options);
  cluster.AddBroker("b2");
  cluster.Offer("events", 3);
  Feeder feeder(cluster.FeedPath("events"), "k", 30);
  feeder.Start(400);
  cluster.AddAdapter("a1");
  cluster.Agree("all", "events");
  cluster.Agree("other", "events");
  cluster.AddConsumer("c1", {.agreement = "all"});
  cluster.AwaitRecords("c1", 400);

  LoseNodes(&cluster, feeder);
  LoseKafka(&cluster);

  feeder.Stop();
  cluster.AwaitRecords("c1", feeder.total());
  const Problems problems =
      CheckComplete(cluster.Journal("c1"), feeder.counts());
  INFO(Summary(problems));
  CHECK(problems.empty());
  cluster.CheckSameState();
}

}  // namespace
}  // namespace sluice::fault
