// Broken: the whole standalone process, by SIGKILL, while it publishes and
// while it delivers. Must hold: the consumer, which stores its position with
// its records, has every record once and in order; every delivery it got is in
// the audit trail; the trail verifies.
//
// SLUICE_FAULT_ROUNDS sets how often it is killed while it delivers (default
// 4).

#include <signal.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/client/connection.h"
#include "libs/client/subscription.h"
#include "tests/integration/county.h"

namespace sluice::integration {
namespace {

constexpr int kRows = 100'000;
constexpr int kPartitions = 3;
constexpr uint32_t kIdField = 1;

int Rounds() {
  const char* rounds = std::getenv("SLUICE_FAULT_ROUNDS");
  return rounds == nullptr ? 4 : std::atoi(rounds);
}

// What a careful consumer keeps, all of it stored in one step.
struct Store {
  std::string position;
  std::vector<std::string> ids;
  std::map<uint32_t, uint64_t> last_sequence;
  std::set<std::string> audit_ids;
};

void Keep(const client::ReceivedDelivery& received, Store* store) {
  const auto& delivery = received.delivery;
  // In order and without a gap, over all streams and crashes.
  CHECK(delivery.sequence() == ++store->last_sequence[delivery.partition()]);
  store->position = delivery.position();
  if (!received.batch.has_value()) return;
  store->audit_ids.insert(delivery.audit_id());
  const records::Column* id = received.batch->FindColumn(kIdField);
  REQUIRE(id != nullptr);
  for (uint32_t row = 0; row < received.batch->row_count; ++row) {
    store->ids.push_back(std::string(id->Text(row)));
  }
}

// Reads until caught up or until `deliveries` were kept; true if caught up.
bool Consume(const County& county, int deliveries, Store* store) {
  auto config = client::ReadClientConfig(county.Path("clients/grid.yaml"));
  REQUIRE(config.ok());
  auto connection = client::Connection::Open(*std::move(config));
  REQUIRE(connection.ok());
  exchange::v1::Start start;
  start.set_agreement("grid-people");
  start.set_purpose(County::kPurpose);
  if (store->position.empty()) {
    start.set_from(exchange::v1::START_FROM_BEGINNING);
  } else {
    start.set_from(exchange::v1::START_FROM_POSITION);
    start.set_position(store->position);
  }
  // A small window: the process is killed with batches on their way.
  const auto subscription = client::Subscription::Open(
      connection->get(), start, {.batches = 2, .bytes = 1 << 20});
  while (deliveries > 0) {
    const client::SubscriptionEvent event = subscription->Next();
    if (std::holds_alternative<exchange::v1::CaughtUp>(event)) return true;
    if (const auto* end = std::get_if<client::StreamEnd>(&event)) {
      INFO(std::string(end->status.message()));
      FAIL("the stream ended");
    }
    if (const auto* received = std::get_if<client::ReceivedDelivery>(&event)) {
      Keep(*received, store);
      subscription->Ack(received->delivery.delivery_id());
      --deliveries;
    }
  }
  return false;
}

TEST_CASE("killed at any moment, nothing is lost, repeated or unaudited") {
  std::mt19937 random(20260331);
  County county;
  county.OfferPeople(kRows, kPartitions);
  county.WritePeopleAgreement("agreements/grid-people.yaml", "grid-people");
  county.Start();
  // While it publishes.
  county.AwaitPublished(1);
  CHECK(county.Stop(SIGKILL).exit_code == 128 + SIGKILL);
  county.Start();
  county.AwaitSourcesDone(1);
  county.Enrol();
  county.Agree("grid-people");

  Store store;
  for (int round = 0; round < Rounds(); ++round) {
    INFO("round " << round);
    if (Consume(county, static_cast<int>(random() % 4), &store)) break;
    CHECK(county.Stop(SIGKILL).exit_code == 128 + SIGKILL);
    county.Start();
  }
  while (!Consume(county, kRows, &store)) {
  }

  REQUIRE(store.ids.size() == kRows);
  const std::set<std::string> distinct(store.ids.begin(), store.ids.end());
  CHECK(distinct.size() == kRows);
  CHECK(*distinct.begin() == "P00000000");
  CHECK(*distinct.rbegin() == absl::StrCat("P000", kRows - 1));

  const Finished listed =
      county.AuditQuery({"list", "--kind", "disclosure", "--output", "jsonl",
                         "--limit", "10000"});
  INFO(listed.err);
  REQUIRE(listed.exit_code == 0);
  for (const std::string& audit_id : store.audit_ids) {
    INFO(audit_id);
    CHECK(listed.out.find("\"" + audit_id + "\"") != std::string::npos);
  }
  const Finished verified = county.AuditQuery({"verify"});
  INFO(verified.err);
  CHECK(verified.exit_code == 0);
  CHECK(county.Stop(SIGTERM).exit_code == 0);
}

}  // namespace
}  // namespace sluice::integration
