#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/test_exchange.h"
#include "libs/records/batch.h"

namespace sluice::delivery {
namespace {

using Answer = registry::Quota::Answer;

// One partition of batches of ten records each, under an agreement with limits.
struct Limited {
  explicit Limited(
      agreement::v1::OnLimit on_limit, uint32_t streams = 0,
      const std::function<void(ExchangeOptions*)>& change = nullptr)
      : test(1, [&](ExchangeOptions* options) {
          options->suspend = [this](const agreement::v1::Agreement& agreement,
                                    const std::string&) {
            CHECK(agreement.version() == 2);
            ++suspensions;
            MutexLock lock(&mutex);
            while (hold_suspension) changed.Wait(&mutex);
            return suspension;
          };
          if (change) change(options);
        }) {
    agreement::v1::Limits limits;
    limits.set_records_per_day(1000);
    limits.set_on_limit(on_limit);
    limits.set_concurrent_streams(streams);
    test.domain.ApproveVersion(2, &limits);
  }

  void Publish(int batches) {
    for (int i = 0; i < batches; ++i) {
      test.domain.Publish(0, test.domain.chains[0]->Batch(10));
    }
  }

  absl::Status SubscribeBehind(ScriptedSink* sink,
                               const ReceivedResponse& last) {
    exchange::v1::Start start = test.domain.StartRequest();
    start.set_from(exchange::v1::START_FROM_POSITION);
    start.set_position(last.response.delivery().position());
    return test.Subscribe(sink, test.domain.HealthConsumer(), start);
  }

  void HoldSuspension() {
    MutexLock lock(&mutex);
    hold_suspension = true;
  }
  void EndSuspension(const absl::Status& with) {
    MutexLock lock(&mutex);
    hold_suspension = false;
    suspension = with;
    changed.SignalAll();
  }

  std::atomic<int> suspensions = 0;
  Mutex mutex;
  CondVar changed;
  bool hold_suspension ABSL_GUARDED_BY(mutex) = false;
  absl::Status suspension ABSL_GUARDED_BY(mutex);
  TestExchange test;
};

// The pseudonyms of the people in what was received, in order.
std::vector<std::string> People(const std::vector<ReceivedResponse>& received) {
  std::vector<std::string> people;
  for (const auto& each : received) {
    const auto batch = records::ParseBatch(each.batch);
    REQUIRE(batch.ok());
    for (uint32_t row = 0; row < batch->row_count; ++row) {
      people.emplace_back(batch->FindColumn(1)->Text(row));
    }
  }
  return people;
}

bool AllDifferent(std::vector<std::string> people) {
  std::sort(people.begin(), people.end());
  return std::adjacent_find(people.begin(), people.end()) == people.end();
}

TEST_CASE("A day's records are used to the last one, and then waited for") {
  Limited limited(agreement::v1::ON_LIMIT_WAIT);
  TestExchange& test = limited.test;
  test.quota.Allow(25, Answer::kDayUsedUp);
  limited.Publish(3);
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().quota_waiting_streams == 1; }));
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().delivered_records == 25; }));
  CHECK(test.exchange->counters().days_used_up == 1);
  test.quota.Allow(2, Answer::kDayUsedUp);
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().delivered_records == 27; }));
  test.quota.Allow(100, Answer::kDayUsedUp);
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().delivered_records == 30; }));
  sink.WaitForCaughtUp(1);
  const auto people = People(sink.deliveries());
  CHECK(people.size() == 30);
  CHECK(AllDifferent(people));
  CHECK(test.quota.taken() == 30);
  CHECK(test.exchange->counters().quota_waiting_streams == 0);
  CHECK_FALSE(sink.finished());
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("A consumer resumes within the batch that a limit has cut") {
  Limited limited(agreement::v1::ON_LIMIT_REFUSE);
  TestExchange& test = limited.test;
  test.quota.Allow(25, Answer::kDayUsedUp);
  limited.Publish(3);
  ScriptedSink first;
  REQUIRE(test.Subscribe(&first).ok());
  const absl::Status why = first.WaitForFinish();
  CHECK(ReasonOf(why) == status::v1::REASON_CODE_LIMIT_REACHED);
  CHECK(IsRetriable(why));
  auto people = People(first.deliveries());
  CHECK(people.size() == 25);

  // So does each further one, as soon as there is a record for it.
  ScriptedSink refused;
  REQUIRE(limited.SubscribeBehind(&refused, first.deliveries().back()).ok());
  CHECK(ReasonOf(refused.WaitForFinish()) ==
        status::v1::REASON_CODE_LIMIT_REACHED);
  CHECK(refused.deliveries().empty());
  const auto refusals = test.Refusals(1);
  REQUIRE_FALSE(refusals.empty());
  CHECK(refusals[0].reason() == status::v1::REASON_CODE_LIMIT_REACHED);

  test.quota.Allow(1000, Answer::kDayUsedUp);
  ScriptedSink second;
  REQUIRE(limited.SubscribeBehind(&second, first.deliveries().back()).ok());
  second.WaitForCaughtUp(1);
  const auto rest = People(second.deliveries());
  CHECK(rest.size() == 5);
  people.insert(people.end(), rest.begin(), rest.end());
  CHECK(AllDifferent(people));
  CHECK(test.quota.taken() == 30);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("Acknowledging a part of a batch does not commit all of it") {
  Limited limited(agreement::v1::ON_LIMIT_WAIT);
  TestExchange& test = limited.test;
  test.quota.Allow(15, Answer::kDayUsedUp);
  limited.Publish(2);
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().delivered_records == 15; }));
  const auto cut = sink.deliveries().back();
  test.stream->Acknowledge(cut.response.delivery().delivery_id());
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().acknowledged_batches > 0; }));
  test.stream->End(Error(status::v1::REASON_CODE_SHUTTING_DOWN, "over"));
  CHECK(test.WaitFor([&] { return test.exchange->open_streams() == 0; }));
  // The group goes on with the whole batch.
  test.quota.Allow(1000, Answer::kDayUsedUp);
  ScriptedSink next;
  REQUIRE(test.Subscribe(&next).ok());
  next.WaitForCaughtUp(1);
  CHECK(People(next.deliveries()).size() == 10);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("An agreement that asks for it is suspended at its limit, once") {
  Limited limited(agreement::v1::ON_LIMIT_SUSPEND);
  TestExchange& test = limited.test;
  test.quota.Allow(15, Answer::kDayUsedUp);
  limited.Publish(3);
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  const absl::Status why = sink.WaitForFinish();
  CHECK(ReasonOf(why) == status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
  CHECK_FALSE(IsRetriable(why));
  // What was counted before is delivered.
  CHECK(People(sink.deliveries()).size() == 15);
  CHECK(test.WaitFor([&] { return limited.suspensions == 1; }));
  CHECK(test.exchange->Stop(kTestWait));
  CHECK(limited.suspensions == 1);
}

TEST_CASE("A stream is told of a suspension only once there is one") {
  Limited limited(agreement::v1::ON_LIMIT_SUSPEND);
  TestExchange& test = limited.test;
  test.quota.Allow(15, Answer::kDayUsedUp);
  limited.Publish(3);
  limited.HoldSuspension();
  ScriptedSink first;
  REQUIRE(test.Subscribe(&first).ok());
  CHECK(test.WaitFor([&] { return limited.suspensions == 1; }));
  // Of the same limit: it waits for the same suspension, or asks for one of its
  // own if that one ends before it has come so far.
  ScriptedSink second;
  exchange::v1::Start start = test.domain.StartRequest();
  start.set_group("other");
  REQUIRE(test.Subscribe(&second, test.domain.HealthConsumer(), start).ok());
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().days_used_up == 2; }));
  CHECK_FALSE(first.finished());
  CHECK_FALSE(second.finished());
  limited.EndSuspension(
      Error(status::v1::REASON_CODE_STORAGE_FAILED, "the bus is away"));
  for (ScriptedSink* sink : {&first, &second}) {
    const absl::Status why = sink->WaitForFinish();
    CHECK(ReasonOf(why) == status::v1::REASON_CODE_LIMIT_REACHED);
    CHECK(IsRetriable(why));
    CHECK_THAT(std::string(why.message()),
               Catch::Matchers::Contains("the bus is away"));
  }
  CHECK(People(first.deliveries()).size() == 15);
  // It is asked again when the next one comes to the limit.
  const int asked = limited.suspensions;
  CHECK(asked <= 2);
  limited.EndSuspension(absl::OkStatus());
  ScriptedSink third;
  REQUIRE(limited.SubscribeBehind(&third, first.deliveries().back()).ok());
  CHECK(ReasonOf(third.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
  CHECK(limited.suspensions == asked + 1);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("A suspension that another broker was faster with is one") {
  Limited limited(agreement::v1::ON_LIMIT_SUSPEND);
  TestExchange& test = limited.test;
  test.quota.Allow(5, Answer::kDayUsedUp);
  limited.Publish(1);
  limited.HoldSuspension();
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  CHECK(test.WaitFor([&] { return limited.suspensions == 1; }));
  registry::v1::Command command;
  command.mutable_suspend_agreement()->set_id("health-people");
  command.mutable_suspend_agreement()->set_version(2);
  command.mutable_suspend_agreement()->set_reason("the limit was reached");
  test.domain.Submit(command, test.domain.bus.domain.approver);
  limited.EndSuspension(
      Error(status::v1::REASON_CODE_WRONG_STATE, "it is suspended"));
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("A stream that must wait a moment goes on when it is told") {
  Limited limited(agreement::v1::ON_LIMIT_REFUSE);
  TestExchange& test = limited.test;
  test.quota.Allow(10, Answer::kLater);
  limited.Publish(3);
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForDeliveries(1);
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().quota_waiting_streams == 1; }));
  test.quota.Allow(20, Answer::kLater);
  CHECK(People(sink.WaitForDeliveries(3)).size() == 30);
  CHECK_FALSE(sink.finished());
  CHECK(test.exchange->counters().days_used_up == 0);
  CHECK(test.exchange->Stop(kTestWait));
}

// Three batches of ten that are prepared and counted, and cannot be written
// before the lease is back.
struct Prepared30 : Limited {
  explicit Prepared30(agreement::v1::OnLimit on_limit) : Limited(on_limit) {
    test.quota.Allow(30, Answer::kDayUsedUp);
    REQUIRE(test.Subscribe(&sink).ok());
    sink.WaitForCaughtUp(1);
    test.lease.live = false;
    Publish(3);
    CHECK(test.WaitFor([&] { return test.quota.taken() == 30; }));
    CHECK(test.WaitFor(
        [&] { return test.exchange->counters().paused_streams == 1; }));
  }

  ScriptedSink sink;
};

TEST_CASE(
    "What is written in another day than it was counted in counts again") {
  Prepared30 prepared(agreement::v1::ON_LIMIT_WAIT);
  TestExchange& test = prepared.test;
  test.quota.BeginDay(15, Answer::kDayUsedUp);
  test.lease.live = true;
  prepared.sink.WaitForDeliveries(1);
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().quota_waiting_streams == 1; }));
  test.stream->Tick();
  CHECK(test.exchange->counters().delivered_records == 10);
  CHECK(test.quota.taken() == 40);
  // The same day, with more to give.
  test.quota.Allow(10, Answer::kLater);
  prepared.sink.WaitForDeliveries(2);
  // The next day begins while the last one still waits.
  test.quota.BeginDay(1000, Answer::kDayUsedUp);
  const auto received = prepared.sink.WaitForDeliveries(3);
  CHECK(AllDifferent(People(received)));
  CHECK(test.quota.taken() == 60);
  CHECK(test.exchange->counters().quota_waiting_streams == 0);
  // What is counted and written in one day counts once.
  prepared.Publish(1);
  prepared.sink.WaitForDeliveries(4);
  CHECK(test.quota.taken() == 70);
  CHECK_FALSE(prepared.sink.finished());
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("What is prepared beyond what the new day allows is not sent") {
  const bool suspends = GENERATE(false, true);
  Prepared30 prepared(suspends ? agreement::v1::ON_LIMIT_SUSPEND
                               : agreement::v1::ON_LIMIT_REFUSE);
  TestExchange& test = prepared.test;
  test.quota.BeginDay(10, Answer::kDayUsedUp);
  test.lease.live = true;
  CHECK(ReasonOf(prepared.sink.WaitForFinish()) ==
        (suspends ? status::v1::REASON_CODE_AGREEMENT_SUSPENDED
                  : status::v1::REASON_CODE_LIMIT_REACHED));
  // What is counted in this day is delivered before the stream ends.
  CHECK(People(prepared.sink.deliveries()).size() == 10);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("A stream holds a place among the agreement's, and no longer") {
  Limited limited(agreement::v1::ON_LIMIT_WAIT, /*streams=*/1);
  TestExchange& test = limited.test;
  test.quota.Allow(1000, Answer::kDayUsedUp);
  test.quota.AllowStreams(1);
  ScriptedSink first;
  REQUIRE(test.Subscribe(&first).ok());
  const auto ending = test.stream;
  ScriptedSink second;
  CHECK(ReasonOf(test.Subscribe(&second)) ==
        status::v1::REASON_CODE_LIMIT_REACHED);
  ending->HalfClose();
  CHECK(first.WaitForFinish().ok());
  CHECK(test.WaitFor([&] { return test.exchange->open_streams() == 0; }));
  ScriptedSink third;
  REQUIRE(test.Subscribe(&third).ok());
  third.WaitForCaughtUp(1);
  // The place could not be renewed.
  test.quota.LosePlaces();
  CHECK(ReasonOf(third.WaitForFinish()) ==
        status::v1::REASON_CODE_LIMIT_REACHED);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("Limits that cannot be kept are not ignored") {
  const bool quota = GENERATE(true, false);
  CAPTURE(quota);
  Limited limited(agreement::v1::ON_LIMIT_SUSPEND, 0,
                  [&](ExchangeOptions* options) {
                    if (quota) {
                      options->quota = nullptr;
                    } else {
                      options->suspend = nullptr;
                    }
                  });
  ScriptedSink sink;
  CHECK(ReasonOf(limited.test.Subscribe(&sink)) ==
        status::v1::REASON_CODE_LIMIT_REACHED);
}

}  // namespace
}  // namespace sluice::delivery
