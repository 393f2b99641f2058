// Broken: a second adapter of the same identity is started while the first one
// publishes, and then the first again. Must hold: the older one is fenced and
// says so; what a consumer gets has no gap and no repetition.

#include <catch2/catch.hpp>

#include "tests/fault/cluster.h"
#include "tests/fault/feeder.h"
#include "tests/fault/file_tail.h"

namespace sluice::fault {
namespace {

TEST_CASE(
    "of two adapters with one identity the older is fenced, without a gap or a "
    "repetition") {
  Cluster cluster;
  cluster.Offer("events", 3);
  Feeder feeder(cluster.FeedPath("events"), "k", 20);
  feeder.Start(500);
  cluster.AddAdapter("a1");
  cluster.Agree("all", "events");
  cluster.AddConsumer("c1", {.agreement = "all"});
  cluster.AwaitRecords("c1", 200);

  FileTail first(cluster.LogPath("a1"));
  cluster.AddAdapter("a2");
  CHECK(first.AwaitText("took over", kPatience));
  cluster.AwaitRecords("c1", feeder.total() + 200);

  FileTail second(cluster.LogPath("a2"));
  cluster.Stop("a1");
  cluster.Start("a1");
  CHECK(second.AwaitText("took over", kPatience));
  cluster.AwaitRecords("c1", feeder.total() + 200);

  feeder.Stop();
  cluster.AwaitRecords("c1", feeder.total());
  const Problems problems =
      CheckComplete(cluster.Journal("c1"), feeder.counts());
  INFO(Summary(problems));
  CHECK(problems.empty());
}

}  // namespace
}  // namespace sluice::fault
