// Streams under a row filter: what leaves, where groups stand, what limits
// count.
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/filtered_people.h"
#include "libs/delivery/test_exchange.h"

namespace sluice::delivery {
namespace {

constexpr uint32_t kMuchCredit = kCreditBatchesMax;
// The version of the agreement with the filter.
constexpr uint32_t kFiltered = 2;
constexpr char kInHangzhou[] =
    R"(prefix { field { id: 3 name: "district" } prefix: "3301" })";

Person InHangzhou() { return {"330102", 1}; }
Person Elsewhere() { return {"110105", 1}; }

void Publish(DeliveryFixture* domain, uint32_t partition,
             const std::vector<PersonRow>& rows) {
  domain->Publish(partition, domain->chains[partition]->Seal(
                                 BatchOf(domain->resource, rows)));
}

std::string Id(int person) {
  return "1101051949010110" + std::to_string(10 + person);
}

void EndStream(const std::shared_ptr<Stream>& stream, ScriptedSink* sink) {
  stream->End(absl::OkStatus());
  CHECK(sink->WaitForFinish().ok());
}

FilteredConsumer Consumed(const std::vector<ReceivedResponse>& deliveries,
                          FilteredConsumer consumer = {}) {
  for (const ReceivedResponse& each : deliveries) {
    consumer.Receive(each.response.delivery().marker(), each.batch);
  }
  return consumer;
}

std::vector<audit::v1::Disclosure> Disclosures(const DeliveryFixture& domain) {
  std::vector<audit::v1::Disclosure> found;
  for (const auto& entry : domain.Entries()) {
    if (entry.has_disclosure()) found.push_back(entry.disclosure());
  }
  return found;
}

int64_t Committed(DeliveryFixture* domain) {
  const auto committed =
      domain->bus.log->CommittedOffset("test", domain->Partition(0));
  REQUIRE(committed.ok());
  return *committed;
}

struct FilteredDomain : DeliveryFixture {
  explicit FilteredDomain(uint32_t partitions = 1)
      : DeliveryFixture(partitions) {
    ApproveFilter(kFiltered, kInHangzhou);
  }

  std::shared_ptr<Stream> OpenFiltered(ScriptedSink* sink) {
    return Open(Options(sink, kFiltered), sink, kMuchCredit);
  }
};

TEST_CASE("A group goes on over batches of which nothing leaves") {
  FilteredDomain domain;
  for (int i = 0; i < 5; ++i) Publish(&domain, 0, {{Id(i), Elsewhere()}});
  ScriptedSink sink;
  const auto stream = domain.OpenFiltered(&sink);
  domain.WaitForCommit(0, 5);
  sink.WaitForCaughtUp(1);
  CHECK(sink.deliveries().empty());
  CHECK(Disclosures(domain).empty());
  EndStream(stream, &sink);
}

TEST_CASE("A consumer is not told that something else was published") {
  FilteredDomain domain;
  ScriptedSink sink;
  const auto stream = domain.OpenFiltered(&sink);
  sink.WaitForCaughtUp(1);
  for (int i = 0; i < 3; ++i) {
    Publish(&domain, 0, {{Id(i), Elsewhere()}});
    domain.WaitForCommit(0, i + 1);
  }
  Publish(&domain, 0, {{Id(4), InHangzhou()}});
  sink.WaitForCaughtUp(2);
  CHECK(sink.kinds() == std::vector<std::string>{"started", "caught_up",
                                                 "delivery", "caught_up"});
  EndStream(stream, &sink);
}

TEST_CASE("A consumer to whom nothing is sent learns its position, in time") {
  FilteredDomain domain;
  ScriptedSink sink;
  StreamOptions options = domain.Options(&sink, kFiltered);
  options.clock = &domain.bus.clock;
  const auto stream = domain.Open(std::move(options), &sink, kMuchCredit);
  const auto said_at = [&](absl::Duration after) {
    domain.bus.clock.Advance(after);
    stream->Tick();
    domain.Drain();
    return sink.caught_up().size();
  };
  sink.WaitForCaughtUp(1);
  CHECK(said_at(kSayPositionEvery) == 1);
  for (int i = 0; i < 3; ++i) Publish(&domain, 0, {{Id(i), Elsewhere()}});
  domain.WaitForCommit(0, 3);
  CHECK(said_at(kSayPositionEvery - absl::Seconds(1)) == 1);
  CHECK(said_at(absl::Seconds(1)) == 2);
  CHECK(said_at(kSayPositionEvery) == 2);
  // Nothing was said for long, and yet it is not said at once.
  CHECK(said_at(kSayPositionEvery) == 2);
  Publish(&domain, 0, {{Id(4), Elsewhere()}});
  domain.WaitForCommit(0, 4);
  CHECK(said_at(absl::ZeroDuration()) == 2);
  CHECK(said_at(kSayPositionEvery) == 3);
  EndStream(stream, &sink);

  const auto before = sink.caught_up();
  const auto position =
      DecodePosition(AsView(before[2].position()), "civil-affairs.people");
  REQUIRE(position.ok());
  CHECK(position->partitions.at(0) == PartitionProgress{1, 4, 0});
  Publish(&domain, 0, {{Id(5), InHangzhou()}});
  ScriptedSink next;
  StreamOptions resumed = domain.Options(&next, kFiltered);
  resumed.start.from = exchange::v1::START_FROM_POSITION;
  resumed.start.position = *position;
  const auto again = domain.Open(std::move(resumed), &next, kMuchCredit);
  CHECK(Consumed(next.WaitForDeliveries(1)).upserts() == 1);
  EndStream(again, &next);
}

TEST_CASE("What is passed over is not committed before what came before it") {
  FilteredDomain domain;
  Publish(&domain, 0, {{Id(1), InHangzhou()}});
  Publish(&domain, 0, {{Id(2), Elsewhere()}});
  Publish(&domain, 0, {{Id(3), Elsewhere()}});
  ScriptedSink sink;
  const auto stream = domain.OpenFiltered(&sink);
  sink.WaitForDeliveries(1);
  sink.WaitForCaughtUp(1);
  domain.Drain();
  CHECK(Committed(&domain) == 0);
  stream->Acknowledge(1);
  domain.WaitForCommit(0, 3);
  EndStream(stream, &sink);
}

TEST_CASE("What was prepared and not sent is not committed over") {
  FilteredDomain domain;
  Publish(&domain, 0, {{Id(1), InHangzhou()}});
  Publish(&domain, 0, {{Id(2), Elsewhere()}});
  ScriptedSink sink;
  StreamOptions options = domain.Options(&sink, kFiltered);
  options.enter_gate =
      [](const std::string&) -> absl::StatusOr<std::unique_ptr<Gate::Pass>> {
    return Error(status::v1::REASON_CODE_LEASE_LOST, "no lease");
  };
  const auto stream = domain.Open(std::move(options), &sink, kMuchCredit);
  while (Disclosures(domain).empty()) {
    REQUIRE(domain.audit->AppendAndWait(audit::v1::Entry()).ok());
  }
  domain.Drain();
  stream->End(absl::OkStatus());
  CHECK(sink.WaitForFinish().ok());
  domain.Drain();
  CHECK(Committed(&domain) == 0);

  ScriptedSink next;
  const auto again = domain.OpenFiltered(&next);
  CHECK(Consumed(next.WaitForDeliveries(1)).upserts() == 1);
  EndStream(again, &next);
}

TEST_CASE("A limit counts what leaves, and its position counts source rows") {
  FilteredDomain domain;
  Publish(&domain, 0,
          {{Id(0), Elsewhere()},
           {Id(1), InHangzhou()},
           {Id(2), Elsewhere()},
           {Id(3), InHangzhou()},
           {Id(4), InHangzhou()},
           {Id(5), InHangzhou()},
           {Id(6), Elsewhere()}});
  std::atomic<uint64_t> left = 2;
  ScriptedSink sink;
  StreamOptions options = domain.Options(&sink, kFiltered);
  options.take_records = [&left](uint64_t records) -> registry::Quota::Taking {
    if (records > left) return {registry::Quota::Answer::kDayUsedUp};
    left -= records;
    return {};
  };
  const auto stream = domain.Open(std::move(options), &sink, kMuchCredit);
  const auto first = sink.WaitForDeliveries(1);
  domain.Drain();
  REQUIRE(sink.deliveries().size() == 1);
  EndStream(stream, &sink);
  const std::string token = first[0].response.delivery().position();
  const auto position = DecodePosition(AsView(token), "civil-affairs.people");
  REQUIRE(position.ok());
  CHECK(position->partitions.at(0) == PartitionProgress{1, 1, 4});

  ScriptedSink next;
  StreamOptions resumed = domain.Options(&next, kFiltered);
  resumed.start.from = exchange::v1::START_FROM_POSITION;
  resumed.start.position = *position;
  const auto again = domain.Open(std::move(resumed), &next, kMuchCredit);
  const auto second = next.WaitForDeliveries(1);
  next.WaitForCaughtUp(1);
  EndStream(again, &next);
  const FilteredConsumer consumer = Consumed(second, Consumed(first));
  CHECK(consumer.districts().size() == 4);
  CHECK(consumer.upserts() == 4);

  const auto disclosures = Disclosures(domain);
  REQUIRE(disclosures.size() == 2);
  CHECK(disclosures[0].row_count() == 2);
  CHECK(disclosures[0].source_row_count() == 4);
  CHECK(disclosures[1].row_count() == 2);
  CHECK(disclosures[1].source_row_count() == 3);
  CHECK(domain.counters.delivered_records == 4);
}

TEST_CASE("Who goes on from the group's commits gets deletes of what it has") {
  FilteredDomain domain;
  Publish(&domain, 0, {{Id(1), InHangzhou()}, {Id(2), Elsewhere()}});
  ScriptedSink sink;
  const auto stream = domain.OpenFiltered(&sink);
  const auto before = sink.WaitForDeliveries(1);
  stream->Acknowledge(1);
  domain.WaitForCommit(0, 1);
  EndStream(stream, &sink);

  Publish(&domain, 0,
          {{Id(1), Elsewhere()}, {Id(2), std::nullopt}, {Id(3), Elsewhere()}});
  ScriptedSink next;
  const auto again = domain.OpenFiltered(&next);
  const auto after = next.WaitForDeliveries(1);
  domain.WaitForCommit(0, 1);
  next.WaitForCaughtUp(1);
  EndStream(again, &next);
  CHECK(next.deliveries().size() == 1);
  const FilteredConsumer consumer = Consumed(after, Consumed(before));
  CHECK(consumer.districts().empty());
  CHECK(consumer.deletes() == 1);
}

TEST_CASE("A member of a group sends deletes of what another one sent") {
  FilteredDomain domain(2);
  for (uint32_t partition = 0; partition < 2; ++partition) {
    Publish(&domain, partition,
            {{Id(static_cast<int>(partition)), InHangzhou()}});
  }
  ScriptedSink first;
  const auto one = domain.OpenFiltered(&first);
  const auto upserts = first.WaitForDeliveries(2);
  one->Acknowledge(1);
  one->Acknowledge(2);
  for (uint32_t partition = 0; partition < 2; ++partition) {
    domain.WaitForCommit(partition, 1);
  }
  // Takes one of the two partitions.
  ScriptedSink second;
  const auto two = domain.OpenFiltered(&second);
  second.WaitForCaughtUp(1);
  for (uint32_t partition = 0; partition < 2; ++partition) {
    Publish(&domain, partition,
            {{Id(static_cast<int>(partition)), Elsewhere()}});
  }
  second.WaitForDeliveries(1);
  first.WaitForDeliveries(3);
  EndStream(one, &first);
  EndStream(two, &second);
  const FilteredConsumer consumer =
      Consumed(second.deliveries(), Consumed(first.deliveries()));
  CHECK(upserts.size() == 2);
  CHECK(consumer.districts().empty());
  CHECK(consumer.deletes() == 2);
}

TEST_CASE("Who starts at the end gets no deletes of what it never had") {
  FilteredDomain domain;
  Publish(&domain, 0, {{Id(1), InHangzhou()}});
  ScriptedSink sink;
  StreamOptions options = domain.Options(&sink, kFiltered);
  options.start.from = exchange::v1::START_FROM_END;
  const auto stream = domain.Open(std::move(options), &sink, kMuchCredit);
  sink.WaitForCaughtUp(1);
  Publish(&domain, 0, {{Id(1), Elsewhere()}, {Id(2), InHangzhou()}});
  const auto deliveries = sink.WaitForDeliveries(1);
  EndStream(stream, &sink);
  const FilteredConsumer consumer = Consumed(deliveries);
  CHECK(consumer.upserts() == 1);
  CHECK(consumer.deletes() == 0);
}

TEST_CASE("Who cannot go on is told at once, and not by the next publication") {
  FilteredDomain domain;
  // Retention has removed the first.
  domain.chains[0]->Batch();
  Publish(&domain, 0, {{Id(1), InHangzhou()}});
  ScriptedSink sink;
  const auto stream = domain.OpenFiltered(&sink);
  sink.WaitForDeliveries(1);
  stream->Acknowledge(1);
  domain.WaitForCommit(0, 1);
  EndStream(stream, &sink);

  ScriptedSink next;
  const auto again = domain.OpenFiltered(&next);
  CHECK(ReasonOf(next.WaitForFinish()) ==
        status::v1::REASON_CODE_POSITION_EXPIRED);
  CHECK(next.kinds() == std::vector<std::string>{"started"});
}

TEST_CASE("A group that began before the first publication goes on with it") {
  FilteredDomain domain;
  ScriptedSink sink;
  const auto stream = domain.OpenFiltered(&sink);
  sink.WaitForCaughtUp(1);
  EndStream(stream, &sink);
  ScriptedSink next;
  const auto again = domain.OpenFiltered(&next);
  next.WaitForCaughtUp(1);
  Publish(&domain, 0, {{Id(1), InHangzhou()}});
  CHECK(Consumed(next.WaitForDeliveries(1)).upserts() == 1);
  EndStream(again, &next);
}

TEST_CASE("An exchange delivers what an agreement's row filter lets through") {
  TestExchange test;
  // Over the plain id too, which the consumer may not receive.
  test.domain.ApproveFilter(kFiltered, R"(
    all {
      of { prefix { field { id: 3 name: "district" } prefix: "3301" } }
      of { prefix { field { id: 1 name: "id_number" } prefix: "110105" } }
    })");
  Publish(&test.domain, 0, {{Id(1), InHangzhou()}, {Id(2), Elsewhere()}});
  Publish(&test.domain, 0, {{Id(2), Elsewhere()}});
  Publish(&test.domain, 0, {{Id(1), std::nullopt}, {Id(2), std::nullopt}});
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  const auto deliveries = sink.WaitForDeliveries(2);
  sink.WaitForCaughtUp(1);
  test.stream->End(absl::OkStatus());
  CHECK(sink.WaitForFinish().ok());
  CHECK(sink.deliveries().size() == 2);
  const FilteredConsumer consumer = Consumed(deliveries);
  CHECK(consumer.districts().empty());
  CHECK(consumer.deletes() == 1);
  for (const ReceivedResponse& each : deliveries) {
    const std::string bytes(each.batch.view());
    CHECK(bytes.find("withheld") == std::string::npos);
    CHECK(bytes.find("110105") == std::string::npos);
  }
  const auto disclosures = Disclosures(test.domain);
  REQUIRE(disclosures.size() == 2);
  CHECK(disclosures[0].agreement_version() == kFiltered);
  CHECK(disclosures[0].row_count() == 1);
  CHECK(disclosures[0].source_row_count() == 2);
  CHECK(disclosures[1].row_count() == 1);
  for (const auto& disclosure : disclosures) {
    CHECK(disclosure.ShortDebugString().find("withheld") == std::string::npos);
  }
}

TEST_CASE("All of a broker's streams keep count in one memory") {
  // Of which one stream takes all.
  TestExchange test(1, [](ExchangeOptions* options) {
    options->held_keys_bytes_max = size_t{100} * 17;
  });
  test.domain.ApproveFilter(kFiltered, kInHangzhou);
  Publish(&test.domain, 0, {{Id(1), InHangzhou()}});
  ScriptedSink first;
  REQUIRE(test.Subscribe(&first).ok());
  first.WaitForDeliveries(1);
  CHECK(test.exchange->held_keys_bytes() > 0);
  const auto stream = test.stream;

  exchange::v1::Start start = test.domain.StartRequest();
  start.set_group("another");
  ScriptedSink second;
  REQUIRE(test.Subscribe(&second, test.domain.HealthConsumer(), start).ok());
  const absl::Status spent = second.WaitForFinish();
  CHECK(ReasonOf(spent) == status::v1::REASON_CODE_TOO_MANY);
  CHECK(second.deliveries().empty());

  EndStream(stream, &first);
  REQUIRE(test.WaitFor([&] { return test.exchange->open_streams() == 0; }));
  CHECK(test.exchange->held_keys_bytes() == 0);
  ScriptedSink third;
  REQUIRE(test.Subscribe(&third, test.domain.HealthConsumer(), start).ok());
  CHECK(Consumed(third.WaitForDeliveries(1)).upserts() == 1);
  EndStream(test.stream, &third);
}

}  // namespace
}  // namespace sluice::delivery
