// Broken: what an operator of Kafka may do to a topic that is in use: delete
// it, or lower the bound on its messages. Must hold: consumer and adapter say
// what is wrong and name the topic; other resources go on; nothing that can
// still be had is lost.

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "tests/fault/cluster.h"
#include "tests/fault/eventually.h"
#include "tests/fault/feeder.h"
#include "tests/fault/file_tail.h"

namespace sluice::fault {
namespace {

std::string RecordsTopic(const std::string& resource) {
  return kTopicPrefix + ("records.registry-office." + resource);
}

void Require(const absl::Status& status) {
  INFO(std::string(status.message()));
  REQUIRE(status.ok());
}

void CheckWhole(const Cluster& cluster, const std::string& consumer,
                const Feeder& feeder) {
  cluster.AwaitRecords(consumer, feeder.total());
  const Problems problems =
      CheckComplete(cluster.Journal(consumer), feeder.counts());
  INFO(consumer << ": " << Summary(problems));
  CHECK(problems.empty());
}

TEST_CASE(
    "a topic deleted under a running stream is named to its consumer, and "
    "other streams go on") {
  Cluster cluster;
  cluster.Offer("doomed", 2);
  cluster.Offer("other", 2);
  Feeder doomed(cluster.FeedPath("doomed"), "d", 10);
  Feeder other(cluster.FeedPath("other"), "o", 10);
  doomed.Start(200);
  other.Start(200);
  cluster.AddAdapter("a1");
  cluster.Agree("doomed", "doomed");
  cluster.Agree("other", "other");
  cluster.AddConsumer("c-doomed", {.agreement = "doomed"});
  cluster.AddConsumer("c-other", {.agreement = "other"});
  cluster.AwaitRecords("c-doomed", 100);
  cluster.AwaitRecords("c-other", 100);

  // So that the topic does not come again while we look.
  doomed.Stop();
  cluster.AwaitRecords("c-doomed", doomed.total());
  Require(cluster.kafka().DeleteTopic(RecordsTopic("doomed")));
  const integration::Finished ended = cluster.AwaitEnd("c-doomed");
  INFO(ended.err);
  CHECK(ended.exit_code == 1);
  CHECK(ended.err.find("registry-office.doomed") != std::string::npos);

  // To go on behind a gap would leave it to nobody to notice.
  FileTail adapter(cluster.LogPath("a1"));
  doomed.Add(200);
  CHECK(adapter.AwaitText("registry-office.doomed is empty", kPatience));
  other.Stop();
  CheckWhole(cluster, "c-other", other);
}

TEST_CASE(
    "a state whose topic was deleted is published anew, behind what its "
    "consumers have") {
  Cluster cluster;
  cluster.Offer("state", 1, "STATE");
  Feeder feeder(cluster.FeedPath("state"), "k", 40);
  feeder.Add(40);
  cluster.AddAdapter("a1");
  cluster.Agree("state", "state");
  cluster.AddConsumer("c1", {.agreement = "state"});
  // With the marks of its beginning and its end.
  const auto has = [&](size_t deliveries) {
    return Eventually(
        [&] { return cluster.Journal("c1").size() == deliveries; }, kPatience);
  };
  REQUIRE(has(3));
  FileTail adapter(cluster.LogPath("a1"));
  adapter.SkipToEnd();
  Require(cluster.kafka().DeleteTopic(RecordsTopic("state")));
  CHECK(cluster.AwaitEnd("c1").exit_code == 1);

  // The file is as it was.
  CHECK(adapter.AwaitText("published anew", kPatience));
  CHECK(adapter.AwaitText("source published", kPatience));
  cluster.AddConsumer("c1", {.agreement = "state"});
  REQUIRE(has(6));
  const auto journal = cluster.Journal("c1");
  for (size_t i = 0; i < journal.size(); ++i) {
    CAPTURE(i);
    CHECK(journal[i].sequence == i + 1);
    CHECK(journal[i].generation == i / 3 + 1);
    CHECK(journal[i].records == journal[i % 3].records);
  }
}

TEST_CASE(
    "a message that Kafka finds too large is named, and nothing is lost") {
  Cluster cluster;
  cluster.Offer("events", 2);
  Feeder feeder(cluster.FeedPath("events"), "k", 20);
  feeder.Add(100);
  cluster.AddAdapter("a1");
  cluster.Agree("all", "events");
  cluster.AddConsumer("c1", {.agreement = "all"});
  cluster.AwaitRecords("c1", 100);

  const std::string topic = RecordsTopic("events");
  FileTail adapter(cluster.LogPath("a1"));
  adapter.SkipToEnd();
  Require(cluster.kafka().SetTopic(topic, {"max.message.bytes=2000"}));
  feeder.Add(5'000);
  CHECK(adapter.AwaitText(topic, kPatience));
  Require(cluster.kafka().SetTopic(topic, {"max.message.bytes=1048588"}));
  feeder.Add(1);
  CheckWhole(cluster, "c1", feeder);
}

}  // namespace
}  // namespace sluice::fault
