// Broken: a broker's network to Kafka, in which from one moment on every packet
// is lost. Must hold: it delivers for no longer than its lease; a revocation
// elsewhere does not wait for longer than that; when the network is back it
// delivers again, and not under what was revoked meanwhile.

#include <catch2/catch.hpp>
#include <string>

#include "absl/time/clock.h"
#include "tests/fault/cluster.h"
#include "tests/fault/feeder.h"
#include "tests/fault/file_tail.h"
#include "tests/fault/network.h"
#include "tests/fault/skipped.h"

namespace sluice::fault {
namespace {

// For a consumer that is slow to be done with what had reached it.
constexpr absl::Duration kConsumerLag = absl::Seconds(1);

TEST_CASE(
    "a broker cut off from Kafka stops within its lease, and delivers again "
    "when it is back") {
  if (!Network::IsPossible()) {
    SaySkipped("it needs root with CAP_NET_ADMIN, for a network of its own");
    return;
  }
  const Network network;
  ClusterOptions options;
  options.network = &network;
  Cluster cluster(options);
  cluster.AddBroker("b2", /*in_network=*/true);
  cluster.Offer("events", 4);
  Feeder feeder(cluster.FeedPath("events"), "k", 40);
  feeder.Start(500);
  cluster.AddAdapter("a1");
  cluster.Agree("kept", "events");
  cluster.Agree("revoked", "events");
  // So slow that b2 has far more at hand than they take in a lease.
  ConsumerOptions slow = {
      .agreement = "kept", .config = "grid-b2", .batches = 2, .pause_ms = 100};
  cluster.AddConsumer("c-kept", slow);
  slow.agreement = "revoked";
  cluster.AddConsumer("c-revoked", slow);
  cluster.AwaitRecords("c-kept", 100);
  cluster.AwaitRecords("c-revoked", 100);
  // A backlog.
  FileTail journal(cluster.JournalPath("c-kept"));
  journal.SkipToEnd();
  REQUIRE(journal.AwaitLines(30, kPatience));

  network.CutKafka();
  const absl::Time cut = absl::Now();
  const integration::Finished revoked = cluster.MustSluicectl(
      "approver-b1", {"agreement", "revoke", "revoked", "--reason", "test"});
  const absl::Duration took = absl::Now() - cut;
  INFO(revoked.out << revoked.err);
  CHECK(took < 2 * kLease + absl::Seconds(2));
  CHECK((revoked.out + revoked.err).find("b2") != std::string::npos);

  // What b2 had at hand would have lasted for longer.
  absl::SleepFor(2 * kLease);
  for (const char* consumer : {"c-kept", "c-revoked"}) {
    const auto kept = cluster.Journal(consumer);
    INFO(consumer << " got its last "
                  << absl::FormatDuration(kept.back().received - cut)
                  << " after the cut");
    CHECK(kept.back().received < cut + kLease + kConsumerLag);
  }

  network.MendKafka();
  cluster.AwaitLease("b2");
  CHECK(cluster.AwaitEnd("c-revoked").exit_code == 1);
  cluster.Kill("c-kept");
  feeder.Stop();
  cluster.AddConsumer("c-kept", {.agreement = "kept", .config = "grid-b2"});
  cluster.AwaitRecords("c-kept", feeder.total());
  const Problems problems =
      CheckComplete(cluster.Journal("c-kept"), feeder.counts());
  INFO(Summary(problems));
  CHECK(problems.empty());
  cluster.CheckSameState();
}

}  // namespace
}  // namespace sluice::fault
