// Streams under a mask whose symbol has four bytes: what is published fits into
// a batch, and what leaves of it does not.
#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/crypto/sha256.h"
#include "libs/delivery/position.h"
#include "libs/delivery/test_exchange.h"
#include "libs/records/batch.h"
#include "libs/records/batch_builder.h"

namespace sluice::delivery {
namespace {

using Answer = registry::Quota::Answer;

constexpr char kSymbol[] = "🀫";
// The version of the agreement with that symbol.
constexpr uint32_t kLengthening = 2;
// Of such a name's letters two fit into a batch once they are hidden, and three
// do not.
constexpr size_t kLong = 100'000;
constexpr size_t kShort = 10;
// This one does not fit by itself.
constexpr size_t kTooLong = 230'000;

// A family name, and so many letters behind it.
std::string Name(size_t letters) { return "张" + std::string(letters, 'a'); }

std::string HiddenName(size_t letters) {
  std::string hidden = "张";
  hidden.reserve(hidden.size() + 4 * letters);
  for (size_t i = 0; i < letters; ++i) hidden += kSymbol;
  return hidden;
}

// People with names of so many letters; every other one in Hangzhou.
records::Batch BatchOfNames(const catalog::v1::Resource& resource,
                            const std::vector<size_t>& names) {
  records::BatchBuilder builder(resource);
  for (size_t i = 0; i < names.size(); ++i) {
    builder.column(0)->AppendText(
        AsView("1101051949010110" + std::to_string(10 + i)));
    builder.column(1)->AppendText(AsView(Name(names[i])));
    builder.column(2)->AppendText(i % 2 == 0 ? "330102" : "110105");
    builder.column(3)->AppendNull();
    builder.column(4)->AppendText("withheld");
    builder.FinishRow();
  }
  return builder.Finish();
}

agreement::v1::Agreement LengtheningAgreement() {
  agreement::v1::Agreement agreement = registry::PeopleAgreement();
  agreement.set_version(kLengthening);
  agreement.mutable_fields(1)->mutable_treatment()->mutable_mask()->set_symbol(
      kSymbol);
  return agreement;
}

void Publish(DeliveryFixture* domain, const std::vector<size_t>& names) {
  domain->Publish(
      0, domain->chains[0]->Seal(BatchOfNames(domain->resource, names)));
}

struct LengtheningDomain : DeliveryFixture {
  LengtheningDomain() { Approve(LengtheningAgreement()); }

  std::shared_ptr<Stream> OpenFrom(ScriptedSink* sink, const StartSpec& start) {
    StreamOptions options = Options(sink, kLengthening);
    options.start = start;
    return Open(std::move(options), sink, kCreditBatchesMax);
  }
};

void EndStream(const std::shared_ptr<Stream>& stream, ScriptedSink* sink) {
  stream->End(absl::OkStatus());
  CHECK(sink->WaitForFinish().ok());
}

// How many letters each name has that was received, in order. Fails the test
// where one is not hidden, or a frame is larger than a batch may be.
std::vector<size_t> NamesIn(const std::vector<ReceivedResponse>& received) {
  std::vector<size_t> names;
  for (const ReceivedResponse& each : received) {
    REQUIRE(each.batch.size() <= records::kBatchBytesMax);
    const auto batch = records::ParseBatch(each.batch);
    REQUIRE(batch.ok());
    for (uint32_t row = 0; row < batch->row_count; ++row) {
      const absl::string_view name = batch->FindColumn(2)->Text(row);
      const size_t letters = (name.size() - std::string("张").size()) / 4;
      REQUIRE((name == AsView(HiddenName(letters))));
      names.push_back(letters);
    }
  }
  return names;
}

PartitionProgress ProgressOf(const ReceivedResponse& received) {
  const auto position = DecodePosition(
      AsView(received.response.delivery().position()), "civil-affairs.people");
  REQUIRE(position.ok());
  return position->partitions.at(0);
}

std::vector<audit::v1::Disclosure> Disclosures(const DeliveryFixture& domain) {
  std::vector<audit::v1::Disclosure> found;
  for (const auto& entry : domain.Entries()) {
    if (entry.has_disclosure()) found.push_back(entry.disclosure());
  }
  return found;
}

TEST_CASE("A batch that its treatment lengthens goes in as many frames") {
  LengtheningDomain domain;
  const std::vector<size_t> names = {kLong,  kLong, kLong, kShort,
                                     kShort, kLong, kLong, kLong};
  Publish(&domain, names);
  Publish(&domain, {kShort});
  ScriptedSink sink;
  const auto stream = domain.OpenFrom(&sink, StartSpec());
  sink.WaitForCaughtUp(1);
  EndStream(stream, &sink);
  const auto received = sink.deliveries();
  std::vector<size_t> expected = names;
  expected.push_back(kShort);
  CHECK(NamesIn(received) == expected);
  REQUIRE(received.size() == 5);
  for (uint32_t i = 0; i < 3; ++i) {
    CHECK(ProgressOf(received[i]) == PartitionProgress{1, 1, 2 * (i + 1)});
  }
  CHECK(ProgressOf(received[3]) == PartitionProgress{1, 1, 0});
  CHECK(ProgressOf(received[4]) == PartitionProgress{1, 2, 0});
  CHECK(domain.counters.delivered_records == 9);
  CHECK(domain.counters.delivered_batches == 5);

  // The trail says of each frame what is in it.
  const auto disclosures = Disclosures(domain);
  REQUIRE(disclosures.size() == received.size());
  for (size_t i = 0; i < received.size(); ++i) {
    const auto& delivery = received[i].response.delivery();
    CHECK(disclosures[i].delivery_id() == delivery.delivery_id());
    CHECK(disclosures[i].sequence() == delivery.sequence());
    CHECK(disclosures[i].row_count() == (i < 4 ? 2 : 1));
    CHECK(disclosures[i].byte_count() == received[i].batch.size());
    CHECK((AsView(disclosures[i].digest()) ==
           crypto::DigestView(crypto::Sha256(received[i].batch.view()))));
  }
}

TEST_CASE("Who keeps its position gets each record of a split batch once") {
  LengtheningDomain domain;
  const std::vector<size_t> names = {kLong, kLong, kShort, kLong, kLong, kLong};
  Publish(&domain, names);
  ScriptedSink whole;
  const auto stream = domain.OpenFrom(&whole, StartSpec());
  whole.WaitForCaughtUp(1);
  EndStream(stream, &whole);
  const auto received = whole.deliveries();
  REQUIRE(received.size() > 2);
  for (size_t kept = 1; kept <= received.size(); ++kept) {
    CAPTURE(kept);
    std::vector<ReceivedResponse> all(
        received.begin(), received.begin() + static_cast<ptrdiff_t>(kept));
    StartSpec start;
    start.from = exchange::v1::START_FROM_POSITION;
    start.position =
        *DecodePosition(AsView(all.back().response.delivery().position()),
                        "civil-affairs.people");
    ScriptedSink rest;
    const auto resumed = domain.OpenFrom(&rest, start);
    rest.WaitForCaughtUp(1);
    EndStream(resumed, &rest);
    for (auto& each : rest.deliveries()) all.push_back(std::move(each));
    CHECK(NamesIn(all) == names);
  }
}

TEST_CASE("A split batch is committed when its last frame is acknowledged") {
  LengtheningDomain domain;
  Publish(&domain, {kLong, kLong, kLong, kLong});
  ScriptedSink sink;
  const auto stream = domain.OpenFrom(&sink, StartSpec());
  REQUIRE(sink.WaitForDeliveries(2).size() == 2);
  stream->Acknowledge(1);
  domain.WaitForCommit(0, 0);
  CHECK(*domain.bus.log->CommittedOffset("test", domain.Partition(0)) == 0);
  stream->Acknowledge(2);
  domain.WaitForCommit(0, 1);
  EndStream(stream, &sink);
  CHECK(domain.counters.acknowledged_batches == 2);
}

TEST_CASE(
    "A record that is too large by itself ends the stream, which says so") {
  LengtheningDomain domain;
  const auto [names, delivered] =
      GENERATE(std::pair<std::vector<size_t>, size_t>({{kTooLong}, 0}),
               std::pair<std::vector<size_t>, size_t>(
                   {{kLong, kShort, kTooLong, kShort}, 2}));
  Publish(&domain, names);
  ScriptedSink sink;
  const auto stream = domain.OpenFrom(&sink, StartSpec());
  const absl::Status why = sink.WaitForFinish();
  CHECK(ReasonOf(why) == status::v1::REASON_CODE_TOO_LARGE);
  const std::string which =
      "record " + std::to_string(delivered + 1) + " of batch 1 of partition 0";
  CHECK_THAT(std::string(why.message()),
             Catch::Matchers::Contains(which) &&
                 Catch::Matchers::Contains("it alone takes more than"));
  // What came before it may have left, and nothing behind it.
  std::vector<size_t> before = names;
  before.resize(std::min(delivered, NamesIn(sink.deliveries()).size()));
  CHECK(NamesIn(sink.deliveries()) == before);
}

TEST_CASE("Under a row filter what leaves is split, by the rows it came in") {
  LengtheningDomain domain;
  agreement::v1::Agreement agreement = LengtheningAgreement();
  agreement.set_version(kLengthening + 1);
  auto* prefix = agreement.mutable_row_filter()->mutable_prefix();
  prefix->mutable_field()->set_id(3);
  prefix->mutable_field()->set_name("district");
  prefix->set_prefix("3301");
  domain.Approve(agreement);
  // The first, third, fifth and seventh leave.
  Publish(&domain, {kLong, 1, kLong, 2, kLong, 3, kShort, 4});
  ScriptedSink sink;
  const auto stream = domain.Open(domain.Options(&sink, kLengthening + 1),
                                  &sink, kCreditBatchesMax);
  sink.WaitForCaughtUp(1);
  EndStream(stream, &sink);
  const auto received = sink.deliveries();
  CHECK(NamesIn(received) == std::vector<size_t>{kLong, kLong, kLong, kShort});
  REQUIRE(received.size() == 2);
  CHECK(ProgressOf(received[0]) == PartitionProgress{1, 1, 3});
  CHECK(ProgressOf(received[1]) == PartitionProgress{1, 1, 0});
  const auto disclosures = Disclosures(domain);
  REQUIRE(disclosures.size() == 2);
  CHECK(disclosures[0].row_count() == 2);
  CHECK(disclosures[0].source_row_count() == 3);
  CHECK(disclosures[1].row_count() == 2);
  CHECK(disclosures[1].source_row_count() == 5);
}

// Consumers of the agreement with a limit of records.
struct LimitedExchange : TestExchange {
  LimitedExchange() {
    agreement::v1::Agreement agreement = LengtheningAgreement();
    agreement.mutable_limits()->set_records_per_day(1000);
    agreement.mutable_limits()->set_on_limit(agreement::v1::ON_LIMIT_WAIT);
    domain.Approve(agreement);
  }
};

TEST_CASE("The records of a split batch count once, up to the limit") {
  LimitedExchange test;
  test.quota.Allow(5, Answer::kDayUsedUp);
  const std::vector<size_t> names = {kLong, kLong, kLong, kShort,
                                     kLong, kLong, kLong, kLong};
  Publish(&test.domain, names);
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().quota_waiting_streams == 1; }));
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().delivered_records == 5; }));
  CHECK(test.quota.taken() == 5);
  test.quota.Allow(100, Answer::kDayUsedUp);
  sink.WaitForCaughtUp(1);
  CHECK(NamesIn(sink.deliveries()) == names);
  CHECK(test.quota.taken() == 8);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("Frames that are written in the next day count in it") {
  LimitedExchange test;
  test.quota.Allow(100, Answer::kDayUsedUp);
  const std::vector<size_t> names = {kLong, kLong, kLong, kLong, kLong, kLong};
  Publish(&test.domain, names);
  exchange::v1::Start start = test.domain.StartRequest();
  start.mutable_credit()->set_batches(1);
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink, test.domain.HealthConsumer(), start).ok());
  const size_t first = NamesIn(sink.WaitForDeliveries(1)).size();
  CHECK(test.quota.taken() == 6);
  test.quota.BeginDay(100, Answer::kDayUsedUp);
  exchange::v1::Credit credit;
  credit.set_batches(100);
  test.stream->AddCredit(credit);
  sink.WaitForCaughtUp(1);
  CHECK(NamesIn(sink.deliveries()) == names);
  CHECK(test.quota.taken() == 6 + (6 - first));
  CHECK(test.exchange->Stop(kTestWait));
}

}  // namespace
}  // namespace sluice::delivery
