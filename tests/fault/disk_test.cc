// Broken: Kafka's disk is full while records flow, until somebody makes room.
// Must hold: the adapter says that Kafka does not take its records; what is
// published meanwhile is neither lost nor repeated when there is room again.

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/fault/cluster.h"
#include "tests/fault/feeder.h"
#include "tests/fault/file_tail.h"
#include "tests/fault/skipped.h"

namespace sluice::fault {
namespace {

void Fill(const std::string& path) {
  std::ofstream file(path);
  const std::string block(1 << 16, 'x');
  while (file.write(block.data(), static_cast<std::streamsize>(block.size()))
             .flush()) {
  }
}

TEST_CASE(
    "while Kafka's disk is full the adapter says so, and nothing is lost") {
  if (::geteuid() != 0) {
    SaySkipped("it needs root, for a disk of its own");
    return;
  }
  ClusterOptions options;
  options.kafka.disk_bytes = 96 << 20;
  Cluster cluster(options);
  cluster.Offer("events", 2);
  Feeder feeder(cluster.FeedPath("events"), "k", 20);
  feeder.Start(500);
  cluster.AddAdapter("a1");
  cluster.Agree("all", "events");
  cluster.AddConsumer("c1", {.agreement = "all"});
  cluster.AwaitRecords("c1", 200);

  FileTail adapter(cluster.LogPath("a1"));
  const std::string ballast = cluster.kafka().DataFolder(1) + "/ballast";
  Fill(ballast);
  CHECK(adapter.AwaitText("source not published", kPatience));
  std::filesystem::remove(ballast);
  // Most often the node has ended by now, and there is nothing to kill. If it
  // was an index file that found no room, it lives on and takes no transaction
  // any more: only a restart mends that.
  cluster.kafka().KillNode().IgnoreError();
  REQUIRE(cluster.kafka().StartNode().ok());

  feeder.Stop();
  cluster.AwaitRecords("c1", feeder.total());
  const Problems problems =
      CheckComplete(cluster.Journal("c1"), feeder.counts());
  INFO(Summary(problems));
  CHECK(problems.empty());
}

}  // namespace
}  // namespace sluice::fault
