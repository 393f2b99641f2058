// What an exchange makes of a bus that does not answer when its streams begin
// or end.
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/delivery/test_exchange.h"
#include "libs/delivery/turnstile.h"
#include "libs/registry/faulty_log.h"

namespace sluice::delivery {
namespace {

class SlowMember : public bus::GroupMember {
 public:
  SlowMember(std::unique_ptr<bus::GroupMember> real, Turnstile* exit)
      : real_(std::move(real)), exit_(exit) {}
  ~SlowMember() override { exit_->Pass(); }

  absl::StatusOr<bus::PollResult> Poll(size_t bytes_max) override {
    return real_->Poll(bytes_max);
  }
  absl::Status Seek(const bus::TopicPartition& partition,
                    int64_t offset) override {
    return real_->Seek(partition, offset);
  }
  absl::Status Commit(const bus::TopicPartition& partition,
                      int64_t offset) override {
    return real_->Commit(partition, offset);
  }
  void OnWakeup(std::function<void()> wakeup) override {
    real_->OnWakeup(std::move(wakeup));
  }

 private:
  const std::unique_ptr<bus::GroupMember> real_;
  Turnstile* const exit_;
};

class SlowLog : public registry::FaultyLog {
 public:
  SlowLog(bus::EventLog* real, Turnstile* exit)
      : FaultyLog(real), exit_(exit) {}

  absl::StatusOr<std::unique_ptr<bus::GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) override {
    ASSIGN_OR_RETURN(auto member, FaultyLog::JoinGroup(group, topic));
    return std::make_unique<SlowMember>(std::move(member), exit_);
  }

 private:
  Turnstile* const exit_;
};

// Says what a group has committed only once the exit is open, for groups whose
// names end in "slow".
class SilentLog : public registry::FaultyLog {
 public:
  SilentLog(bus::EventLog* real, Turnstile* exit)
      : FaultyLog(real), exit_(exit) {}

  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const bus::TopicPartition& partition) override {
    if (absl::EndsWith(AsView(group), "slow")) exit_->Pass();
    return FaultyLog::CommittedOffset(group, partition);
  }

 private:
  Turnstile* const exit_;
};

// Opens the exit, also when a check fails, and ends the exchange.
struct Opener {
  Turnstile* exit;
  std::unique_ptr<Exchange>* exchange;
  ~Opener() {
    exit->Open();
    exchange->reset();
  }
};

TEST_CASE(
    "A bus that does not say where to begin holds up no other stream, "
    "nor the end") {
  Turnstile exit;
  std::unique_ptr<SilentLog> log;
  TestExchange test(3, [&](ExchangeOptions* options) {
    log = std::make_unique<SilentLog>(options->log, &exit);
    options->log = log.get();
    options->worker_threads = 1;
  });
  Opener opener{&exit, &test.exchange};
  test.domain.PublishBatches(0, 2);
  constexpr int kSilent = 4;
  std::vector<ScriptedSink> silent(kSilent);
  for (int i = 0; i < kSilent; ++i) {
    exchange::v1::Start start = test.domain.StartRequest();
    start.set_group(absl::StrCat("g", i, "slow"));
    REQUIRE(
        test.Subscribe(&silent[i], test.domain.HealthConsumer(), start).ok());
  }
  REQUIRE(exit.WaitForArrived(kSilent));
  // There is one thread, and it is free for who can run.
  ScriptedSink sink;
  REQUIRE(test.Subscribe(&sink).ok());
  sink.WaitForDeliveries(2);
  sink.WaitForCaughtUp(1);
  REQUIRE(test.exchange->Stop(absl::Seconds(20)));
  CHECK(exit.passed() == 0);
  for (ScriptedSink& each : silent) {
    CHECK(ReasonOf(each.WaitForFinish()) ==
          status::v1::REASON_CODE_SHUTTING_DOWN);
    CHECK(each.kinds() == std::vector<std::string>{"started"});
  }
  exit.Open();
  test.exchange.reset();
  // What was asked when the end came was the last of each.
  CHECK(exit.passed() == kSilent);
}

TEST_CASE("Streams end without waiting for a bus that does not answer") {
  Turnstile exit;
  std::unique_ptr<SlowLog> log;
  TestExchange test(1, [&](ExchangeOptions* options) {
    log = std::make_unique<SlowLog>(options->log, &exit);
    options->log = log.get();
    options->worker_threads = 1;
  });
  Opener opener{&exit, &test.exchange};
  constexpr int kStreams = 4;
  std::vector<ScriptedSink> sinks(kStreams);
  for (int i = 0; i < kStreams; ++i) {
    exchange::v1::Start start = test.domain.StartRequest();
    start.set_group(absl::StrCat("g", i));
    REQUIRE(
        test.Subscribe(&sinks[i], test.domain.HealthConsumer(), start).ok());
    sinks[i].WaitForCaughtUp(1);
  }
  REQUIRE(test.exchange->Stop(absl::Seconds(20)));
  for (ScriptedSink& sink : sinks) {
    CHECK(ReasonOf(sink.WaitForFinish()) ==
          status::v1::REASON_CODE_SHUTTING_DOWN);
  }
  // All are at it at the same time, and the exchange is not gone before them.
  REQUIRE(exit.WaitForArrived(kStreams));
  CHECK(exit.passed() == 0);
  exit.Open();
  test.exchange.reset();
  CHECK(exit.passed() == kStreams);
}

}  // namespace
}  // namespace sluice::delivery
