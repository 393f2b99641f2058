#include "libs/bus/event_log_contract.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <iterator>
#include <optional>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/bus/contract_steps.h"

namespace sluice::bus {
namespace {

using contract::Append;
using contract::Consumer;
using contract::kPlenty;
using contract::MakeTopic;
using contract::OpenProducer;
using contract::ReadAll;
using contract::To;
using contract::Values;
using status::v1::REASON_CODE_FENCED;
using status::v1::REASON_CODE_NOT_FOUND;
using status::v1::REASON_CODE_OUT_OF_BOUNDS;
using status::v1::REASON_CODE_POSITION_EXPIRED;
using status::v1::REASON_CODE_TOO_LARGE;
using status::v1::REASON_CODE_WRONG_STATE;
using Strings = std::vector<std::string>;

// How long to wait for one of several members before the others have their turn
// again.
constexpr absl::Duration kShortly = absl::Milliseconds(5);

void TopicsKeepTheirSpec(ContractHarness& harness) {
  TopicSpec spec;
  spec.name = harness.Unique("Topic.with_all-kinds.of.9");
  spec.partitions = 3;
  spec.retention = absl::Hours(12);
  REQUIRE(harness.log()->CreateTopic(spec).ok());
  CHECK(harness.log()->CreateTopic(spec).ok());
  const auto described = harness.log()->DescribeTopic(spec.name);
  REQUIRE(described.ok());
  CHECK(*described == spec);
  TopicSpec other = spec;
  other.partitions = 4;
  CHECK(ReasonOf(harness.log()->CreateTopic(other)) == REASON_CODE_WRONG_STATE);
  CHECK(ReasonOf(harness.log()
                     ->DescribeTopic(harness.Unique("nobody-made-it"))
                     .status()) == REASON_CODE_NOT_FOUND);
  harness.Reopen();
  const auto again = harness.log()->DescribeTopic(spec.name);
  REQUIRE(again.ok());
  CHECK(*again == spec);
}

void SpecsOutsideTheirBoundsAreRefused(ContractHarness& harness) {
  const auto refused = [&](const std::function<void(TopicSpec*)>& spoil) {
    TopicSpec spec;
    spec.name = harness.Unique("topic");
    spoil(&spec);
    const absl::Status status = harness.log()->CreateTopic(spec);
    return ReasonOf(status) == REASON_CODE_OUT_OF_BOUNDS;
  };
  CHECK(refused([](TopicSpec* spec) { spec->name = ""; }));
  CHECK(refused([](TopicSpec* spec) { spec->name = "a/b"; }));
  CHECK(refused([](TopicSpec* spec) { spec->name = "."; }));
  CHECK(refused([](TopicSpec* spec) { spec->name = std::string(250, 'a'); }));
  CHECK(refused([](TopicSpec* spec) { spec->partitions = 0; }));
  CHECK(refused([](TopicSpec* spec) { spec->partitions = 1'025; }));
  CHECK(
      refused([](TopicSpec* spec) { spec->retention = absl::ZeroDuration(); }));
  CHECK(refused([](TopicSpec* spec) {
    spec->cleanup = Cleanup::kCompact;
    spec->retention_bytes = 1;
  }));
}

void MessagesComeBackInOrder(ContractHarness& harness) {
  const TopicPartition one{MakeTopic(harness, 2), 1};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  const std::string binary("\0\xff key", 6);
  const auto offsets = Append(*producer, {To(one, binary, "first"),
                                          To(one, "", ""), To(one, "k", "x")});
  CHECK(std::is_sorted(offsets.begin(), offsets.end()));
  for (int round = 0; round < 2; ++round) {
    const std::vector<Message> all = ReadAll(harness, one);
    REQUIRE(all.size() == 3);
    for (size_t i = 0; i < all.size(); ++i) CHECK(all[i].offset == offsets[i]);
    CHECK(all[0].key == binary);
    CHECK(contract::ValueOf(all[0]) == "first");
    CHECK(contract::ValueOf(all[1]).empty());
    CHECK(Values(harness, one, offsets[1] + 1) == Strings{"x"});
    CHECK(Values(harness, {one.topic, 0}).empty());
    const auto range = harness.log()->Offsets(one);
    REQUIRE(range.ok());
    CHECK(range->begin <= offsets.front());
    CHECK(range->end > offsets.back());
    if (harness.OffsetsAreContiguous()) {
      CHECK(offsets == std::vector<int64_t>{0, 1, 2});
      CHECK(range->end == 3);
    }
    producer.reset();
    harness.Reopen();
  }
}

void UnknownPlacesAreNotFound(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 2);
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  const std::string nowhere = harness.Unique("nobody-made-it");
  for (const TopicPartition& place :
       {TopicPartition{nowhere, 0}, TopicPartition{topic, 2},
        TopicPartition{topic, -1}}) {
    CHECK(ReasonOf(harness.log()->Offsets(place).status()) ==
          REASON_CODE_NOT_FOUND);
    CHECK(ReasonOf(harness.log()
                       ->Read(place, 0, 1, 1, absl::ZeroDuration())
                       .status()) == REASON_CODE_NOT_FOUND);
    // The message beside it must not get in either.
    CHECK(ReasonOf(
              producer->Append({To({topic, 0}, "k", "v"), To(place, "k", "v")})
                  .status()) == REASON_CODE_NOT_FOUND);
  }
  CHECK(Values(harness, {topic, 0}).empty());
  CHECK(ReasonOf(harness.log()->JoinGroup("group", nowhere).status()) ==
        REASON_CODE_NOT_FOUND);
  CHECK(
      ReasonOf(harness.log()->CommittedOffset("group", {topic, 0}).status()) ==
      REASON_CODE_NOT_FOUND);
}

void MessagesHaveABound(ContractHarness& harness) {
  const TopicPartition one{MakeTopic(harness, 1), 0};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  const std::string largest(kMessageBytesMax - 1, 'v');
  Append(*producer, {To(one, "k", largest)});
  CHECK(ReasonOf(producer->Append({To(one, "kk", largest)}).status()) ==
        REASON_CODE_TOO_LARGE);
  CHECK(Values(harness, one) == Strings{largest});
  CHECK(Append(*producer, {}).empty());
}

void ReadsKeepTheirBounds(ContractHarness& harness) {
  const TopicPartition one{MakeTopic(harness, 1), 0};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  for (int i = 0; i < 20; ++i) {
    Append(*producer, {To(one, "k", std::string(1'000, 'v'))});
  }
  const auto count = [&](size_t count_max, size_t bytes_max) {
    const auto read =
        harness.log()->Read(one, 0, count_max, bytes_max, harness.Patience());
    REQUIRE(read.ok());
    return read->size();
  };
  CHECK(count(7, kPlenty) == 7);
  CHECK(count(20, 1) == 1);
  CHECK(count(1, 1) == 1);
  const size_t some = count(20, 5'000);
  CHECK(some >= 4);
  CHECK(some <= 6);
}

void AnAppendIsAllOrNothingAcrossPartitions(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 4);
  constexpr int kProducers = 4;
  constexpr int kAppends = 25;
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int p = 0; p < kProducers; ++p) {
    std::shared_ptr<Producer> producer =
        OpenProducer(harness, harness.Unique(absl::StrCat("producer-", p)));
    threads.emplace_back([&, p, producer] {
      for (int i = 0; i < kAppends; ++i) {
        std::vector<Outgoing> messages;
        for (int partition = 0; partition < 4; ++partition) {
          for (int part = 0; part < 2; ++part) {
            messages.push_back(To({topic, partition}, absl::StrCat(p),
                                  absl::StrCat(p, "/", i, "/", part)));
          }
        }
        if (!producer->Append(messages).ok()) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  for (int partition = 0; partition < 4; ++partition) {
    const std::vector<Message> all = ReadAll(harness, {topic, partition});
    REQUIRE(all.size() == size_t{kProducers} * kAppends * 2);
    std::map<std::string, Strings> of_producer;
    for (size_t i = 0; i < all.size(); ++i) {
      if (i > 0) CHECK(all[i - 1].offset < all[i].offset);
      of_producer[all[i].key].push_back(contract::ValueOf(all[i]));
    }
    // Those of one producer in the order of its calls, and of one call in the
    // order given.
    for (const auto& [p, values] : of_producer) {
      REQUIRE(values.size() == size_t{kAppends} * 2);
      for (size_t i = 0; i < values.size(); ++i) {
        CHECK(values[i] == absl::StrCat(p, "/", i / 2, "/", i % 2));
      }
    }
  }
}

void ANewerProducerFencesTheOlder(ContractHarness& harness) {
  const TopicPartition one{MakeTopic(harness, 1), 0};
  const std::string id = harness.Unique("producer");
  auto older = OpenProducer(harness, id);
  auto unrelated = OpenProducer(harness, harness.Unique("other"));
  Append(*older, {To(one, "k", "1")});
  auto newer = OpenProducer(harness, id);
  CHECK(ReasonOf(older->Append({To(one, "k", "2")}).status()) ==
        REASON_CODE_FENCED);
  Append(*newer, {To(one, "k", "3")});
  CHECK(ReasonOf(older->Append({To(one, "k", "4")}).status()) ==
        REASON_CODE_FENCED);
  Append(*unrelated, {To(one, "k", "5")});
  CHECK(Values(harness, one) == Strings{"1", "3", "5"});
  older.reset();
  newer.reset();
  unrelated.reset();
  harness.Reopen();
  auto newest = OpenProducer(harness, id);
  Append(*newest, {To(one, "k", "6")});
  CHECK(Values(harness, one) == Strings{"1", "3", "5", "6"});
}

void AReaderIsWokenByAnAppend(ContractHarness& harness) {
  const TopicPartition one{MakeTopic(harness, 1), 0};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  const auto none =
      harness.log()->Read(one, 0, 1, kPlenty, absl::Milliseconds(1));
  REQUIRE(none.ok());
  CHECK(none->empty());
  std::vector<std::thread> readers;
  std::atomic<int> got = 0;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      const auto read =
          harness.log()->Read(one, 0, 10, kPlenty, harness.Patience());
      if (read.ok() && read->size() == 1) ++got;
    });
  }
  Append(*producer, {To(one, "k", "v")});
  for (std::thread& reader : readers) reader.join();
  CHECK(got == 3);
}

void TimeNeverFalls(ContractHarness& harness) {
  if (!harness.AdvanceClock(absl::Seconds(1))) return;
  const TopicPartition one{MakeTopic(harness, 1), 0};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  for (const absl::Duration step :
       {absl::Hours(1), -absl::Hours(2), absl::Minutes(1), absl::Hours(3)}) {
    Append(*producer, {To(one, "k", "v")});
    harness.AdvanceClock(step);
  }
  producer.reset();
  harness.Reopen();
  harness.AdvanceClock(-absl::Hours(24));
  producer = OpenProducer(harness, harness.Unique("producer"));
  Append(*producer, {To(one, "k", "v")});
  const std::vector<Message> all = ReadAll(harness, one);
  REQUIRE(all.size() == 5);
  for (size_t i = 1; i < all.size(); ++i) {
    CHECK(all[i - 1].time <= all[i].time);
  }
  CHECK(all[1].time - all[0].time >= absl::Minutes(59));
}

void OldMessagesLeaveByTime(ContractHarness& harness) {
  TopicSpec spec;
  spec.name = harness.Unique("topic");
  spec.retention = absl::Hours(1);
  REQUIRE(harness.log()->CreateTopic(spec).ok());
  const TopicPartition one{spec.name, 0};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  const int64_t old = Append(*producer, {To(one, "k", "old")})[0];
  if (!harness.AdvanceClock(absl::Minutes(50))) return;
  const int64_t young = Append(*producer, {To(one, "k", "young")})[0];
  if (!harness.ApplyRetention()) return;
  CHECK(Values(harness, one) == Strings{"old", "young"});
  harness.AdvanceClock(absl::Minutes(20));
  harness.ApplyRetention();
  for (int round = 0; round < 2; ++round) {
    const auto range = harness.log()->Offsets(one);
    REQUIRE(range.ok());
    CHECK(range->begin == young);
    CHECK(ReasonOf(harness.log()
                       ->Read(one, old, 10, kPlenty, absl::ZeroDuration())
                       .status()) == REASON_CODE_POSITION_EXPIRED);
    CHECK(Values(harness, one, young) == Strings{"young"});
    producer.reset();
    harness.Reopen();
  }
  harness.AdvanceClock(absl::Hours(5));
  harness.ApplyRetention();
  const auto range = harness.log()->Offsets(one);
  REQUIRE(range.ok());
  CHECK(range->begin == range->end);
  CHECK(range->end > young);
  producer = OpenProducer(harness, harness.Unique("producer"));
  CHECK(Append(*producer, {To(one, "k", "next")})[0] >= range->end);
}

void OldMessagesLeaveByBytes(ContractHarness& harness) {
  TopicSpec spec;
  spec.name = harness.Unique("topic");
  spec.partitions = 2;
  spec.retention_bytes = 10'000;
  REQUIRE(harness.log()->CreateTopic(spec).ok());
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  for (int i = 0; i < 30; ++i) {
    Append(*producer, {To({spec.name, 0}, "k", std::string(1'000, 'v'))});
  }
  Append(*producer, {To({spec.name, 1}, "k", "small")});
  Append(*producer, {To({spec.name, 1}, "k", std::string(20'000, 'v'))});
  if (!harness.ApplyRetention()) return;
  const auto range = harness.log()->Offsets({spec.name, 0});
  REQUIRE(range.ok());
  CHECK(ReadAll(harness, {spec.name, 0}, range->begin).size() == 10);
  // The newest stays, however large.
  const auto large = harness.log()->Offsets({spec.name, 1});
  REQUIRE(large.ok());
  CHECK(ReadAll(harness, {spec.name, 1}, large->begin).size() == 1);
}

void CompactionKeepsTheNewestOfEachKey(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 2, Cleanup::kCompact);
  const TopicPartition one{topic, 0};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  std::map<std::string, std::pair<int64_t, std::string>> newest;
  for (int i = 0; i < 60; ++i) {
    const std::string key = absl::StrCat("key-", (i * i) % 7);
    const std::string value = absl::StrCat("value-", i);
    newest[key] = {Append(*producer, {To(one, key, value)})[0], value};
  }
  // Twice the same key in one call, and the same key in another partition.
  const auto twice =
      Append(*producer, {To(one, "twice", "a"), To(one, "twice", "b")});
  newest["twice"] = {twice[1], "b"};
  Append(*producer, {To({topic, 1}, "twice", "elsewhere")});
  Append(*producer, {To(one, "key-0", "")});
  newest.erase("key-0");
  harness.ApplyRetention();
  for (int round = 0; round < 2; ++round) {
    // What a reader makes of it must be right at any time, compacted or not.
    std::map<std::string, std::pair<int64_t, std::string>> seen;
    int64_t last = -1;
    for (const Message& message : ReadAll(harness, one)) {
      CHECK(message.offset > last);
      last = message.offset;
      if (message.value.empty()) {
        seen.erase(message.key);
      } else {
        seen[message.key] = {message.offset, contract::ValueOf(message)};
      }
    }
    CHECK(seen == newest);
    CHECK(Values(harness, {topic, 1}) == Strings{"elsewhere"});
    producer.reset();
    harness.Reopen();
  }
}

void AMemberReadsWhatItOwnsOnce(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 3);
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  Consumer consumer(harness, harness.Unique("group"), topic);
  REQUIRE(consumer.StepUntil([&] { return consumer.owned.size() == 3; }));
  for (int i = 0; i < 30; ++i) {
    Append(*producer, {To({topic, i % 3}, "k", absl::StrCat(i))});
  }
  const auto count = [&] {
    size_t all = 0;
    for (const auto& [partition, values] : consumer.fetched) {
      all += values.size();
    }
    return all;
  };
  REQUIRE(consumer.StepUntil([&] { return count() >= 30; }));
  REQUIRE(consumer.Step().ok());
  CHECK(count() == 30);
  CHECK(consumer.fetched[{topic, 1}].front() == "1");
  CHECK(consumer.fetched[{topic, 1}].back() == "28");
  // A Seek brings the same once more.
  REQUIRE(consumer.member().Seek({topic, 1}, 0).ok());
  consumer.next[{topic, 1}] = 0;
  REQUIRE(consumer.StepUntil([&] { return count() >= 40; }));
  CHECK(count() == 40);
  CHECK(ReasonOf(consumer.member().Seek({topic, 7}, 0)) ==
        REASON_CODE_NOT_FOUND);
}

void AMemberKnowsWhenItIsAtTheEnd(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 2);
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  for (int i = 0; i < 10; ++i) {
    Append(*producer, {To({topic, i % 2}, "k", std::string(1'000, 'v'))});
  }
  Consumer consumer(harness, harness.Unique("group"), topic);
  const auto all = [&] {
    return consumer.fetched[{topic, 0}].size() +
           consumer.fetched[{topic, 1}].size();
  };
  for (size_t messages = 10; messages <= 12; ++messages) {
    while (all() < messages || !consumer.at_end) {
      REQUIRE(consumer.Step(1).ok());
      // What was there when the member came must all have been fetched; of
      // what came later it may not know yet.
      if (consumer.at_end) CHECK(all() + 1 >= messages);
      if (consumer.at_end) CHECK(all() >= 10);
      if (consumer.idle && !consumer.at_end) REQUIRE(consumer.AwaitWakeup());
    }
    REQUIRE(all() == messages);
    consumer.at_end = false;
    Append(*producer, {To({topic, 0}, "k", "more")});
  }
}

void AnyoneMayAppendSingleMessages(ContractHarness& harness) {
  const TopicPartition one{MakeTopic(harness, 1), 0};
  auto opened = harness.log()->OpenAppender();
  REQUIRE(opened.ok());
  auto other = harness.log()->OpenAppender();
  REQUIRE(other.ok());
  std::map<int64_t, std::string> expected;
  for (int i = 0; i < 5; ++i) {
    for (auto* appender : {opened->get(), other->get()}) {
      const std::string value = absl::StrCat("value-", expected.size());
      const auto offset = appender->Append(To(one, "k", value));
      REQUIRE(offset.ok());
      CHECK(expected.emplace(*offset, value).second);
    }
  }
  const std::string largest(kMessageBytesMax - 1, 'v');
  CHECK(ReasonOf((*opened)->Append(To(one, "kk", largest)).status()) ==
        REASON_CODE_TOO_LARGE);
  CHECK(ReasonOf((*opened)->Append(To({one.topic, 1}, "k", "v")).status()) ==
        REASON_CODE_NOT_FOUND);
  std::map<int64_t, std::string> found;
  for (const Message& message : ReadAll(harness, one)) {
    found[message.offset] = contract::ValueOf(message);
  }
  CHECK(found == expected);
}

void PollKeepsItsBound(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 2);
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  for (int i = 0; i < 20; ++i) {
    Append(*producer, {To({topic, i % 2}, "k", std::string(1'000, 'v'))});
  }
  Consumer consumer(harness, harness.Unique("group"), topic);
  while (consumer.owned.size() < 2) {
    REQUIRE(consumer.Step(0).ok());
    if (consumer.owned.size() < 2) REQUIRE(consumer.AwaitWakeup());
  }
  CHECK(consumer.fetched.empty());
  size_t rounds = 0;
  size_t before = 0;
  while (before < 20) {
    REQUIRE(consumer.Step(1).ok());
    size_t all = 0;
    for (const auto& [partition, values] : consumer.fetched) {
      all += values.size();
    }
    CHECK(all - before <= 1);
    if (all == before) REQUIRE(consumer.AwaitWakeup());
    before = all;
    ++rounds;
  }
  CHECK(rounds >= 20);
}

void MembersShareThePartitionsOfATopic(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 5);
  const std::string group = harness.Unique("group");
  std::vector<std::unique_ptr<Consumer>> members;
  const auto settle = [&](size_t partitions) {
    const absl::Time deadline = absl::Now() + harness.Patience();
    while (absl::Now() < deadline) {
      std::set<TopicPartition> owned;
      size_t least = partitions;
      size_t most = 0;
      size_t all = 0;
      for (auto& member : members) {
        REQUIRE(member->Step(0).ok());
        owned.insert(member->owned.begin(), member->owned.end());
        least = std::min(least, member->owned.size());
        most = std::max(most, member->owned.size());
        all += member->owned.size();
      }
      if (owned.size() == partitions && all == partitions &&
          most - least <= 1) {
        return true;
      }
      members.front()->AwaitWakeup(kShortly);
    }
    return false;
  };
  for (int i = 0; i < 4; ++i) {
    members.push_back(std::make_unique<Consumer>(harness, group, topic));
    CHECK(settle(5));
  }
  // More members than partitions: someone has none.
  members.push_back(std::make_unique<Consumer>(harness, group, topic));
  members.push_back(std::make_unique<Consumer>(harness, group, topic));
  CHECK(settle(5));
  while (members.size() > 1) {
    members.erase(members.begin());
    CHECK(settle(5));
  }
  // Another group has all of it for itself.
  members.push_back(
      std::make_unique<Consumer>(harness, harness.Unique("other"), topic));
  REQUIRE(members[1]->StepUntil([&] { return members[1]->owned.size() == 5; }));
  CHECK(members[0]->Step(0).ok());
  CHECK(members[0]->owned.size() == 5);
}

void ACommitIsKeptAndFenced(ContractHarness& harness) {
  const TopicPartition one{MakeTopic(harness, 1), 0};
  const std::string group = harness.Unique("group");
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  Append(*producer, {To(one, "k", "1"), To(one, "k", "2")});
  {
    auto first = std::make_unique<Consumer>(harness, group, one.topic);
    REQUIRE(first->StepUntil([&] { return first->fetched[one].size() == 2; }));
    CHECK(ReasonOf(harness.log()->CommittedOffset(group, one).status()) ==
          REASON_CODE_NOT_FOUND);
    REQUIRE(first->Commit(one).ok());
    Consumer second(harness, group, one.topic);
    REQUIRE(second.Step(0).ok());
    CHECK(ReasonOf(second.Commit(one)) == REASON_CODE_FENCED);
    first.reset();
    Append(*producer, {To(one, "k", "3")});
    REQUIRE(second.StepUntil([&] { return !second.fetched[one].empty(); }));
    CHECK(second.fetched[one] == Strings{"3"});
    REQUIRE(second.Commit(one).ok());
  }
  const int64_t last = ReadAll(harness, one).back().offset;
  producer.reset();
  harness.Reopen();
  const auto committed = harness.log()->CommittedOffset(group, one);
  REQUIRE(committed.ok());
  // Not the end of the partition: that may lie further on.
  CHECK(*committed == last + 1);
  CHECK(ReasonOf(harness.log()
                     ->CommittedOffset(harness.Unique("other"), one)
                     .status()) == REASON_CODE_NOT_FOUND);
}

void WhoLosesAPartitionIsFenced(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 2);
  const std::string group = harness.Unique("group");
  Consumer first(harness, group, topic);
  REQUIRE(first.StepUntil([&] { return first.owned.size() == 2; }));
  Consumer second(harness, group, topic);
  const absl::Time deadline = absl::Now() + harness.Patience();
  while ((first.owned.size() != 1 || second.owned.size() != 1) &&
         absl::Now() < deadline) {
    REQUIRE(first.Step(0).ok());
    REQUIRE(second.Step(0).ok());
    first.AwaitWakeup(kShortly);
  }
  REQUIRE(first.owned.size() == 1);
  REQUIRE(second.owned.size() == 1);
  CHECK(first.owned != second.owned);
  CHECK(ReasonOf(first.member().Commit(second.owned[0], 0)) ==
        REASON_CODE_FENCED);
  CHECK(ReasonOf(first.member().Seek(second.owned[0], 0)) ==
        REASON_CODE_NOT_FOUND);
  CHECK(first.member().Commit(first.owned[0], 0).ok());
  CHECK(second.member().Commit(second.owned[0], 0).ok());
}

void AnExpiredPlaceIsToldOnce(ContractHarness& harness) {
  TopicSpec spec;
  spec.name = harness.Unique("topic");
  spec.retention = absl::Hours(1);
  REQUIRE(harness.log()->CreateTopic(spec).ok());
  const TopicPartition one{spec.name, 0};
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  Consumer consumer(harness, harness.Unique("group"), spec.name);
  REQUIRE(consumer.StepUntil([&] { return consumer.owned.size() == 1; }));
  Append(*producer, {To(one, "k", "old")});
  if (!harness.AdvanceClock(absl::Hours(2))) return;
  Append(*producer, {To(one, "k", "new")});
  if (!harness.ApplyRetention()) return;
  const absl::Status expired = consumer.Step();
  CHECK(ReasonOf(expired) == REASON_CODE_POSITION_EXPIRED);
  const auto range = harness.log()->Offsets(one);
  REQUIRE(range.ok());
  REQUIRE(consumer.member().Seek(one, range->begin).ok());
  REQUIRE(consumer.StepUntil([&] { return !consumer.fetched[one].empty(); }));
  CHECK(consumer.fetched[one] == Strings{"new"});
}

// Several producers and members, with members that come and go meanwhile: the
// group's commits must cover every message in the end, and no message be
// skipped.
void NothingIsSkippedWhileMembersComeAndGo(ContractHarness& harness) {
  constexpr int kPartitions = 4;
  constexpr int kPerPartition = 60;
  const std::string topic = MakeTopic(harness, kPartitions);
  const std::string group = harness.Unique("group");
  std::vector<std::thread> producers;
  for (int p = 0; p < 2; ++p) {
    std::shared_ptr<Producer> producer =
        OpenProducer(harness, harness.Unique(absl::StrCat("producer-", p)));
    producers.emplace_back([&, producer] {
      for (int i = 0; i < kPerPartition / 2; ++i) {
        std::vector<Outgoing> messages;
        for (int partition = 0; partition < kPartitions; ++partition) {
          messages.push_back(To({topic, partition}, "k", "v"));
        }
        if (!producer->Append(messages).ok()) return;
      }
    });
  }
  std::vector<std::unique_ptr<Consumer>> members;
  members.push_back(std::make_unique<Consumer>(harness, group, topic));
  const auto complete = [&] {
    for (int partition = 0; partition < kPartitions; ++partition) {
      const auto committed =
          harness.log()->CommittedOffset(group, {topic, partition});
      if (!committed.ok()) return false;
      const std::vector<Message> all = ReadAll(harness, {topic, partition});
      if (all.size() < kPerPartition || *committed <= all.back().offset) {
        return false;
      }
    }
    return true;
  };
  const absl::Time deadline = absl::Now() + 3 * harness.Patience();
  for (int round = 0; !complete() && absl::Now() < deadline; ++round) {
    for (auto& member : members) {
      REQUIRE(member->Step(3).ok());
      for (const TopicPartition& partition : member->owned) {
        const absl::Status committed = member->Commit(partition);
        if (!committed.ok()) CHECK(ReasonOf(committed) == REASON_CODE_FENCED);
      }
    }
    members.front()->AwaitWakeup(kShortly);
    if (round % 7 == 3 && members.size() < 4) {
      members.push_back(std::make_unique<Consumer>(harness, group, topic));
    }
    if (round % 11 == 5 && members.size() > 1) members.erase(members.begin());
  }
  for (std::thread& producer : producers) producer.join();
  CHECK(complete());
}

void NoWakeupComesAfterAMemberIsGone(ContractHarness& harness) {
  const std::string topic = MakeTopic(harness, 1);
  auto producer = OpenProducer(harness, harness.Unique("producer"));
  std::atomic<bool> stop = false;
  std::thread appender([&] {
    while (!stop) {
      if (!producer->Append({To({topic, 0}, "k", "v")}).ok()) return;
    }
  });
  for (int i = 0; i < 30; ++i) {
    auto joined = harness.log()->JoinGroup(harness.Unique("group"), topic);
    REQUIRE(joined.ok());
    std::unique_ptr<GroupMember> member = std::move(*joined);
    // On the heap and gone right after the member: a late call is a use after
    // free, which the sanitizers see.
    auto calls = std::make_unique<std::atomic<int>>(0);
    member->OnWakeup([counter = calls.get()] { ++*counter; });
    for (int polls = 0; polls < 3; ++polls) {
      REQUIRE(member->Poll(0).ok());
    }
    member.reset();
    const int at_end = *calls;
    CHECK(at_end == *calls);
    calls.reset();
  }
  stop = true;
  appender.join();
}

struct ContractCase {
  const char* sentence;
  void (*run)(ContractHarness&);
};

constexpr ContractCase kCases[] = {
    {"topics keep their spec", TopicsKeepTheirSpec},
    {"specs outside their bounds are refused",
     SpecsOutsideTheirBoundsAreRefused},
    {"messages come back in order, also after opening again",
     MessagesComeBackInOrder},
    {"unknown places are NOT_FOUND and nothing is appended",
     UnknownPlacesAreNotFound},
    {"messages have a bound", MessagesHaveABound},
    {"reads keep their bounds", ReadsKeepTheirBounds},
    {"an append is all or nothing across partitions",
     AnAppendIsAllOrNothingAcrossPartitions},
    {"a newer producer fences the older", ANewerProducerFencesTheOlder},
    {"a waiting reader is woken by an append", AReaderIsWokenByAnAppend},
    {"time never falls within a partition", TimeNeverFalls},
    {"old messages leave by time", OldMessagesLeaveByTime},
    {"old messages leave by bytes", OldMessagesLeaveByBytes},
    {"compaction keeps the newest of each key",
     CompactionKeepsTheNewestOfEachKey},
    {"a member reads what it owns once", AMemberReadsWhatItOwnsOnce},
    {"a member knows when it is at the end", AMemberKnowsWhenItIsAtTheEnd},
    {"anyone may append single messages", AnyoneMayAppendSingleMessages},
    {"poll keeps its bound", PollKeepsItsBound},
    {"members share the partitions of a topic",
     MembersShareThePartitionsOfATopic},
    {"a commit is kept and fenced", ACommitIsKeptAndFenced},
    {"who loses a partition is fenced", WhoLosesAPartitionIsFenced},
    {"an expired place is told and left by Seek", AnExpiredPlaceIsToldOnce},
    {"nothing is skipped while members come and go",
     NothingIsSkippedWhileMembersComeAndGo},
    {"no wakeup comes after a member is gone", NoWakeupComesAfterAMemberIsGone},
};

}  // namespace

void RunEventLogContract(const HarnessFactory& factory) {
  for (const ContractCase& contract_case : kCases) {
    DYNAMIC_SECTION(contract_case.sentence) {
      const std::unique_ptr<ContractHarness> harness = factory();
      contract_case.run(*harness);
    }
  }
}

}  // namespace sluice::bus
