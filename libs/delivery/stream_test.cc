#include "libs/delivery/stream.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

using storage::DiskFault;

constexpr uint32_t kMuchCredit = kCreditBatchesMax;

std::vector<uint64_t> Sequences(const std::vector<ReceivedResponse>& received,
                                uint32_t partition = 0) {
  std::vector<uint64_t> sequences;
  for (const auto& each : received) {
    const auto& delivery = each.response.delivery();
    if (delivery.partition() == partition) {
      sequences.push_back(delivery.sequence());
    }
  }
  return sequences;
}

std::vector<uint64_t> Range(uint64_t first, uint64_t last) {
  std::vector<uint64_t> range;
  for (uint64_t i = first; i <= last; ++i) range.push_back(i);
  return range;
}

Position PositionOf(const ReceivedResponse& received) {
  const auto position = DecodePosition(
      AsView(received.response.delivery().position()), "civil-affairs.people");
  REQUIRE(position.ok());
  return *position;
}

StartSpec FromPosition(const Position& position) {
  StartSpec spec;
  spec.from = exchange::v1::START_FROM_POSITION;
  spec.position = position;
  return spec;
}

absl::Status Ended() {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN, "the test ends it");
}

// Ends the stream and waits for it, so that nothing of it outlives the test.
void EndStream(const std::shared_ptr<Stream>& stream, ScriptedSink* sink) {
  sink->Hold(false);
  stream->End(Ended());
  (void)sink->WaitForFinish();
}

TEST_CASE("A stream delivers each partition in order and then says caught up") {
  DeliveryFixture domain(3);
  for (uint32_t partition = 0; partition < 3; ++partition) {
    domain.PublishBatches(partition, 20);
  }
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, kMuchCredit);
  auto received = sink.WaitForDeliveries(60);
  sink.WaitForCaughtUp(1);
  for (uint32_t partition = 0; partition < 3; ++partition) {
    CHECK(Sequences(received, partition) == Range(1, 20));
  }
  for (size_t i = 0; i < received.size(); ++i) {
    CHECK(received[i].response.delivery().delivery_id() == i + 1);
  }
  const Position last = PositionOf(received.back());
  for (uint32_t partition = 0; partition < 3; ++partition) {
    CHECK(last.partitions.at(partition) == PartitionProgress{1, 20});
  }
  // Caught up once, behind everything, and again when more has come and gone.
  auto kinds = sink.kinds();
  CHECK(kinds.front() == "started");
  CHECK(kinds.back() == "caught_up");
  CHECK(std::count(kinds.begin(), kinds.end(), "caught_up") == 1);
  domain.PublishBatches(1, 1);
  sink.WaitForDeliveries(61);
  sink.WaitForCaughtUp(2);
  EndStream(stream, &sink);
  CHECK(domain.counters.delivered_batches == 61);
  CHECK(domain.counters.delivered_records == 61);
}

TEST_CASE("Caught up is not said before what is there was sent") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 1);
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, kMuchCredit);
  sink.WaitForCaughtUp(1);
  CHECK(sink.kinds() ==
        std::vector<std::string>{"started", "delivery", "caught_up"});
  EndStream(stream, &sink);
}

TEST_CASE("Each delivery is durable in the trail before its write starts") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 100);
  ScriptedSink sink;
  std::atomic<int> missing = 0;
  sink.on_delivery = [&](const ReceivedResponse& received) {
    const auto& delivery = received.response.delivery();
    const std::string id = delivery.audit_id();
    const uint64_t index = std::stoull(id.substr(id.rfind('/') + 1));
    const auto bytes = domain.audit->Read(index, 1);
    audit::v1::Entry entry;
    if (!bytes.ok() || bytes->size() != 1 ||
        !entry.ParseFromString(bytes->front()) ||
        entry.disclosure().delivery_id() != delivery.delivery_id() ||
        entry.disclosure().stream_id() != "run-1" ||
        entry.disclosure().sequence() != delivery.sequence() ||
        entry.disclosure().digest() !=
            std::string(
                crypto::DigestView(crypto::Sha256(received.batch.view())))) {
      ++missing;
    }
  };
  const auto stream = domain.Open(&sink, kMuchCredit);
  sink.WaitForDeliveries(100);
  EndStream(stream, &sink);
  CHECK(missing == 0);
}

TEST_CASE(
    "When the trail cannot be written the stream ends and sends nothing") {
  const bool syncs = GENERATE(true, false);
  CAPTURE(syncs);
  DeliveryFixture domain;
  domain.PublishBatches(0, 5);
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, /*batches=*/5);
  sink.WaitForDeliveries(5);
  if (syncs) {
    domain.disk.FailSyncs(DiskFault::kIoError);
  } else {
    domain.disk.FailWrites(DiskFault::kFull);
  }
  domain.PublishBatches(0, 20);
  exchange::v1::Credit credit;
  credit.set_batches(20);
  stream->AddCredit(credit);
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_AUDIT_UNAVAILABLE);
  CHECK(sink.deliveries().size() == 5);
  domain.disk.Heal();

  // A new stream of the group gets what was held back.
  ScriptedSink next;
  const auto again = domain.Open(&next, kMuchCredit);
  CHECK(Sequences(next.WaitForDeliveries(25)) == Range(1, 25));
  EndStream(again, &next);
}

TEST_CASE("Nothing comes without credit, and no more than it allows") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 30);
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, /*batches=*/0);
  sink.WaitForWrites(1);
  domain.Drain();
  CHECK(sink.deliveries().empty());
  exchange::v1::Credit credit;
  credit.set_batches(7);
  stream->AddCredit(credit);
  sink.WaitForDeliveries(7);
  domain.Drain();
  CHECK(sink.deliveries().size() == 7);
  CHECK(domain.Entries().size() == 7);
  EndStream(stream, &sink);
}

TEST_CASE("Credit in bytes is overdrawn by one batch at most") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 10);
  ScriptedSink sink;
  auto stream = Stream::Create(domain.Options(&sink));
  sink.Attach(stream);
  exchange::v1::Credit credit;
  credit.set_batches(100);
  credit.set_bytes(1);
  stream->AddCredit(credit);
  stream->Run(exchange::v1::Started());
  const auto first = sink.WaitForDeliveries(1);
  domain.Drain();
  CHECK(sink.deliveries().size() == 1);
  // What was overdrawn is paid first.
  credit.set_batches(0);
  credit.set_bytes(first[0].batch.size() - 1);
  stream->AddCredit(credit);
  domain.Drain();
  CHECK(sink.deliveries().size() == 1);
  credit.set_bytes(1);
  stream->AddCredit(credit);
  sink.WaitForDeliveries(2);
  domain.Drain();
  CHECK(sink.deliveries().size() == 2);
  EndStream(stream, &sink);
}

TEST_CASE("A consumer that does not read holds a bounded pipeline") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 200);
  ScriptedSink sink;
  sink.Hold(true);
  const auto stream = domain.Open(&sink, kMuchCredit);
  sink.WaitForWrites(1);
  const absl::Time deadline = absl::Now() + kTestWait;
  while (domain.audit->size() < kPipelineBatchesMax && absl::Now() < deadline) {
    domain.Drain();
  }
  domain.Drain();
  CHECK(domain.audit->size() == kPipelineBatchesMax);
  CHECK(sink.writes() == 1);
  // It reads again: everything comes.
  sink.Hold(false);
  CHECK(Sequences(sink.WaitForDeliveries(200)) == Range(1, 200));
  EndStream(stream, &sink);
}

TEST_CASE("Acknowledgements commit the group's position, with a receipt") {
  DeliveryFixture domain(2);
  domain.PublishBatches(0, 6);
  domain.PublishBatches(1, 6);
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, kMuchCredit);
  const auto received = sink.WaitForDeliveries(12);
  // The fourth of each partition, which covers those before it.
  std::set<uint64_t> acknowledged;
  for (const auto& each : received) {
    if (each.response.delivery().sequence() != 4) continue;
    acknowledged.insert(each.response.delivery().delivery_id());
    stream->Acknowledge(each.response.delivery().delivery_id());
  }
  stream->Acknowledge(0);
  stream->Acknowledge(4711);
  domain.WaitForCommit(0, 4);
  domain.WaitForCommit(1, 4);
  CHECK(*domain.bus.log->CommittedOffset("test", domain.Partition(0)) == 4);
  std::set<uint64_t> receipts;
  for (const auto& entry : domain.Entries()) {
    if (!entry.has_receipt()) continue;
    CHECK(entry.receipt().stream_id() == "run-1");
    CHECK(entry.receipt().agreement() == "health-people");
    CHECK(entry.receipt().peer().department() == "health");
    receipts.insert(entry.receipt().delivery_id());
  }
  CHECK(receipts == acknowledged);
  CHECK(domain.counters.acknowledged_batches == 8);
  EndStream(stream, &sink);

  ScriptedSink next;
  const auto again = domain.Open(&next, kMuchCredit);
  const auto rest = next.WaitForDeliveries(4);
  CHECK(Sequences(rest, 0) == Range(5, 6));
  CHECK(Sequences(rest, 1) == Range(5, 6));
  EndStream(again, &next);
}

TEST_CASE("A half-closed stream records its acknowledgements and ends well") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 10);
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, kMuchCredit);
  const auto received = sink.WaitForDeliveries(10);
  stream->Acknowledge(received.back().response.delivery().delivery_id());
  stream->HalfClose();
  CHECK(sink.WaitForFinish().ok());
  CHECK(*domain.bus.log->CommittedOffset("test", domain.Partition(0)) == 10);
}

TEST_CASE("A lost connection ends the stream and keeps what was acknowledged") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 10);
  ScriptedSink sink;
  sink.Hold(true);
  const auto stream = domain.Open(&sink, kMuchCredit);
  sink.WaitForWrites(1);
  sink.Answer(true);
  sink.WaitForDeliveries(1);
  stream->Acknowledge(1);
  sink.Answer(false);
  CHECK_FALSE(sink.WaitForFinish().ok());
  domain.WaitForCommit(0, 1);
  CHECK(sink.deliveries().size() == 1);
}

TEST_CASE("A stream ends while a write is under way") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 10);
  ScriptedSink sink;
  sink.Hold(true);
  std::atomic<int> ends = 0;
  StreamOptions options = domain.Options(&sink);
  options.on_end = [&](const absl::Status&) { ++ends; };
  const auto stream = domain.Open(std::move(options), &sink, kMuchCredit);
  sink.WaitForWrites(1);
  stream->End(Ended());
  stream->End(Error(status::v1::REASON_CODE_INTERNAL, "the second is late"));
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_SHUTTING_DOWN);
  // The answer comes when the stream is over.
  stream->OnWritten(true);
  stream->OnWritten(false);
  stream->AddCredit(exchange::v1::Credit());
  stream->Acknowledge(1);
  stream->HalfClose();
  stream->Tick();
  domain.Drain();
  CHECK(sink.writes() == 1);
  CHECK(ends == 1);
}

TEST_CASE("No write starts once the gate is closed") {
  for (int round = 0; round < 5; ++round) {
    DeliveryFixture domain;
    domain.PublishBatches(0, 300);
    ScriptedSink sink;
    std::atomic<bool> revoked = false;
    std::atomic<int> late = 0;
    sink.on_delivery = [&](const ReceivedResponse&) {
      if (revoked) ++late;
    };
    const auto stream = domain.Open(&sink, kMuchCredit);
    sink.WaitForDeliveries(20 + static_cast<size_t>(round) * 30);
    domain.gate.Close(
        Error(status::v1::REASON_CODE_AGREEMENT_REVOKED, "revoked"));
    revoked = true;
    stream->Tick();
    CHECK(ReasonOf(sink.WaitForFinish()) ==
          status::v1::REASON_CODE_AGREEMENT_REVOKED);
    CHECK(late == 0);
    domain.Drain();
    CHECK(sink.finished());
  }
}

TEST_CASE("Behind a closed gate not even the start is said") {
  DeliveryFixture domain;
  domain.gate.Close(
      Error(status::v1::REASON_CODE_AGREEMENT_REVOKED, "revoked"));
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, kMuchCredit);
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_REVOKED);
  CHECK(sink.writes() == 0);
}

TEST_CASE("A consumer that keeps its position sees each batch exactly once") {
  DeliveryFixture domain(2);
  Position position;
  position.resource = "civil-affairs.people";
  std::vector<uint64_t> seen[2];
  for (int run = 0; run < 4; ++run) {
    domain.PublishBatches(0, 5);
    domain.PublishBatches(1, 3);
    ScriptedSink sink;
    StreamOptions options = domain.Options(&sink);
    options.start = FromPosition(position);
    const auto stream = domain.Open(std::move(options), &sink, /*batches=*/6);
    const auto received = sink.WaitForDeliveries(6);
    // It stores some of what it got, with the position of the last of them.
    for (size_t i = 0; i < 3 + static_cast<size_t>(run); ++i) {
      const auto& delivery = received[i].response.delivery();
      seen[delivery.partition()].push_back(delivery.sequence());
      position = PositionOf(received[i]);
    }
    EndStream(stream, &sink);
  }
  CHECK(seen[0].size() + seen[1].size() == 3 + 4 + 5 + 6);
  CHECK(seen[0] == Range(1, seen[0].size()));
  CHECK(seen[1] == Range(1, seen[1].size()));
}

TEST_CASE("What was received and not acknowledged comes again to the group") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 5);
  ScriptedSink first;
  auto stream = domain.Open(&first, kMuchCredit);
  const Position position = PositionOf(first.WaitForDeliveries(4)[3]);
  stream->Acknowledge(2);
  domain.WaitForCommit(0, 2);
  EndStream(stream, &first);
  // It goes on where it was, as after a broker that failed, and ends.
  ScriptedSink second;
  StreamOptions options = domain.Options(&second);
  options.start = FromPosition(position);
  stream = domain.Open(std::move(options), &second, kMuchCredit);
  CHECK(Sequences(second.WaitForDeliveries(1)) == Range(5, 5));
  EndStream(stream, &second);
  ScriptedSink third;
  stream = domain.Open(&third, kMuchCredit);
  CHECK(Sequences(third.WaitForDeliveries(3)) == Range(3, 5));
  EndStream(stream, &third);
}

TEST_CASE("A gap in the chain stops a stream, and every stream after it") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 2);
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, kMuchCredit);
  sink.WaitForDeliveries(2);
  stream->Acknowledge(2);
  domain.WaitForCommit(0, 2);
  domain.chains[0]->Batch();
  domain.PublishBatches(0, 1);
  CHECK(ReasonOf(sink.WaitForFinish()) == status::v1::REASON_CODE_CHAIN_BROKEN);
  ScriptedSink next;
  const auto again = domain.Open(&next, kMuchCredit);
  CHECK(ReasonOf(next.WaitForFinish()) == status::v1::REASON_CODE_CHAIN_BROKEN);
  CHECK(next.deliveries().empty());
}

TEST_CASE("A second member takes over, and late acknowledgements are fenced") {
  DeliveryFixture domain(2);
  domain.PublishBatches(0, 4);
  domain.PublishBatches(1, 4);
  ScriptedSink first;
  auto stream = domain.Open(&first, kMuchCredit);
  const auto received = first.WaitForDeliveries(8);
  for (const auto& each : received) {
    if (each.response.delivery().sequence() == 2) {
      stream->Acknowledge(each.response.delivery().delivery_id());
    }
  }
  domain.WaitForCommit(0, 2);
  domain.WaitForCommit(1, 2);

  ScriptedSink second;
  auto other = domain.Open(&second, kMuchCredit);
  const auto taken = second.WaitForDeliveries(2);
  const uint32_t moved = taken[0].response.delivery().partition();
  CHECK(Sequences(taken, moved) == Range(3, 4));
  second.WaitForCaughtUp(1);

  // What the first one acknowledges of it now does not count any more.
  for (const auto& each : received) {
    stream->Acknowledge(each.response.delivery().delivery_id());
  }
  domain.WaitForCommit(1 - moved, 4);
  CHECK(*domain.bus.log->CommittedOffset("test", domain.Partition(moved)) == 2);

  // It comes back to the first, from where the group is.
  other->Acknowledge(taken[0].response.delivery().delivery_id());
  domain.WaitForCommit(moved, 3);
  EndStream(other, &second);
  const auto rest = first.WaitForDeliveries(9);
  CHECK(rest[8].response.delivery().partition() == moved);
  CHECK(rest[8].response.delivery().sequence() == 4);
  // Acknowledging anew what was delivered before it went does not lead back.
  for (const auto& each : received) {
    stream->Acknowledge(each.response.delivery().delivery_id());
  }
  stream->Acknowledge(9);
  domain.WaitForCommit(moved, 4);
  EndStream(stream, &first);
}

TEST_CASE("What was fetched from a partition that moved is not sent") {
  DeliveryFixture domain(2);
  domain.PublishBatches(0, 50);
  domain.PublishBatches(1, 50);
  ScriptedSink first;
  const auto stream = domain.Open(&first, /*batches=*/1);
  first.WaitForDeliveries(1);
  ScriptedSink second;
  const auto other = domain.Open(&second, kMuchCredit);
  const auto taken = second.WaitForDeliveries(50);
  const uint32_t moved = taken[0].response.delivery().partition();
  CHECK(Sequences(taken, moved) == Range(1, 50));
  exchange::v1::Credit credit;
  credit.set_batches(kMuchCredit);
  stream->AddCredit(credit);
  first.WaitForCaughtUp(1);
  CHECK(Sequences(first.deliveries(), moved).size() <= 1);
  CHECK(Sequences(first.deliveries(), 1 - moved) == Range(1, 50));
  EndStream(stream, &first);
  EndStream(other, &second);
}

TEST_CASE("A position does not pass over what was lost on its way out") {
  DeliveryFixture domain(2);
  domain.PublishBatches(0, 5);
  domain.PublishBatches(1, 5);
  ScriptedSink first;
  first.Hold(true);
  const auto stream = domain.Open(&first, kMuchCredit);
  const absl::Time deadline = absl::Now() + kTestWait;
  while (domain.audit->size() < 10 && absl::Now() < deadline) domain.Drain();
  // Ten deliveries wait behind the start that is being written.
  ScriptedSink second;
  const auto other = domain.Open(&second, kMuchCredit);
  const uint32_t moved =
      second.WaitForDeliveries(5)[0].response.delivery().partition();
  domain.Drain();
  first.Hold(false);
  const auto kept = first.WaitForDeliveries(5);
  CHECK(Sequences(kept, 1 - moved) == Range(1, 5));
  CHECK(Sequences(kept, moved).empty());
  // Nor do those say so that were to come after it.
  for (const auto& received : kept) {
    const auto partitions = PositionOf(received).partitions;
    const auto there = partitions.find(moved);
    CHECK((there == partitions.end() || there->second.sequence == 0));
  }
  first.WaitForCaughtUp(1);
  const auto caught_up = DecodePosition(AsView(first.caught_up()[0].position()),
                                        "civil-affairs.people");
  REQUIRE(caught_up.ok());
  CHECK(caught_up->partitions.at(1 - moved).sequence == 5);
  const auto at_end = caught_up->partitions.find(moved);
  CHECK(
      (at_end == caught_up->partitions.end() || at_end->second.sequence == 0));
  domain.PublishBatches(1 - moved, 1);
  const Position position = PositionOf(first.WaitForDeliveries(6)[5]);
  CHECK(position.partitions.at(1 - moved).sequence == 6);
  CHECK(position.partitions.at(moved).sequence == 0);
  EndStream(stream, &first);
  EndStream(other, &second);
}

TEST_CASE(
    "What a consumer has does not come again with a partition that comes "
    "late") {
  DeliveryFixture domain(2);
  domain.PublishBatches(0, 5);
  domain.PublishBatches(1, 5);
  ScriptedSink first;
  const auto holder = domain.Open(&first, kMuchCredit);
  // Received and not acknowledged: what the group has committed is behind.
  const Position position = PositionOf(first.WaitForDeliveries(10)[9]);
  ScriptedSink second;
  StreamOptions options = domain.Options(&second);
  options.start = FromPosition(position);
  const auto stream = domain.Open(std::move(options), &second, kMuchCredit);
  second.WaitForCaughtUp(1);
  EndStream(holder, &first);
  domain.PublishBatches(0, 1);
  domain.PublishBatches(1, 1);
  const auto kept = second.WaitForDeliveries(2);
  CHECK(Sequences(kept, 0) == Range(6, 6));
  CHECK(Sequences(kept, 1) == Range(6, 6));
  // Nor would it pass over the other when only one had come.
  CHECK(PositionOf(kept[0]).partitions.size() == 2);
  EndStream(stream, &second);
}

TEST_CASE(
    "A member that takes over before any acknowledgement misses nothing") {
  DeliveryFixture domain(1);
  domain.PublishBatches(0, 3);
  ScriptedSink first;
  StreamOptions options = domain.Options(&first);
  options.start.from = exchange::v1::START_FROM_END;
  const auto stream = domain.Open(std::move(options), &first, kMuchCredit);
  first.WaitForCaughtUp(1);
  domain.PublishBatches(0, 2);
  CHECK(Sequences(first.WaitForDeliveries(2)) == Range(4, 5));
  EndStream(stream, &first);
  ScriptedSink second;
  const auto other = domain.Open(&second, kMuchCredit);
  CHECK(Sequences(second.WaitForDeliveries(2)) == Range(4, 5));
  EndStream(other, &second);
}

TEST_CASE("A key that comes late is waited for without losing the batch") {
  DeliveryFixture domain;
  const auto next_key = crypto::SigningKey::Generate();
  ChainWriter chain(domain.resource, 0, &next_key);
  chain.registry_offset = domain.registry->status().applied_offset + 1;
  domain.Publish(0, chain.Batch());
  ScriptedSink sink;
  const auto stream = domain.Open(&sink, kMuchCredit);
  sink.WaitForWrites(1);
  domain.Drain();
  CHECK(sink.kinds() == std::vector<std::string>{"started"});
  domain.Submit(
      registry::EnrolKeyCommand("civil-affairs", registry::v1::ROLE_ADAPTER,
                                next_key, "next adapter"),
      domain.bus.domain.officer);
  stream->Tick();
  sink.WaitForDeliveries(1);
  EndStream(stream, &sink);
}

TEST_CASE("Streams that are opened, acknowledged and ended at once hold up") {
  DeliveryFixture domain(4);
  std::vector<std::unique_ptr<ScriptedSink>> sinks;
  std::vector<std::shared_ptr<Stream>> streams;
  std::thread publisher([&] {
    for (int i = 0; i < 40; ++i) {
      for (uint32_t partition = 0; partition < 4; ++partition) {
        std::vector<bus::Outgoing> messages;
        messages.push_back({domain.Partition(partition), "k",
                            domain.chains[partition]->Batch()});
        if (!domain.producer->Append(messages).ok()) std::abort();
      }
    }
  });
  for (int i = 0; i < 12; ++i) {
    sinks.push_back(std::make_unique<ScriptedSink>());
    ScriptedSink* sink = sinks.back().get();
    auto weak = std::make_shared<std::weak_ptr<Stream>>();
    auto stream = Stream::Create(domain.Options(sink));
    *weak = stream;
    sink->on_delivery = [weak](const ReceivedResponse& received) {
      // Of the one before, for this one's write is only starting.
      if (const auto self = weak->lock()) {
        self->Acknowledge(received.response.delivery().delivery_id() - 1);
      }
    };
    sink->Attach(stream);
    exchange::v1::Credit credit;
    credit.set_batches(kMuchCredit);
    credit.set_bytes(kCreditBytesMax);
    stream->AddCredit(credit);
    stream->Run(exchange::v1::Started());
    streams.push_back(std::move(stream));
    if (i % 3 == 2) {
      streams[static_cast<size_t>(i) - 1]->End(Ended());
      streams[static_cast<size_t>(i)]->HalfClose();
    }
  }
  publisher.join();
  for (size_t i = 0; i < streams.size(); ++i) {
    streams[i]->End(Ended());
    (void)sinks[i]->WaitForFinish();
  }
  // Nothing was committed that was not there.
  for (uint32_t partition = 0; partition < 4; ++partition) {
    const auto committed =
        domain.bus.log->CommittedOffset("test", domain.Partition(partition));
    if (committed.ok()) CHECK(*committed <= 40);
  }
}

}  // namespace
}  // namespace sluice::delivery
