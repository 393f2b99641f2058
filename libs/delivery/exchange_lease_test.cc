#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/delivery/test_exchange.h"

namespace sluice::delivery {
namespace {

// Deliveries that the trail announces.
size_t Announced(const TestExchange& test) {
  size_t count = 0;
  for (const auto& entry : test.domain.Entries()) {
    if (entry.has_disclosure()) ++count;
  }
  return count;
}

TEST_CASE("A lapse of the lease pauses a stream, which goes on by itself") {
  TestExchange test;
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForCaughtUp(1);
  test.lease.live = false;
  test.domain.PublishBatches(0, 3);
  CHECK(test.WaitFor([&] { return Announced(test) == 3; }));
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().paused_streams == 1; }));
  CHECK(sink.deliveries().empty());
  ScriptedSink refused;
  const absl::Status refusal = test.Subscribe(&refused);
  CHECK(ReasonOf(refusal) == status::v1::REASON_CODE_LEASE_LOST);
  CHECK(IsRetriable(refusal));
  test.lease.live = true;
  sink.WaitForDeliveries(3);
  CHECK_FALSE(sink.finished());
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().paused_streams == 0; }));
  CHECK(test.exchange->counters().pauses >= 1);
  CHECK(test.exchange->Stop(kTestWait));
}

TEST_CASE("What was prepared in a lapse does not outlive a revocation") {
  TestExchange test;
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForCaughtUp(1);
  test.lease.live = false;
  test.domain.PublishBatches(0, 3);
  CHECK(test.WaitFor([&] { return Announced(test) == 3; }));
  test.domain.Submit(registry::RevokeCommand("health-people", 1),
                     test.domain.bus.domain.approver);
  test.lease.live = true;
  CHECK(ReasonOf(sink.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_REVOKED);
  CHECK(sink.deliveries().empty());
}

TEST_CASE("A lapse that lasts ends the stream with a reason to come again") {
  TestExchange test;
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForCaughtUp(1);
  test.lease.live = false;
  CHECK(test.WaitFor(
      [&] { return test.exchange->counters().paused_streams == 1; }));
  test.domain.bus.clock.Advance(kPauseMaxDefault + absl::Seconds(1));
  const absl::Status why = sink.WaitForFinish();
  CHECK(ReasonOf(why) == status::v1::REASON_CODE_LEASE_LOST);
  CHECK(IsRetriable(why));
  CHECK(test.WaitFor([&] { return test.exchange->open_streams() == 0; }));
  CHECK(test.exchange->counters().paused_streams == 0);
}

registry::v1::Command SuspendCommand() {
  registry::v1::Command command;
  command.mutable_suspend_agreement()->set_id("health-people");
  command.mutable_suspend_agreement()->set_version(1);
  command.mutable_suspend_agreement()->set_reason("under review");
  return command;
}

registry::v1::Command ResumeCommand() {
  registry::v1::Command command;
  command.mutable_resume_agreement()->set_id("health-people");
  command.mutable_resume_agreement()->set_version(1);
  return command;
}

TEST_CASE("A suspension stops all writes, and a resumption lets new streams") {
  TestExchange test;
  test.domain.PublishBatches(0, 200);
  const auto& approver = test.domain.bus.domain.approver;
  ScriptedSink first;
  std::atomic<bool> suspended = false;
  std::atomic<int> late = 0;
  first.on_delivery = [&](const ReceivedResponse&) {
    if (suspended) ++late;
  };
  REQUIRE(test.Subscribe(&first).ok());
  first.WaitForDeliveries(20);
  test.domain.Submit(SuspendCommand(), approver);
  suspended = true;
  CHECK(ReasonOf(first.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
  CHECK(late == 0);
  ScriptedSink refused;
  CHECK(ReasonOf(test.Subscribe(&refused)) ==
        status::v1::REASON_CODE_AGREEMENT_SUSPENDED);

  test.domain.Submit(ResumeCommand(), approver);
  ScriptedSink second;
  REQUIRE(test.Subscribe(&second).ok());
  second.WaitForCaughtUp(1);
  // The new gate closes like the one before.
  test.domain.Submit(SuspendCommand(), approver);
  CHECK(ReasonOf(second.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
  test.domain.Submit(ResumeCommand(), approver);
  ScriptedSink third;
  REQUIRE(test.Subscribe(&third).ok());
  test.domain.Submit(registry::RevokeCommand("health-people", 1), approver);
  CHECK(ReasonOf(third.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_REVOKED);
}

TEST_CASE(
    "A resumption counts from when it is applied, not from when its "
    "listeners were told") {
  Mutex mutex;
  CondVar changed;
  bool is_told = false;
  bool may_go_on = false;
  // Called before the exchange is.
  TestExchange test(1, [&](ExchangeOptions* options) {
    options->registry->AddListener(
        [&](uint64_t, const registry::v1::Command& command) {
          if (!command.has_resume_agreement()) return;
          MutexLock lock(&mutex);
          is_told = true;
          changed.SignalAll();
          while (!may_go_on) changed.Wait(&mutex);
        });
  });
  const auto& approver = test.domain.bus.domain.approver;
  ScriptedSink first;
  REQUIRE(test.Subscribe(&first).ok());
  test.domain.Submit(SuspendCommand(), approver);
  CHECK(ReasonOf(first.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
  test.domain.PublishBatches(0, 2);
  std::thread resumer([&] { test.domain.Submit(ResumeCommand(), approver); });
  {
    MutexLock lock(&mutex);
    while (!is_told) changed.Wait(&mutex);
  }
  ScriptedSink second;
  const absl::Status opened = test.Subscribe(&second);
  {
    MutexLock lock(&mutex);
    may_go_on = true;
    changed.SignalAll();
  }
  resumer.join();
  REQUIRE(opened.ok());
  second.WaitForDeliveries(2);
  CHECK_FALSE(second.finished());
  // The gate that it was given closes like any other.
  test.domain.Submit(SuspendCommand(), approver);
  CHECK(ReasonOf(second.WaitForFinish()) ==
        status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
  CHECK(test.exchange->Stop(kTestWait));
}

}  // namespace
}  // namespace sluice::delivery
