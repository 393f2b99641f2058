#include "libs/delivery/exchange.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/delivery/test_exchange.h"
#include "libs/publish/resource_writer.h"
#include "libs/records/batch.h"

namespace sluice::delivery {
namespace {

std::string District(const ReceivedResponse& received, uint32_t row) {
  const auto batch = records::ParseBatch(received.batch);
  REQUIRE(batch.ok());
  const records::Column* column = batch->FindColumn(3);
  REQUIRE(column != nullptr);
  return std::string(column->Text(row));
}

TEST_CASE("What an adapter publishes reaches the consumer as agreed") {
  TestExchange test(3);
  publish::PublisherOptions options;
  options.department = "civil-affairs";
  options.log = test.domain.bus.log.get();
  options.key = &test.domain.bus.domain.adapter;
  options.registry_offset = [&] {
    return test.domain.registry->status().applied_offset;
  };
  options.clock = &test.domain.bus.clock;
  auto publisher = publish::Publisher::Open(options);
  REQUIRE(publisher.ok());
  auto writer =
      publish::ResourceWriter::Open(publisher->get(), test.domain.resource);
  INFO(writer.status().message());
  REQUIRE(writer.ok());
  (*writer)->StartGeneration();
  constexpr int kPeople = 5000;
  for (int person = 0; person < kPeople; ++person) {
    const std::string id = absl::StrCat("110105194912", 100'000 + person);
    const std::string district = absl::StrCat(100'000 + person);
    std::vector<records::Value> values(5);
    values[0].is_null = values[1].is_null = values[2].is_null = false;
    values[0].text = AsView(id);
    values[1].text = "张三丰";
    values[2].text = AsView(district);
    REQUIRE((*writer)->Add(values, person).ok());
  }
  REQUIRE((*writer)->EndBaseline().ok());
  records::v1::SourcePosition position;
  position.set_resource("civil-affairs.people");
  REQUIRE((*writer)->Append(position).ok());

  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  CHECK(test.started.agreement() == "health-people");
  CHECK(test.started.agreement_version() == 1);
  REQUIRE(test.started.fields_size() == 3);
  CHECK(test.started.key_size() == 1);
  sink.WaitForCaughtUp(1);
  std::set<std::string> districts;
  std::map<int, int> markers;
  for (const auto& received : sink.deliveries()) {
    ++markers[received.response.delivery().marker()];
    if (received.batch.empty()) continue;
    const auto batch = records::ParseBatch(received.batch);
    REQUIRE(batch.ok());
    CHECK(batch->columns.size() == 3);
    for (uint32_t row = 0; row < batch->row_count; ++row) {
      CHECK(districts.insert(District(received, row)).second);
    }
  }
  CHECK(districts.size() == kPeople);
  CHECK(markers[exchange::v1::MARKER_BASELINE_BEGIN] == 3);
  CHECK(markers[exchange::v1::MARKER_BASELINE_END] == 3);
  CHECK(test.exchange->counters().delivered_records == kPeople);
  CHECK(test.exchange->counters().rejected_messages == 0);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("The next version of the root is told, and taken by the next start") {
  TestExchange test;
  test.domain.PublishBatches(0, 1);
  // The pseudonym of the first person, to a group that has received nothing.
  const auto pseudonym_in = [&test](const std::string& group) {
    exchange::v1::Start start = test.domain.StartRequest();
    start.set_from(exchange::v1::START_FROM_BEGINNING);
    start.set_group(group);
    ScriptedSink sink;
    REQUIRE(test.Subscribe(&sink, test.domain.HealthConsumer(), start).ok());
    sink.WaitForDeliveries(1);
    const auto batch = records::ParseBatch(sink.deliveries().at(0).batch);
    REQUIRE(batch.ok());
    std::string pseudonym(batch->FindColumn(1)->Text(0));
    test.stream->End(absl::CancelledError("seen enough"));
    CHECK_FALSE(sink.WaitForFinish().ok());
    return pseudonym;
  };
  const std::string first = pseudonym_in("a");
  REQUIRE(test.started.treatments_size() == 3);
  CHECK(test.started.treatments(0).field_id() == 1);
  CHECK(test.started.treatments(0).treatment() == "pseudonym.hex");
  CHECK(test.started.treatments(0).key_version() == 1);
  CHECK(test.started.treatments(1).treatment() == "mask.name");
  CHECK(test.started.treatments(1).key_version() == 0);

  REQUIRE(crypto::AddKeyVersion(test.domain.bus.folder.path() + "/keys",
                                "pseudonym", "root")
              .ok());
  // A broker that runs goes on as it began, with the same consumers and others.
  CHECK(pseudonym_in("b") == first);
  CHECK(test.started.treatments(0).key_version() == 1);

  test.Restart();
  CHECK(pseudonym_in("c") != first);
  CHECK(test.started.treatments(0).key_version() == 2);
  std::vector<uint32_t> versions;
  for (const auto& entry : test.domain.Entries()) {
    if (!entry.has_disclosure()) continue;
    versions.push_back(entry.disclosure().fields(0).key_version());
    CHECK(entry.disclosure().fields(1).key_version() == 0);
  }
  CHECK(versions == std::vector<uint32_t>{1, 1, 2});
}

TEST_CASE("Once a revocation is acknowledged no write starts any more") {
  for (int round = 0; round < 3; ++round) {
    TestExchange test;
    test.domain.PublishBatches(0, 400);
    ScriptedSink sink;
    std::atomic<bool> revoked = false;
    std::atomic<int> late = 0;
    sink.on_delivery = [&](const ReceivedResponse&) {
      if (revoked) ++late;
    };
    REQUIRE(test.Subscribe(&sink).ok());
    sink.WaitForDeliveries(30);
    test.domain.Submit(registry::RevokeCommand("health-people", 1),
                       test.domain.bus.domain.approver);
    revoked = true;
    CHECK(ReasonOf(sink.WaitForFinish()) ==
          status::v1::REASON_CODE_AGREEMENT_REVOKED);
    CHECK(late == 0);
    // Refused in the trail, and from now on.
    ScriptedSink next;
    CHECK(ReasonOf(test.Subscribe(&next)) ==
          status::v1::REASON_CODE_AGREEMENT_REVOKED);
    const auto refusals = test.Refusals(1);
    REQUIRE_FALSE(refusals.empty());
    CHECK(refusals[0].reason() == status::v1::REASON_CODE_AGREEMENT_REVOKED);
    CHECK(refusals[0].agreement() == "health-people");
    CHECK(refusals[0].peer().department() == "health");
    CHECK(refusals[0].asserted().case_number() == "case 7");
  }
}

TEST_CASE("A command that forbids waits for the writes it did not stop") {
  const bool key = GENERATE(true, false);
  CAPTURE(key);
  TestExchange test;
  test.domain.PublishBatches(0, 3);
  registry::Registry* const registry = test.domain.registry.get();
  const uint64_t offset = registry->status().applied_offset + 1;
  std::atomic<int> writes = 0;
  std::atomic<bool> told_during_write = false;
  ScriptedSink sink;
  sink.on_delivery = [&](const ReceivedResponse&) {
    if (++writes > 1) return;
    // This write was let in before; the command is in force while it starts.
    while (registry->status().applied_offset < offset) {
      std::this_thread::yield();
    }
    told_during_write =
        registry->WaitForOffset(offset, absl::Milliseconds(200));
  };
  REQUIRE(test.Subscribe(&sink).ok());
  while (writes == 0) std::this_thread::yield();
  if (key) {
    test.domain.Submit(
        registry::RevokeKeyCommand(test.domain.bus.domain.adapter.id()),
        test.domain.bus.domain.officer);
  } else {
    catalog::v1::Resource changed = registry::PeopleResource();
    changed.set_partitions(1);
    changed.set_version(2);
    changed.set_sharing_type(catalog::v1::SHARING_TYPE_NOT_SHARED);
    test.domain.Submit(registry::PutCommand(changed),
                       test.domain.bus.domain.provider);
  }
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        (key ? status::v1::REASON_CODE_SHUTTING_DOWN
             : status::v1::REASON_CODE_NOT_SHARED));
  CHECK_FALSE(told_during_write);
  CHECK(writes == 1);
}

TEST_CASE("What a revoked key signed stays here once that is acknowledged") {
  TestExchange test;
  test.domain.PublishBatches(0, 400);
  ScriptedSink sink;
  std::atomic<bool> revoked = false;
  std::atomic<int> late = 0;
  sink.on_delivery = [&](const ReceivedResponse&) {
    if (revoked) ++late;
  };
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForDeliveries(30);
  // Not all can be through: nobody acknowledges, but the pipeline is full.
  sink.Hold(true);
  test.domain.Submit(
      registry::RevokeKeyCommand(test.domain.bus.domain.adapter.id()),
      test.domain.bus.domain.officer);
  revoked = true;
  sink.Hold(false);
  const absl::Status why = sink.WaitForFinish();
  CHECK(ReasonOf(why) == status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(IsRetriable(why));
  CHECK_THAT(std::string(why.message()),
             Catch::Matchers::Contains("call again from the last position"));
  CHECK(late == 0);
  // A new stream passes over what the key signed, and goes on.
  ScriptedSink next;
  REQUIRE(test.Subscribe(&next).ok());
  next.WaitForCaughtUp(1);
  CHECK(next.deliveries().empty());
  CHECK(test.exchange->counters().rejected_messages >= 400);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("A stream with nothing to write learns of the revocation too") {
  TestExchange test;
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForCaughtUp(1);
  test.domain.Submit(registry::RevokeCommand("health-people", 1),
                     test.domain.bus.domain.approver);
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_REVOKED);
}

TEST_CASE("A newer version ends the streams of the one before") {
  TestExchange test;
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  test.domain.ApproveVersion(2);
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_NOT_ACTIVE);
  ScriptedSink next;
  REQUIRE(test.Subscribe(&next).ok());
  CHECK(test.started.agreement_version() == 2);
  next.WaitForCaughtUp(1);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("A catalog entry that allows less than was agreed ends the stream") {
  const bool sensitive = GENERATE(true, false);
  CAPTURE(sensitive);
  TestExchange test;
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForCaughtUp(1);
  catalog::v1::Resource changed = registry::PeopleResource();
  changed.set_partitions(1);
  changed.set_version(2);
  // A title alone changes nothing for a stream.
  changed.set_title("residents");
  test.domain.Submit(registry::PutCommand(changed),
                     test.domain.bus.domain.provider);
  test.domain.PublishBatches(0, 1);
  sink.WaitForDeliveries(1);
  changed.set_version(3);
  if (sensitive) {
    changed.mutable_fields(2)->set_sensitivity(
        catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE);
  } else {
    changed.set_sharing_type(catalog::v1::SHARING_TYPE_NOT_SHARED);
  }
  test.domain.Submit(registry::PutCommand(changed),
                     test.domain.bus.domain.provider);
  test.domain.PublishBatches(0, 1);
  const ReasonCode reason = sensitive
                                ? status::v1::REASON_CODE_TREATMENT_TOO_WEAK
                                : status::v1::REASON_CODE_NOT_SHARED;
  CHECK(ReasonOf(sink.WaitForFinish()) == reason);
  CHECK(sink.deliveries().size() == 1);
  ScriptedSink next;
  CHECK(ReasonOf(test.Subscribe(&next)) == reason);
}

TEST_CASE("A filter over what has become core data ends the stream") {
  TestExchange test;
  test.domain.ApproveFilter(2, R"(
    not { is_null { field { id: 4 name: "birth_date" } } })");
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForCaughtUp(1);
  test.domain.PublishBatches(0, 1);
  sink.WaitForDeliveries(1);
  catalog::v1::Resource changed = registry::PeopleResource();
  changed.set_partitions(1);
  changed.set_version(2);
  changed.mutable_fields(3)->set_sensitivity(catalog::v1::SENSITIVITY_CORE);
  test.domain.Submit(registry::PutCommand(changed),
                     test.domain.bus.domain.provider);
  // Under the schema before, of which the filter's field was no core data.
  test.domain.PublishBatches(0, 1);
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_TREATMENT_TOO_WEAK);
  CHECK(sink.deliveries().size() == 1);
  ScriptedSink next;
  CHECK(ReasonOf(test.Subscribe(&next)) ==
        status::v1::REASON_CODE_TREATMENT_TOO_WEAK);
}

TEST_CASE("A stream ends with its agreement, and with its certificate") {
  const bool certificate = GENERATE(true, false);
  CAPTURE(certificate);
  TestExchange test;
  const absl::Time until = absl::FromUnixSeconds(
      test.domain.Agreement()->agreement().valid_until().seconds());
  Caller caller = test.domain.HealthConsumer();
  caller.certificate_not_after =
      certificate ? until - absl::Hours(1) : until + absl::Hours(1);
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink, caller, test.domain.StartRequest()).ok());
  sink.WaitForCaughtUp(1);
  test.domain.bus.clock.Set(certificate ? until - absl::Hours(1) : until);
  test.domain.PublishBatches(0, 1);
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        (certificate ? status::v1::REASON_CODE_CERTIFICATE_EXPIRED
                     : status::v1::REASON_CODE_AGREEMENT_EXPIRED));
  CHECK(sink.deliveries().empty());
}

TEST_CASE("A registry that cannot be proved current stops every delivery") {
  TestExchange test;
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForCaughtUp(1);
  // A rule that this program does not know stops the registry for good.
  (void)test.domain.registry->Submit(test.domain.bus.domain.Sign(
      registry::SetRulesCommand(1000), test.domain.bus.domain.officer));
  REQUIRE_FALSE(test.domain.registry->health().ok());
  CHECK_FALSE(sink.WaitForFinish().ok());
  ScriptedSink next;
  CHECK_FALSE(test.Subscribe(&next).ok());
}

TEST_CASE("Streams have a bound, and a place comes free when one ends") {
  TestExchange test(1,
                    [](ExchangeOptions* options) { options->streams_max = 2; });
  ScriptedSink first;
  ScriptedSink second;
  ScriptedSink third;
  REQUIRE(test.Subscribe(&first).ok());
  const auto ending = test.stream;
  REQUIRE(test.Subscribe(&second).ok());
  CHECK(ReasonOf(test.Subscribe(&third)) == status::v1::REASON_CODE_TOO_MANY);
  CHECK(test.exchange->open_streams() == 2);
  ending->HalfClose();
  CHECK(first.WaitForFinish().ok());
  const absl::Time deadline = absl::Now() + kTestWait;
  while (test.exchange->open_streams() == 2 && absl::Now() < deadline) {
    REQUIRE(test.domain.audit->AppendAndWait(audit::v1::Entry()).ok());
  }
  CHECK(test.Subscribe(&third).ok());
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("Every refusal is in the trail with its reason") {
  TestExchange test;
  ScriptedSink sink;
  exchange::v1::Start start = test.domain.StartRequest();
  start.set_purpose("curiosity");
  CHECK_FALSE(test.Subscribe(&sink, test.domain.HealthConsumer(), start).ok());
  start = test.domain.StartRequest();
  start.set_from(exchange::v1::START_FROM_POSITION);
  start.set_position("no token");
  CHECK_FALSE(test.Subscribe(&sink, test.domain.HealthConsumer(), start).ok());
  Caller grid = test.domain.HealthConsumer();
  grid.department = "grid";
  CHECK_FALSE(test.Subscribe(&sink, grid, test.domain.StartRequest()).ok());
  test.exchange->RecordRefusal(
      Caller(), "ListEntries",
      Error(status::v1::REASON_CODE_UNKNOWN_IDENTITY, "no certificate"));
  std::set<int> reasons;
  for (const auto& refusal : test.Refusals(4)) reasons.insert(refusal.reason());
  CHECK(reasons == std::set<int>{status::v1::REASON_CODE_PURPOSE_MISMATCH,
                                 status::v1::REASON_CODE_POSITION_INVALID,
                                 status::v1::REASON_CODE_NO_AGREEMENT,
                                 status::v1::REASON_CODE_UNKNOWN_IDENTITY});
  CHECK(test.exchange->open_streams() == 0);
}

TEST_CASE("Stopping ends the streams there are and takes no further ones") {
  TestExchange test;
  test.domain.PublishBatches(0, 50);
  ScriptedSink stuck;
  stuck.Hold(true);
  REQUIRE(test.Subscribe(&stuck).ok());
  ScriptedSink idle;
  REQUIRE(test.Subscribe(&idle).ok());
  stuck.WaitForWrites(1);
  CHECK(test.exchange->Stop(kTestWait));
  CHECK(ReasonOf(stuck.WaitForFinish()) ==
        status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(ReasonOf(idle.WaitForFinish()) ==
        status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(test.exchange->open_streams() == 0);
  ScriptedSink late;
  CHECK(ReasonOf(test.Subscribe(&late)) ==
        status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(test.exchange->Stop(absl::ZeroDuration()));
}

TEST_CASE("Stopping does not wait longer than it is told to") {
  TestExchange test;
  ScriptedSink sink;
  // Opened and not run, as by a caller that is slow.
  auto opened = test.exchange->Subscribe(test.domain.HealthConsumer(),
                                         test.domain.StartRequest(), &sink);
  REQUIRE(opened.ok());
  CHECK_FALSE(test.exchange->Stop(absl::Milliseconds(1)));
  sink.Attach(opened->stream);
  opened->stream->Run(opened->started);
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(sink.writes() == 0);
  CHECK(test.exchange->Stop(kTestWait));
}

}  // namespace
}  // namespace sluice::delivery
