// Broken: adapter, brokers and consumers, one after the other, by SIGKILL at
// random moments while records flow. Must hold: a consumer that stores its
// position with its records has every record once and in order of its key; all
// that it got is in the audit trail; an agreement's limits are kept by all
// brokers together, through all crashes.
//
// SLUICE_FAULT_ROUNDS: how often something is killed (default 30).
// SLUICE_FAULT_VICTIMS: who (default a1,b1,b2,c1,c2: adapter, brokers,
// consumers).
// SLUICE_FAULT_SEED: of chance.

#include <catch2/catch.hpp>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/fault/cluster.h"
#include "tests/fault/feeder.h"
#include "tests/fault/file_tail.h"
#include "tests/fault/rounds.h"

namespace sluice::fault {
namespace {

constexpr uint64_t kDayLimit = 6'000;
constexpr uint64_t kRateLimit = 300;

// Hours from now on either side the agreement's day does not end.
int NoonNow() {
  const absl::Time now = absl::Now();
  const auto civil = absl::ToCivilMinute(now, absl::UTCTimeZone());
  return 12 * 60 -
         static_cast<int>(civil - absl::CivilMinute(absl::CivilDay(civil)));
}

TEST_CASE(
    "killed at random moments under load, nothing is lost, repeated, unaudited "
    "or above a limit") {
  std::mt19937 random(
      static_cast<uint32_t>(FromEnvironment("SLUICE_FAULT_SEED", 20261122)));
  Cluster cluster;
  cluster.AddBroker("b2");
  cluster.Offer("events", 4);
  Feeder feeder(cluster.FeedPath("events"), "k", 40);
  feeder.Start(800);
  cluster.AddAdapter("a1");
  cluster.Agree("all", "events");
  cluster.Agree("limited", "events",
                absl::StrCat("records_per_day: ", kDayLimit,
                             ", records_per_second: ", kRateLimit,
                             ", utc_offset_minutes: ", NoonNow()));
  cluster.AddConsumer("c1", {.agreement = "all"});
  cluster.AddConsumer("c2", {.agreement = "limited"});
  cluster.AwaitRecords("c1", 100);

  FileTail progress(cluster.JournalPath("c1"));
  const std::vector<std::string> victims = absl::StrSplit(
      FromEnvironment("SLUICE_FAULT_VICTIMS", "a1,b1,b2,c1,c2"), ',');
  const int rounds = FromEnvironment("SLUICE_FAULT_ROUNDS", 30);
  for (int round = 0; round < rounds; ++round) {
    const std::string victim = victims[random() % victims.size()];
    INFO("round " << round << " kills " << victim);
    // Some way on, or in the middle of what the last one left behind.
    progress.SkipToEnd();
    progress.AwaitLines(random() % 30, absl::Seconds(2));
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
    cluster.Kill(victim);
    cluster.Start(victim);
  }
  feeder.Stop();
  cluster.AwaitRecords("c1", feeder.total());
  cluster.Kill("c1");
  cluster.Kill("c2");

  const auto all = cluster.Journal("c1");
  const Problems lost = CheckComplete(all, feeder.counts());
  INFO(Summary(lost));
  CHECK(lost.empty());
  const auto limited = cluster.Journal("c2");
  const Problems disorder = CheckOrder(limited);
  INFO(Summary(disorder));
  CHECK(disorder.empty());
  CHECK(limited.size() > 10);

  const Disclosures disclosures = cluster.ReadDisclosures();
  for (const auto& journal : {all, limited}) {
    const Problems unaudited = CheckAudited(journal, disclosures);
    INFO(Summary(unaudited));
    CHECK(unaudited.empty());
  }
  Problems above = CheckDay(disclosures, "limited", kDayLimit);
  const Problems too_fast = CheckRate(disclosures, "limited", kRateLimit, 1);
  above.insert(above.end(), too_fast.begin(), too_fast.end());
  INFO(Summary(above));
  CHECK(above.empty());
  cluster.CheckTrails();
  cluster.CheckSameState();
}

}  // namespace
}  // namespace sluice::fault
