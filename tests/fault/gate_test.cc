// Broken: a broker is stopped (SIGSTOP) while it delivers, an agreement is
// revoked through another one, and the first goes on (SIGCONT) as if nothing
// had happened. Must hold: the revocation is acknowledged, once the stopped
// broker's lease has run out; from then on it writes nothing under the
// agreement.

#include <signal.h>

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/reason.h"
#include "libs/base/status.h"
#include "tests/fault/cluster.h"
#include "tests/fault/feeder.h"
#include "tests/fault/reader.h"

namespace sluice::fault {
namespace {

constexpr int kStreams = 4;

using Readers = std::vector<std::unique_ptr<Reader>>;

// Streams of b1, each of a group of its own.
Readers Open(const Cluster& cluster, ReaderOptions options) {
  Readers readers;
  for (int stream = 0; stream < kStreams; ++stream) {
    options.group = absl::StrCat(options.agreement, "-", stream);
    readers.push_back(
        std::make_unique<Reader>(cluster.Connect("grid-b1"), options));
  }
  return readers;
}

absl::Time TimeOf(const Disclosures& disclosures, const std::string& id) {
  const auto found = disclosures.find(id);
  INFO(id);
  REQUIRE(found != disclosures.end());
  const auto& time = found->second.time();
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

void Revoke(const Cluster& cluster, const std::string& agreement) {
  const integration::Finished revoked = cluster.MustSluicectl(
      "approver-b2", {"agreement", "revoke", agreement, "--reason", "test"});
  // Which brokers confirmed, and how.
  INFO(revoked.out << revoked.err);
  CHECK((revoked.out + revoked.err).find("b1") != std::string::npos);
}

// With `cut_off` a write may have been under way: then its call is cut off, and
// what the stream ended with has no way to the consumer.
void CheckRevoked(const Readers& readers, bool cut_off) {
  for (const auto& reader : readers) {
    REQUIRE(reader->AwaitEnd(kPatience));
    INFO(std::string(reader->end().message()));
    const ReasonCode reason = ReasonOf(reader->end());
    CHECK((reason == status::v1::REASON_CODE_AGREEMENT_REVOKED ||
           reason == status::v1::REASON_CODE_LEASE_LOST ||
           (cut_off && absl::IsCancelled(reader->end()))));
  }
}

class Running {
 public:
  Running()
      : feeder_((cluster.Offer("events", 4), cluster.FeedPath("events")), "k",
                40) {
    cluster.AddBroker("b2");
    feeder_.Start(1'000);
    cluster.AddAdapter("a1");
  }

  Cluster cluster;

 private:
  Feeder feeder_;
};

TEST_CASE(
    "stopped before it writes and continued after the revocation, a broker "
    "writes nothing") {
  Running running;
  Cluster& cluster = running.cluster;
  cluster.Agree("revoked", "events");
  // A stream that has used up its credit has no write under way: what comes
  // for credit that is given while the broker is stopped was started later.
  const Readers readers =
      Open(cluster, {.agreement = "revoked", .batches = 1, .allowed = 1});
  for (const auto& reader : readers) REQUIRE(reader->AwaitCount(1, kPatience));

  cluster.Signal("b1", SIGSTOP);
  for (const auto& reader : readers) reader->Allow(1'000);
  Revoke(cluster, "revoked");
  cluster.Signal("b1", SIGCONT);

  CheckRevoked(readers, /*cut_off=*/false);
  for (const auto& reader : readers) CHECK(reader->count() == 1);
}

TEST_CASE(
    "stopped at a random moment of its writing, a broker writes at most what "
    "it had begun") {
  std::mt19937 random(20261123);
  Running running;
  Cluster& cluster = running.cluster;
  for (int round = 0; round < 3; ++round) {
    INFO("round " << round);
    const std::string agreement = absl::StrCat("revoked-", round);
    cluster.Agree(agreement, "events");
    const Readers readers = Open(cluster, {.agreement = agreement});
    for (const auto& reader : readers) {
      REQUIRE(reader->AwaitCount(random() % 50, kPatience));
    }
    cluster.Signal("b1", SIGSTOP);
    const absl::Time stopped = absl::Now();
    Revoke(cluster, agreement);
    // The revocation took the rest of a lease; whatever the kernel held of a
    // stopped process has long been read.
    std::vector<size_t> read;
    for (const auto& reader : readers) read.push_back(reader->count());
    cluster.Signal("b1", SIGCONT);

    CheckRevoked(readers, /*cut_off=*/true);
    const Disclosures disclosures = cluster.ReadDisclosures();
    for (size_t stream = 0; stream < readers.size(); ++stream) {
      const auto deliveries = readers[stream]->deliveries();
      // The one write that gRPC had already been given.
      CHECK(deliveries.size() <= read[stream] + 1);
      for (const JournalDelivery& delivery : deliveries) {
        CHECK(TimeOf(disclosures, delivery.audit_id) <= stopped);
      }
    }
    cluster.AwaitLease("b1");
  }
}

}  // namespace
}  // namespace sluice::fault
