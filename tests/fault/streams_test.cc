// Broken: nothing by force; consumers are slow, have no credit, are more than
// there are partitions or acknowledge late, and brokers come and go under load.
// Must hold: every record reaches the group, in order; a consumer without
// credit keeps its partitions; an acknowledgement for a partition that was lost
// takes no effect; three brokers reach the same state.

#include <signal.h>

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "libs/base/reason.h"
#include "libs/base/status.h"
#include "tests/fault/cluster.h"
#include "tests/fault/eventually.h"
#include "tests/fault/feeder.h"
#include "tests/fault/reader.h"

namespace sluice::fault {
namespace {

// A county with three brokers and load, for all test cases of this file.
struct County {
  County() {
    cluster.AddBroker("b2");
    cluster.AddBroker("b3");
    cluster.Offer("events", 2);
    feeder = std::make_unique<Feeder>(cluster.FeedPath("events"), "k", 20);
    feeder->Start(400);
    cluster.AddAdapter("a1");
  }

  std::unique_ptr<Reader> Read(const std::string& broker,
                               const ReaderOptions& options) const {
    return std::make_unique<Reader>(cluster.Connect("grid-" + broker), options);
  }

  Cluster cluster;
  std::unique_ptr<Feeder> feeder;
};

County& TheCounty() {
  static County county;
  return county;
}

std::set<uint64_t> Sequences(const std::vector<JournalDelivery>& deliveries,
                             uint32_t partition) {
  std::set<uint64_t> sequences;
  for (const JournalDelivery& delivery : deliveries) {
    if (delivery.partition == partition) sequences.insert(delivery.sequence);
  }
  return sequences;
}

// The sequence of the first delivery of each partition.
std::map<uint32_t, uint64_t> Firsts(
    const std::vector<JournalDelivery>& deliveries) {
  std::map<uint32_t, uint64_t> firsts;
  for (const JournalDelivery& delivery : deliveries) {
    firsts.emplace(delivery.partition, delivery.sequence);
  }
  return firsts;
}

// Both partitions come, in bursts.
bool AwaitBoth(const Reader& reader) {
  return Eventually([&] { return Firsts(reader.deliveries()).size() == 2; },
                    kPatience);
}

TEST_CASE("a consumer without credit keeps its place in the group") {
  County& county = TheCounty();
  county.cluster.Agree("patient", "events");
  const auto reader =
      county.Read("b1", {.agreement = "patient", .batches = 1, .allowed = 3});
  REQUIRE(reader->AwaitCount(3, kPatience));
  // Longer than a member may be silent for Kafka.
  absl::SleepFor(absl::Seconds(8));
  reader->Allow(20);
  REQUIRE(reader->AwaitCount(23, kPatience));
  CHECK(reader->end().ok());
  // Nothing was taken from it and given back.
  const auto deliveries = reader->deliveries();
  for (const uint32_t partition : {0U, 1U}) {
    const std::set<uint64_t> sequences = Sequences(deliveries, partition);
    if (sequences.empty()) continue;
    CHECK(*sequences.rbegin() - *sequences.begin() + 1 == sequences.size());
  }
  const Problems problems = CheckOrder(deliveries);
  INFO(Summary(problems));
  CHECK(problems.empty());
}

TEST_CASE(
    "of more streams than partitions some wait, and take over when others go") {
  County& county = TheCounty();
  county.cluster.Agree("crowd", "events");
  std::vector<std::unique_ptr<Reader>> readers;
  for (const char* broker : {"b1", "b2", "b3", "b1", "b2"}) {
    readers.push_back(
        county.Read(broker, {.agreement = "crowd",
                             .group = "crowd",
                             .from = exchange::v1::START_FROM_COMMITTED}));
    REQUIRE(readers.back()->AwaitStarted(kPatience));
  }
  std::vector<JournalDelivery> all;
  while (!readers.empty()) {
    size_t active = 0;
    REQUIRE(Eventually(
        [&] {
          for (active = 0; active < readers.size(); ++active) {
            if (readers[active]->count() > 10) return true;
          }
          return false;
        },
        kPatience));
    const auto got = readers[active]->Stop();
    all.insert(all.end(), got.begin(), got.end());
    readers.erase(readers.begin() + static_cast<long>(active));
  }
  for (const uint32_t partition : {0U, 1U}) {
    const std::set<uint64_t> sequences = Sequences(all, partition);
    INFO("partition " << partition);
    REQUIRE_FALSE(sequences.empty());
    CHECK(*sequences.begin() == 1);
    CHECK(*sequences.rbegin() == sequences.size());
  }
}

TEST_CASE("an acknowledgement for a partition that was lost takes no effect") {
  County& county = TheCounty();
  county.cluster.Agree("late", "events");
  const ReaderOptions options = {.agreement = "late",
                                 .group = "late",
                                 .from = exchange::v1::START_FROM_COMMITTED,
                                 .acknowledges = false};
  auto late = county.Read("b1", options);
  REQUIRE(AwaitBoth(*late));
  auto other = county.Read("b2", options);
  // One partition moves; nothing of it was acknowledged, so it comes from the
  // beginning.
  REQUIRE(other->AwaitCount(1, kPatience));
  const uint32_t moved = other->deliveries().front().partition;
  CHECK(other->deliveries().front().sequence == 1);
  late->AckAllAndClose();
  REQUIRE(late->AwaitEnd(kPatience));
  other.reset();

  const auto next = county.Read("b3", options);
  REQUIRE(AwaitBoth(*next));
  const auto firsts = Firsts(next->deliveries());
  for (const auto& [partition, first] : firsts) {
    INFO("partition " << partition << ", moved was " << moved);
    // What was still its own is committed.
    CHECK((first == 1) == (partition == moved));
  }
}

TEST_CASE("what a stopped broker is late to commit takes no effect") {
  County& county = TheCounty();
  county.cluster.Agree("stopped", "events");
  const ReaderOptions options = {.agreement = "stopped",
                                 .group = "stopped",
                                 .from = exchange::v1::START_FROM_COMMITTED,
                                 .acknowledges = false};
  auto late = county.Read("b1", options);
  REQUIRE(AwaitBoth(*late));
  late->Hold();
  county.cluster.Signal("b1", SIGSTOP);
  // It lies before the broker when that goes on.
  late->AckAllAndClose();
  auto other = county.Read("b2", options);
  const bool both = AwaitBoth(*other);
  county.cluster.Signal("b1", SIGCONT);
  REQUIRE(both);
  for (const auto& [partition, first] : Firsts(other->deliveries())) {
    INFO("partition " << partition);
    CHECK(first == 1);
  }
  county.cluster.AwaitLease("b1");
  REQUIRE(late->AwaitEnd(kPatience));
  other.reset();
  const auto next = county.Read("b3", options);
  REQUIRE(AwaitBoth(*next));
  for (const auto& [partition, first] : Firsts(next->deliveries())) {
    INFO("partition " << partition);
    CHECK(first == 1);
  }
}

TEST_CASE("concurrent streams are counted over all brokers") {
  County& county = TheCounty();
  county.cluster.Agree("few", "events", "concurrent_streams: 2");
  auto first = county.Read("b1", {.agreement = "few", .group = "one"});
  auto second = county.Read("b2", {.agreement = "few", .group = "two"});
  REQUIRE(first->AwaitStarted(kPatience));
  REQUIRE(second->AwaitStarted(kPatience));
  for (const char* broker : {"b1", "b2", "b3"}) {
    const auto third =
        county.Read(broker, {.agreement = "few", .group = "three"});
    REQUIRE(third->AwaitEnd(kPatience));
    INFO(broker << ": " << std::string(third->end().message()));
    CHECK(ReasonOf(third->end()) == status::v1::REASON_CODE_LIMIT_REACHED);
  }
  // Also the place of a broker that died becomes free again.
  county.cluster.Kill("b2");
  county.cluster.Start("b2");
  CHECK(Eventually(
      [&] {
        return county.Read("b3", {.agreement = "few", .group = "three"})
            ->AwaitStarted(kPatience);
      },
      kPatience));
}

TEST_CASE("brokers come and go under load, and end in the same state") {
  County& county = TheCounty();
  Cluster& cluster = county.cluster;
  cluster.Agree("all", "events");
  cluster.AddConsumer("c1", {.agreement = "all"});
  cluster.AwaitRecords("c1", 200);
  for (const char* broker : {"b1", "b2", "b3"}) {
    INFO(broker);
    CHECK(cluster.Stop(broker).exit_code == 0);
    cluster.AwaitRecords("c1", county.feeder->total() + 100);
    cluster.Start(broker);
  }
  cluster.AddBroker("b4");
  county.feeder->Stop();
  cluster.AwaitRecords("c1", county.feeder->total());
  const Problems problems =
      CheckComplete(cluster.Journal("c1"), county.feeder->counts());
  INFO(Summary(problems));
  CHECK(problems.empty());
  cluster.CheckSameState();
  county.feeder->Start(400);
}

}  // namespace
}  // namespace sluice::fault
