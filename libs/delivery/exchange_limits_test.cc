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
            return absl::OkStatus();
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

  std::atomic<int> suspensions = 0;
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
