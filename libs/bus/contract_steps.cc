#include "libs/bus/contract_steps.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>

#include "libs/base/status.h"

namespace sluice::bus::contract {

Outgoing To(const TopicPartition& to, const std::string& key,
            const std::string& value) {
  return {to, key, SharedBytes::Own(value)};
}

std::string MakeTopic(ContractHarness& harness, int partitions,
                      Cleanup cleanup) {
  TopicSpec spec;
  spec.name = harness.Unique("topic");
  spec.partitions = partitions;
  spec.cleanup = cleanup;
  const absl::Status status = harness.log()->CreateTopic(spec);
  INFO(status.ToString());
  REQUIRE(status.ok());
  return spec.name;
}

std::unique_ptr<Producer> OpenProducer(ContractHarness& harness,
                                       const std::string& id) {
  auto producer = harness.log()->OpenProducer(id);
  INFO(producer.status().ToString());
  REQUIRE(producer.ok());
  return std::move(*producer);
}

std::vector<int64_t> Append(Producer& producer,
                            const std::vector<Outgoing>& messages) {
  auto offsets = producer.Append(messages);
  INFO(offsets.status().ToString());
  REQUIRE(offsets.ok());
  REQUIRE(offsets->size() == messages.size());
  return std::move(*offsets);
}

std::vector<Message> ReadAll(ContractHarness& harness,
                             const TopicPartition& partition, int64_t from) {
  std::vector<Message> all;
  while (true) {
    const absl::Duration no_wait = absl::ZeroDuration();
    auto some = harness.log()->Read(partition, from, 1'000, kPlenty, no_wait);
    INFO(some.status().ToString());
    REQUIRE(some.ok());
    if (some->empty()) return all;
    from = some->back().offset + 1;
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
}

std::string ValueOf(const Message& message) {
  return std::string(message.value.view());
}

std::vector<std::string> Values(ContractHarness& harness,
                                const TopicPartition& partition, int64_t from) {
  std::vector<std::string> values;
  for (const Message& message : ReadAll(harness, partition, from)) {
    values.push_back(ValueOf(message));
  }
  return values;
}

Consumer::Consumer(ContractHarness& harness, const std::string& group,
                   const std::string& topic)
    : harness_(harness), group_(group) {
  auto member = harness.log()->JoinGroup(group, topic);
  INFO(member.status().ToString());
  REQUIRE(member.ok());
  member_ = std::move(*member);
  member_->OnWakeup([this] {
    const MutexLock lock(&mutex_);
    ++wakeups_;
    woken_.SignalAll();
  });
}

absl::Status Consumer::Step(size_t bytes_max) {
  auto polled = member_->Poll(bytes_max);
  if (!polled.ok()) return polled.status();
  at_end = polled->at_end && polled->gained.empty() && !owned.empty();
  idle = polled->gained.empty() && polled->fetched.empty();
  for (const TopicPartition& partition : polled->lost) {
    CHECK(std::erase(owned, partition) == 1);
    fetched.erase(partition);
    next.erase(partition);
  }
  for (const TopicPartition& partition : polled->gained) {
    CHECK(std::count(owned.begin(), owned.end(), partition) == 0);
    owned.push_back(partition);
    const auto committed = harness_.log()->CommittedOffset(group_, partition);
    next[partition] = committed.ok() ? *committed : 0;
    const absl::Status sought = member_->Seek(partition, next[partition]);
    // It may be gone again already; the next Poll says so.
    CHECK(
        (sought.ok() || ReasonOf(sought) == status::v1::REASON_CODE_NOT_FOUND));
  }
  for (const PollResult::Fetched& part : polled->fetched) {
    CHECK(std::count(owned.begin(), owned.end(), part.from) == 1);
    CHECK_FALSE(part.messages.empty());
    for (const Message& message : part.messages) {
      CHECK(message.offset >= next[part.from]);
      next[part.from] = message.offset + 1;
      fetched[part.from].push_back(ValueOf(message));
    }
  }
  return absl::OkStatus();
}

bool Consumer::StepUntil(const std::function<bool()>& done) {
  while (true) {
    // A Poll that gains partitions fetches from them only after the Seek.
    const absl::Status first = Step();
    const absl::Status second = Step();
    INFO(first.ToString() << second.ToString());
    REQUIRE(first.ok());
    REQUIRE(second.ok());
    if (done()) return true;
    if (!AwaitWakeup()) return false;
  }
}

bool Consumer::AwaitWakeup() { return AwaitWakeup(harness_.Patience()); }

bool Consumer::AwaitWakeup(absl::Duration patience) {
  const MutexLock lock(&mutex_);
  const absl::Time deadline = absl::Now() + patience;
  while (wakeups_ == 0 && absl::Now() < deadline) {
    woken_.WaitFor(&mutex_, deadline - absl::Now());
  }
  return std::exchange(wakeups_, 0) > 0;
}

absl::Status Consumer::Commit(const TopicPartition& partition) {
  return member_->Commit(partition, next[partition]);
}

}  // namespace sluice::bus::contract
