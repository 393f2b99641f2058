#include "libs/delivery/start_lookup.h"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"
#include "libs/delivery/turnstile.h"
#include "libs/registry/faulty_log.h"

namespace sluice::delivery {
namespace {

// Its answers to what a group has committed come when the test says so.
class WaitingLog : public registry::FaultyLog {
 public:
  explicit WaitingLog(bus::EventLog* real) : FaultyLog(real) {}

  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const bus::TopicPartition& partition) override {
    turnstile.Pass();
    return FaultyLog::CommittedOffset(group, partition);
  }
  absl::StatusOr<bus::OffsetRange> Offsets(
      const bus::TopicPartition& partition) override {
    ++later_calls;
    return FaultyLog::Offsets(partition);
  }

  Turnstile turnstile;
  std::atomic<int> later_calls = 0;
};

struct Looking {
  Looking() { domain.PublishBatches(0, 5); }

  StartLookup::Question Question() {
    StartLookup::Question question;
    question.log = &log;
    question.group = "test";
    question.partition = domain.Partition(0);
    return question;
  }
  std::shared_ptr<StartLookup> Find(BusThreads* threads,
                                    const StartLookup::Question& question) {
    return StartLookup::Find(question, threads, [this] { ++answers; });
  }

  std::atomic<int> answers = 0;
  DeliveryFixture domain;
  WaitingLog log{domain.bus.log.get()};
};

TEST_CASE("A lookup answers once, from its own thread") {
  Looking test;
  std::shared_ptr<StartLookup> lookup;
  {
    BusThreads threads("test", 1);
    lookup = test.Find(&threads, test.Question());
    REQUIRE(test.log.turnstile.WaitForArrived(1));
    CHECK_FALSE(lookup->Take().has_value());
    CHECK(test.answers == 0);
    test.log.turnstile.Open();
  }
  CHECK(test.answers == 1);
  const auto answer = lookup->Take();
  REQUIRE(answer.has_value());
  REQUIRE(answer->ok());
  CHECK((*answer)->offset == 0);
  CHECK_FALSE(lookup->Take().has_value());
}

TEST_CASE("A lookup that is broken off asks nothing further") {
  Looking test;
  BusThreads threads("test", 1);
  const auto lookup = test.Find(&threads, test.Question());
  REQUIRE(test.log.turnstile.WaitForArrived(1));
  lookup->BreakOff();
  test.log.turnstile.Open();
  const absl::Time deadline = absl::Now() + kTestWait;
  std::optional<absl::StatusOr<StartPoint>> answer;
  while (!answer.has_value() && absl::Now() < deadline) {
    answer = lookup->Take();
  }
  REQUIRE(answer.has_value());
  CHECK(ReasonOf(answer->status()) == status::v1::REASON_CODE_SHUTTING_DOWN);
  CHECK(test.log.later_calls == 0);
  CHECK(test.answers == 0);
}

TEST_CASE("Without a thread the answer is to ask again") {
  Looking test;
  BusThreads threads("test", 1);
  const auto first = test.Find(&threads, test.Question());
  REQUIRE(test.log.turnstile.WaitForArrived(1));
  const auto second = test.Find(&threads, test.Question());
  CHECK(test.answers == 1);
  const auto answer = second->Take();
  REQUIRE(answer.has_value());
  CHECK(ReasonOf(answer->status()) == status::v1::REASON_CODE_STORAGE_FAILED);
  test.log.turnstile.Open();
}

TEST_CASE("Who has more than the group has committed goes on behind it") {
  Looking test;
  {
    auto member =
        test.domain.bus.log->JoinGroup("test", test.domain.Partition(0).topic);
    REQUIRE(member.ok());
    REQUIRE((*member)->Poll(0).ok());
    REQUIRE((*member)->Commit(test.domain.Partition(0), 2).ok());
  }
  test.log.turnstile.Open();
  StartLookup::Question question = test.Question();
  question.regained = true;
  question.had = GENERATE(std::optional<PartitionProgress>(),
                          std::optional<PartitionProgress>({1, 1}),
                          std::optional<PartitionProgress>({1, 4}));
  std::shared_ptr<StartLookup> lookup;
  {
    BusThreads threads("test", 1);
    lookup = test.Find(&threads, question);
  }
  const auto answer = lookup->Take();
  REQUIRE(answer.has_value());
  REQUIRE(answer->ok());
  const bool has_more = question.had.has_value() && question.had->sequence == 4;
  CHECK((*answer)->offset == (has_more ? 4 : 2));
  // The group's commit stays where it is.
  CHECK((*answer)->committed);
}

}  // namespace
}  // namespace sluice::delivery
