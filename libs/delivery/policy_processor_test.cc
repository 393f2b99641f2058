#include "libs/delivery/policy_processor.h"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/crypto/sha256.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

std::string Join(const Frame& frame) {
  std::string joined;
  for (const SharedBytes& piece : frame) {
    joined.append(piece.data(), piece.size());
  }
  return joined;
}

std::string DigestOf(absl::string_view bytes) {
  return std::string(crypto::DigestView(crypto::Sha256(bytes)));
}

struct Processing {
  absl::StatusOr<std::optional<Prepared>> Process(const SharedBytes& value) {
    bus::Message message;
    message.offset = offset++;
    message.value = value;
    return processor.Process(domain.Partition(0), message);
  }

  DeliveryFixture domain;
  PolicyProcessor processor{domain.Context()};
  int64_t offset = 0;
};

TEST_CASE("A batch is announced as it leaves, and tied to what was signed") {
  Processing test;
  const SharedBytes message = test.domain.chains[0]->Batch(3);
  const auto processed = test.Process(message);
  REQUIRE(processed.ok());
  REQUIRE(processed->has_value());
  const Prepared& prepared = **processed;
  REQUIRE(prepared.entry.has_value());
  const auto& entry = *prepared.entry;
  CHECK(entry.registry_offset() ==
        test.domain.registry->status().applied_offset);
  const auto& disclosure = entry.disclosure();
  CHECK(disclosure.peer().spiffe_id() ==
        "spiffe://county.example/health/consumer");
  CHECK(disclosure.peer().department() == "health");
  CHECK(disclosure.peer().certificate_digest() == std::string(32, 7));
  CHECK(disclosure.asserted().case_number() == "case 7");
  CHECK(disclosure.agreement() == "health-people");
  CHECK(disclosure.agreement_version() == 1);
  CHECK(disclosure.purpose() == "vaccination");
  CHECK(disclosure.resource() == "civil-affairs.people");
  CHECK(disclosure.schema_version() == 1);
  CHECK(disclosure.partition() == 0);
  CHECK(disclosure.generation() == 1);
  CHECK(disclosure.sequence() == 1);
  CHECK(disclosure.row_count() == 3);
  REQUIRE(disclosure.fields_size() == 3);
  CHECK(disclosure.fields(0).field_id() == 1);
  CHECK(disclosure.fields(0).field_name() == "id_number");
  CHECK(disclosure.fields(0).treatment() == "pseudonym.hex");
  CHECK(disclosure.fields(1).treatment() == "mask.name");
  CHECK(disclosure.fields(2).treatment() == "keep");

  // The digest is of the bytes that a consumer takes out of the delivery.
  const std::string sent =
      Join(FrameDelivery(prepared.delivery, prepared.batch));
  const auto received = Unframe(SharedBytes::Own(sent));
  REQUIRE(received.ok());
  CHECK(disclosure.byte_count() == received->batch.size());
  CHECK(disclosure.digest() == DigestOf(received->batch.view()));
  const auto source = records::OpenEnvelope(message);
  REQUIRE(source.ok());
  CHECK(disclosure.source_digest() == DigestOf(source->header_bytes.view()));

  // Nothing of what is not granted, nor of what is treated, is in it.
  CHECK(sent.find("withheld") == std::string::npos);
  CHECK(sent.find("110105194901010001") == std::string::npos);
  CHECK(sent.find("张三丰") == std::string::npos);
  CHECK(sent.find("110105") != std::string::npos);
  const auto batch = records::ParseBatch(received->batch);
  REQUIRE(batch.ok());
  CHECK(batch->row_count == 3);
  CHECK(received->response.delivery().sequence() == 1);
}

TEST_CASE("A marker is passed on and discloses nothing") {
  Processing test;
  ChainWriter& chain = *test.domain.chains[0];
  const auto begin =
      test.Process(chain.Baseline(records::v1::MESSAGE_KIND_BASELINE_BEGIN));
  REQUIRE(begin.ok());
  REQUIRE(begin->has_value());
  CHECK((*begin)->delivery.marker() == exchange::v1::MARKER_BASELINE_BEGIN);
  CHECK_FALSE((*begin)->entry.has_value());
  CHECK((*begin)->batch.empty());
  const auto end =
      test.Process(chain.Baseline(records::v1::MESSAGE_KIND_BASELINE_END));
  REQUIRE(end.ok());
  CHECK((*end)->delivery.marker() == exchange::v1::MARKER_BASELINE_END);
  CHECK((*end)->delivery.sequence() == 2);
}

TEST_CASE("A batch that differs from its signed header ends the stream") {
  Processing test;
  records::Batch batch = PeopleBatch(test.domain.resource, 1, 2);
  const auto encoded = records::EncodeBatch(batch);
  REQUIRE(encoded.ok());
  records::v1::EnvelopeHeader header;
  header.set_kind(records::v1::MESSAGE_KIND_BATCH);
  header.set_schema_version(1);
  header.set_row_count(1);
  records::EnvelopeSigner signer("civil-affairs.people", 0,
                                 &test.domain.bus.domain.adapter, {});
  const auto processed =
      test.Process(SharedBytes::Own(signer.Seal(header, *encoded)));
  CHECK(ReasonOf(processed.status()) == status::v1::REASON_CODE_BATCH_INVALID);
}

TEST_CASE("A schema that the registry does not know ends the stream") {
  Processing test;
  records::Batch batch = PeopleBatch(test.domain.resource, 1, 2);
  batch.schema_version = 2;
  const auto processed = test.Process(test.domain.chains[0]->Seal(batch));
  CHECK(ReasonOf(processed.status()) == status::v1::REASON_CODE_NOT_FOUND);
}

TEST_CASE("A partition that begins anew forgets where its chain was") {
  Processing test;
  const SharedBytes first = test.domain.chains[0]->Batch();
  REQUIRE(test.Process(first).ok());
  CHECK_FALSE(test.Process(first)->has_value());
  CHECK(test.domain.counters.rejected_messages == 1);
  test.processor.Begin(test.domain.Partition(0), StartPoint());
  CHECK(test.Process(first)->has_value());
}

TEST_CASE("A revoked key is not believed because another stream did before") {
  DeliveryFixture domain;
  BatchCache cache(size_t{1} << 20, &domain.counters.cache_hits,
                   &domain.counters.cache_misses);
  PolicyContext context = domain.Context();
  context.cache = &cache;
  PolicyProcessor first(context);
  PolicyProcessor second(context);
  first.Begin(domain.Partition(0), StartPoint());
  second.Begin(domain.Partition(0), StartPoint());
  bus::Message message;
  message.value = domain.chains[0]->Batch(3);
  REQUIRE(first.Process(domain.Partition(0), message)->has_value());
  domain.Submit(
      registry::RevokeKeyCommand(domain.bus.domain.adapter.public_key().id()),
      domain.bus.domain.officer);
  const auto processed = second.Process(domain.Partition(0), message);
  REQUIRE(processed.ok());
  CHECK_FALSE(processed->has_value());
  CHECK(domain.counters.cache_hits == 1);
  CHECK(domain.counters.rejected_messages == 1);
}

// A stream of the agreement's second version, which has a filter, that goes on
// in the middle of partition 0, whose publisher has another key by now.
struct GoingOn {
  static constexpr uint32_t kFiltered = 2;

  GoingOn() {
    domain.ApproveFilter(
        kFiltered,
        R"(prefix { field { id: 3 name: "district" } prefix: "11" })");
  }

  // `count` batches by the first key, which is then revoked.
  void PublishAndRevoke(int count) {
    for (int i = 0; i < count; ++i) Publish(domain.chains[0]->Batch());
    domain.Submit(
        registry::EnrolKeyCommand("civil-affairs", registry::v1::ROLE_ADAPTER,
                                  next_key, "second adapter"),
        domain.bus.domain.officer);
    domain.Submit(
        registry::RevokeKeyCommand(domain.bus.domain.adapter.public_key().id()),
        domain.bus.domain.officer);
  }
  void Publish(const SharedBytes& value) {
    messages.emplace_back();
    messages.back().offset = static_cast<int64_t>(messages.size()) - 1;
    messages.back().value = value;
  }
  // Behind all that is there, where `first` is the first that is left.
  void Begin(size_t first) {
    StartPoint start;
    start.offset = static_cast<int64_t>(messages.size());
    start.history_from = static_cast<int64_t>(first);
    processor = std::make_unique<PolicyProcessor>(domain.Context(kFiltered));
    processor->Begin(domain.Partition(0), start);
  }
  absl::StatusOr<std::optional<Prepared>> Process(size_t index) {
    return processor->Process(domain.Partition(0), messages[index]);
  }

  DeliveryFixture domain;
  const crypto::SigningKey next_key = crypto::SigningKey::Generate();
  std::vector<bus::Message> messages;
  std::unique_ptr<PolicyProcessor> processor;
};

TEST_CASE("A history under a revoked key says that the consumer has nothing") {
  GoingOn test;
  test.PublishAndRevoke(4);
  test.Begin(0);
  for (size_t i = 0; i < 4; ++i) {
    const auto recalled = test.Process(i);
    REQUIRE(recalled.ok());
    CHECK_FALSE(recalled->has_value());
  }
  // Whoever starts a stream makes no alarm about what is old.
  CHECK(test.domain.counters.rejected_messages == 0);
  ChainWriter successor(test.domain.resource, 0, &test.next_key,
                        test.domain.chains[0]->head());
  test.Publish(successor.Batch());
  const auto next = test.Process(4);
  INFO(next.status().message());
  REQUIRE(next.ok());
  REQUIRE(next->has_value());
  CHECK((*next)->row_count == 1);

  test.Publish(SharedBytes::Own("no envelope"));
  CHECK_FALSE(test.Process(5)->has_value());
  CHECK(test.domain.counters.rejected_messages == 1);
}

TEST_CASE("Each stream follows the chain by itself, with a cache too") {
  DeliveryFixture domain;
  BatchCache cache(size_t{1} << 20, &domain.counters.cache_hits,
                   &domain.counters.cache_misses);
  PolicyContext context = domain.Context();
  context.cache = &cache;
  PolicyProcessor first(context);
  PolicyProcessor second(context);
  first.Begin(domain.Partition(0), StartPoint());
  second.Begin(domain.Partition(0), StartPoint());
  std::vector<bus::Message> messages(3);
  for (int64_t i = 0; i < 3; ++i) {
    messages[i].offset = i;
    messages[i].value = domain.chains[0]->Batch(2);
    const auto sent = first.Process(domain.Partition(0), messages[i]);
    REQUIRE(sent.ok());
    REQUIRE(sent->has_value());
  }
  const auto one = second.Process(domain.Partition(0), messages[0]);
  REQUIRE(one->has_value());
  CHECK((*one)->row_count == 2);
  // A replay, and a gap.
  CHECK_FALSE(second.Process(domain.Partition(0), messages[0])->has_value());
  CHECK(ReasonOf(second.Process(domain.Partition(0), messages[2]).status()) ==
        status::v1::REASON_CODE_CHAIN_BROKEN);
  CHECK(domain.counters.cache_hits == 3);
}

TEST_CASE("A part of a batch is announced as what it is") {
  Processing test;
  bus::Message message;
  message.value = test.domain.chains[0]->Batch(5);
  const auto whole = test.processor.Process(test.domain.Partition(0), message);
  REQUIRE(whole->has_value());
  const auto part = test.processor.Part(message, nullptr, 3, 2);
  REQUIRE(part.ok());
  CHECK(part->row_count == 2);
  CHECK(part->delivery.sequence() == 1);
  const auto& disclosure = part->entry->disclosure();
  CHECK(disclosure.row_count() == 2);
  CHECK(disclosure.byte_count() == part->batch_bytes);
  CHECK(disclosure.digest() == DigestOf(Join(part->batch)));
  CHECK(disclosure.source_digest() ==
        (*whole)->entry->disclosure().source_digest());
}

}  // namespace
}  // namespace sluice::delivery
