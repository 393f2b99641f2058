// What a stream makes of a bus that is away, has let records go, or moves
// partitions about.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

using Catch::Matchers::Contains;

constexpr uint32_t kMuchCredit = kCreditBatchesMax;

// What a member does to the test that watches it. Thread-safe.
class MemberScript {
 public:
  // OK: no failure from now on.
  void Fail(const absl::Status& with) {
    MutexLock lock(&mutex_);
    error_ = with;
  }
  absl::Status error() const {
    MutexLock lock(&mutex_);
    return error_;
  }
  // The partition goes and comes again, as far as the stream can tell.
  void Regain() {
    MutexLock lock(&mutex_);
    regain_ = true;
  }
  bool TakeRegain() {
    MutexLock lock(&mutex_);
    return std::exchange(regain_, false);
  }
  // Commits are taken, and nothing comes of them.
  void DropCommits(bool drop) {
    MutexLock lock(&mutex_);
    drop_ = drop;
  }
  bool drops_commits() const {
    MutexLock lock(&mutex_);
    return drop_;
  }
  // While held, commits are taken and not carried out; then the newest is.
  void HoldCommits(bool hold) {
    MutexLock lock(&mutex_);
    hold_ = hold;
  }
  bool holds_commits() const {
    MutexLock lock(&mutex_);
    return hold_;
  }
  void Watch(const std::shared_ptr<const std::string>& owner) {
    MutexLock lock(&mutex_);
    owners_.push_back(owner);
  }
  size_t fetched() const {
    MutexLock lock(&mutex_);
    return owners_.size();
  }
  // Messages whose memory of the bus is still held.
  size_t held() const {
    MutexLock lock(&mutex_);
    size_t count = 0;
    for (const auto& owner : owners_) {
      if (!owner.expired()) ++count;
    }
    return count;
  }

 private:
  mutable Mutex mutex_;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  bool regain_ ABSL_GUARDED_BY(mutex_) = false;
  bool drop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<const std::string>> owners_ ABSL_GUARDED_BY(mutex_);
};

// A member of the embedded bus that fails when told to, and whose messages lie
// in memory of their own.
class ScriptedMember : public bus::GroupMember {
 public:
  ScriptedMember(std::unique_ptr<bus::GroupMember> real, MemberScript* script)
      : real_(std::move(real)), script_(script) {}

  absl::StatusOr<bus::PollResult> Poll(size_t bytes_max) override {
    RETURN_IF_ERROR(script_->error());
    if (!script_->holds_commits()) {
      for (const auto& [partition, offset] : std::exchange(held_, {})) {
        RETURN_IF_ERROR(real_->Commit(partition, offset));
      }
    }
    auto polled = real_->Poll(bytes_max);
    if (!polled.ok()) return polled;
    if (script_->TakeRegain()) {
      const bus::TopicPartition partition = {"records.civil-affairs.people", 0};
      polled->lost.push_back(partition);
      polled->gained.push_back(partition);
    }
    for (auto& part : polled->fetched) {
      for (bus::Message& message : part.messages) {
        const auto owner = std::make_shared<const std::string>(
            std::string(message.value.view()));
        script_->Watch(owner);
        message.value = SharedBytes(owner, AsView(*owner));
      }
    }
    return polled;
  }
  absl::Status Seek(const bus::TopicPartition& partition,
                    int64_t offset) override {
    return real_->Seek(partition, offset);
  }
  absl::Status Commit(const bus::TopicPartition& partition,
                      int64_t offset) override {
    RETURN_IF_ERROR(script_->error());
    if (script_->drops_commits()) return absl::OkStatus();
    if (script_->holds_commits()) {
      held_[partition] = offset;
      return absl::OkStatus();
    }
    return real_->Commit(partition, offset);
  }
  void OnWakeup(std::function<void()> wakeup) override {
    real_->OnWakeup(std::move(wakeup));
  }

 private:
  const std::unique_ptr<bus::GroupMember> real_;
  MemberScript* const script_;
  std::map<bus::TopicPartition, int64_t> held_;
};

// The fixture's log, which cannot be read while `down`, has no topics while
// `missing`, and no commits once it has `forgotten`.
class LogThatGoesAway : public bus::EventLog {
 public:
  explicit LogThatGoesAway(bus::EventLog* real) : real_(real) {}

  std::atomic<bool> down = false;
  std::atomic<int> refused = 0;
  // Questions for commits that were answered.
  std::atomic<int> answered = 0;
  std::atomic<bool> missing = false;
  std::atomic<bool> forgotten = false;
  // Questions for topics.
  std::atomic<int> described = 0;

  absl::Status CreateTopic(const bus::TopicSpec& spec) override {
    return real_->CreateTopic(spec);
  }
  absl::StatusOr<bus::TopicSpec> DescribeTopic(
      const std::string& name) override {
    ++described;
    if (missing) {
      return Error(status::v1::REASON_CODE_NOT_FOUND, "no such topic");
    }
    return real_->DescribeTopic(name);
  }
  absl::StatusOr<std::unique_ptr<bus::Producer>> OpenProducer(
      const std::string& id) override {
    return real_->OpenProducer(id);
  }
  absl::StatusOr<std::unique_ptr<bus::Appender>> OpenAppender() override {
    return real_->OpenAppender();
  }
  absl::StatusOr<bus::OffsetRange> Offsets(
      const bus::TopicPartition& partition) override {
    return real_->Offsets(partition);
  }
  absl::StatusOr<std::vector<bus::Message>> Read(
      const bus::TopicPartition& partition, int64_t from, size_t count_max,
      size_t bytes_max, absl::Duration wait) override {
    return real_->Read(partition, from, count_max, bytes_max, wait);
  }
  absl::StatusOr<std::unique_ptr<bus::GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) override {
    return real_->JoinGroup(group, topic);
  }
  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const bus::TopicPartition& partition) override {
    if (down) {
      ++refused;
      return Error(status::v1::REASON_CODE_STORAGE_FAILED, "nobody answers");
    }
    if (forgotten) {
      return Error(status::v1::REASON_CODE_NOT_FOUND, "nothing is committed");
    }
    const auto committed = real_->CommittedOffset(group, partition);
    ++answered;
    return committed;
  }

 private:
  bus::EventLog* const real_;
};

absl::Status Gone() {
  return Error(status::v1::REASON_CODE_STORAGE_FAILED, "nobody answers");
}

// One partition and a stream whose member does what the script says.
struct Scripted {
  explicit Scripted(uint32_t batches = kMuchCredit) {
    StreamOptions options = domain.Options(&sink);
    options.member =
        std::make_unique<ScriptedMember>(std::move(options.member), &script);
    options.clock = &domain.bus.clock;
    options.log = &log;
    options.bus_threads = &threads;
    stream = domain.Open(std::move(options), &sink, batches);
  }
  ~Scripted() {
    stream->End(Error(status::v1::REASON_CODE_SHUTTING_DOWN, "over"));
    (void)sink.WaitForFinish();
  }

  // What the bus says of a topic that it does not know: to the member once, and
  // to who asks while `missing`.
  void LoseTopic(bool missing) {
    log.missing = missing;
    script.Fail(Error(status::v1::REASON_CODE_NOT_FOUND, "no such topic"));
    stream->Tick();
    domain.Drain();
    script.Fail(absl::OkStatus());
  }
  // Until the bus was asked for the topic so many times more, or the stream has
  // ended.
  void TickUntilAsked(int more) {
    const int target = log.described + more;
    TickUntil([&] { return log.described >= target || sink.finished(); });
  }
  // Until one is durable, and the stream has heard of it.
  void WaitForReceipt() {
    const absl::Time deadline = absl::Now() + kTestWait;
    const auto is_there = [&] {
      const auto entries = domain.Entries();
      return std::any_of(entries.begin(), entries.end(),
                         [](const auto& entry) { return entry.has_receipt(); });
    };
    while (!is_there()) {
      REQUIRE(absl::Now() < deadline);
      domain.Drain();
    }
    domain.Drain();
  }
  void TickUntil(const std::function<bool()>& done) {
    const absl::Time deadline = absl::Now() + kTestWait;
    while (!done()) {
      REQUIRE(absl::Now() < deadline);
      stream->Tick();
      domain.Drain();
    }
  }

  MemberScript script;
  DeliveryFixture domain;
  LogThatGoesAway log{domain.bus.log.get()};
  BusThreads threads{"test/start", 3};
  ScriptedSink sink;
  std::shared_ptr<Stream> stream;
};

void CheckDeleted(const absl::Status& why) {
  CHECK(ReasonOf(why) == status::v1::REASON_CODE_NOT_FOUND);
  CHECK_THAT(std::string(why.message()),
             Contains("civil-affairs.people") && Contains("deleted") &&
                 Contains("start from the beginning"));
}

TEST_CASE("A topic that stays away ends its streams, which say so") {
  Scripted test;
  test.domain.PublishBatches(0, 2);
  test.sink.WaitForDeliveries(2);
  test.LoseTopic(/*missing=*/true);
  test.TickUntilAsked(bus::kMissingAnswersMax);
  CHECK_FALSE(test.sink.finished());
  // The last answer is taken, and no further question asked.
  test.TickUntilAsked(1);
  CheckDeleted(test.sink.WaitForFinish());
  CHECK(test.log.described == bus::kMissingAnswersMax);
}

TEST_CASE("A topic that is not known for a moment ends no stream") {
  Scripted test;
  test.domain.PublishBatches(0, 2);
  test.sink.WaitForDeliveries(2);
  // Each time the count begins anew.
  for (int i = 0; i < 2; ++i) {
    test.LoseTopic(/*missing=*/true);
    test.TickUntilAsked(bus::kMissingAnswersMax - 1);
    test.log.missing = false;
    test.TickUntilAsked(1);
    for (int tick = 0; tick < 3; ++tick) {
      test.stream->Tick();
      test.domain.Drain();
    }
    CHECK_FALSE(test.sink.finished());
  }
  test.domain.PublishBatches(0, 1);
  test.sink.WaitForDeliveries(3);
  // The topic is there: nobody asks any more.
  const int asked = test.log.described;
  for (int tick = 0; tick < 3; ++tick) {
    test.stream->Tick();
    test.domain.Drain();
  }
  CHECK(test.log.described == asked);
}

TEST_CASE("Nothing is said to be caught up while the topic may be gone") {
  Scripted test;
  test.sink.WaitForCaughtUp(1);
  test.LoseTopic(/*missing=*/true);
  test.domain.PublishBatches(0, 1);
  test.sink.WaitForDeliveries(1);
  test.TickUntilAsked(2);
  CHECK(test.sink.kinds() ==
        std::vector<std::string>{"started", "caught_up", "delivery"});
  test.log.missing = false;
  test.TickUntil([&] { return test.sink.kinds().back() == "caught_up"; });
}

TEST_CASE(
    "What is acknowledged while the topic may be gone is committed after") {
  Scripted test;
  test.domain.PublishBatches(0, 2);
  test.sink.WaitForDeliveries(2);
  test.domain.WaitForCommit(0, 0);
  test.LoseTopic(/*missing=*/true);
  test.stream->Acknowledge(2);
  test.WaitForReceipt();
  test.TickUntilAsked(2);
  const auto committed = [&] {
    return *test.log.CommittedOffset("test", test.domain.Partition(0));
  };
  CHECK(committed() == 0);
  test.log.missing = false;
  test.TickUntil([&] { return committed() == 2; });
}

TEST_CASE("What a bus without the topic did not take is committed again") {
  Scripted test;
  test.domain.PublishBatches(0, 2);
  test.sink.WaitForDeliveries(2);
  test.domain.WaitForCommit(0, 0);
  test.script.DropCommits(true);
  test.stream->Acknowledge(2);
  test.WaitForReceipt();
  test.script.DropCommits(false);
  test.LoseTopic(/*missing=*/false);
  test.TickUntil([&] {
    return *test.log.CommittedOffset("test", test.domain.Partition(0)) == 2;
  });
}

TEST_CASE("A topic that was made anew is not taken for the one before") {
  const bool suspected = GENERATE(true, false);
  const bool regained = !suspected || GENERATE(true, false);
  Scripted test;
  test.domain.PublishBatches(0, 2);
  test.sink.WaitForDeliveries(2);
  test.domain.WaitForCommit(0, 0);
  test.log.forgotten = true;
  if (suspected) test.LoseTopic(/*missing=*/regained);
  if (regained) test.script.Regain();
  test.stream->Tick();
  if (suspected) {
    test.TickUntil([&] { return test.sink.finished(); });
    CheckDeleted(test.sink.WaitForFinish());
    CHECK(test.sink.deliveries().size() == 2);
  } else {
    // What was not acknowledged comes again, as from any other member.
    test.sink.WaitForDeliveries(4);
  }
}

TEST_CASE("What retention has taken ends the stream and is not skipped") {
  Scripted test;
  test.sink.WaitForCaughtUp(1);
  test.script.Fail(FieldError(status::v1::REASON_CODE_POSITION_EXPIRED,
                              "records.civil-affairs.people/0",
                              "retention has passed the place"));
  test.stream->Tick();
  const absl::Status why = test.sink.WaitForFinish();
  CHECK(ReasonOf(why) == status::v1::REASON_CODE_POSITION_EXPIRED);
  CHECK_THAT(std::string(why.message()),
             Contains("start from the beginning") && Contains("baseline"));
}

TEST_CASE("A stream outlives a bus that is away for a while") {
  Scripted test;
  test.domain.PublishBatches(0, 2);
  test.sink.WaitForDeliveries(2);
  test.script.Fail(Gone());
  test.domain.PublishBatches(0, 2);
  for (int i = 0; i < 3; ++i) {
    test.stream->Tick();
    test.domain.Drain();
  }
  CHECK(test.sink.deliveries().size() == 2);
  CHECK_FALSE(test.sink.finished());
  test.script.Fail(absl::OkStatus());
  test.stream->Tick();
  test.sink.WaitForDeliveries(4);
  // But not for ever: another broker may do better.
  test.script.Fail(Gone());
  test.stream->Tick();
  test.domain.Drain();
  CHECK_FALSE(test.sink.finished());
  test.domain.bus.clock.Advance(kPauseMaxDefault + absl::Seconds(1));
  test.stream->Tick();
  CHECK(ReasonOf(test.sink.WaitForFinish()) ==
        status::v1::REASON_CODE_STORAGE_FAILED);
}

TEST_CASE("What is acknowledged while the bus is away is committed after it") {
  Scripted test;
  test.domain.PublishBatches(0, 3);
  test.sink.WaitForDeliveries(3);
  test.script.Fail(Gone());
  test.stream->Acknowledge(2);
  // The receipt is durable, the commit is not possible.
  while (test.domain.audit->size() < 4) test.domain.Drain();
  for (int i = 0; i < 3; ++i) {
    test.stream->Tick();
    test.domain.Drain();
  }
  CHECK_FALSE(test.sink.finished());
  test.script.Fail(absl::OkStatus());
  test.stream->Tick();
  test.domain.WaitForCommit(0, 2);
  // At its end a stream does not wait for a bus that is away.
  test.script.Fail(Gone());
  test.stream->Acknowledge(3);
}

TEST_CASE("A partition that comes while the bus is away is not forgotten") {
  DeliveryFixture domain;
  domain.PublishBatches(0, 3);
  LogThatGoesAway log(domain.bus.log.get());
  log.down = true;
  ScriptedSink sink;
  StreamOptions options = domain.Options(&sink);
  options.log = &log;
  const auto stream = domain.Open(std::move(options), &sink, kMuchCredit);
  sink.WaitForWrites(1);
  while (log.refused == 0) domain.Drain();
  CHECK(sink.deliveries().empty());
  log.down = false;
  // More than once, as a broker does: what was refused last may be learned of
  // behind the first.
  const absl::Time deadline = absl::Now() + kTestWait;
  while (sink.deliveries().size() < 3 && absl::Now() < deadline) {
    stream->Tick();
    domain.Drain();
  }
  CHECK(sink.deliveries().size() == 3);
  stream->End(Error(status::v1::REASON_CODE_SHUTTING_DOWN, "over"));
  (void)sink.WaitForFinish();
}

// A group that has acknowledged three batches of a partition, and a stream that
// goes back behind the first. What it commits is held.
struct GoingBack {
  GoingBack() {
    domain.PublishBatches(0, 3);
    ScriptedSink first;
    const auto before = domain.Open(&first, kMuchCredit);
    first.WaitForDeliveries(3);
    before->Acknowledge(3);
    domain.WaitForCommit(0, 3);
    before->End(Gone());
    (void)first.WaitForFinish();
    script.HoldCommits(true);
    StreamOptions options = domain.Options(&sink);
    options.log = &log;
    options.bus_threads = &threads;
    options.member =
        std::make_unique<ScriptedMember>(std::move(options.member), &script);
    options.start.from = exchange::v1::START_FROM_POSITION;
    options.start.position.resource = options.resource;
    options.start.position.partitions[0] = {1, 1};
    stream = domain.Open(std::move(options), &sink, kMuchCredit);
  }
  // Until the bus has said so many times more what the group has committed.
  void WaitForAnswers(int more) {
    const int target = log.answered + more;
    const absl::Time deadline = absl::Now() + kTestWait;
    while (log.answered < target && absl::Now() < deadline) domain.Drain();
    REQUIRE(log.answered >= target);
  }

  MemberScript script;
  DeliveryFixture domain;
  LogThatGoesAway log{domain.bus.log.get()};
  BusThreads threads{"test/start", 2};
  ScriptedSink sink;
  std::shared_ptr<Stream> stream;
};

TEST_CASE("Nothing is sent while the group's commit moves back") {
  GoingBack test;
  // The first is where to begin; the others find that the commit is not there.
  test.WaitForAnswers(5);
  test.stream->Tick();
  test.domain.Drain();
  CHECK(test.sink.kinds() == std::vector<std::string>{"started"});
  CHECK(*test.log.CommittedOffset("test", test.domain.Partition(0)) == 3);
  test.script.HoldCommits(false);
  test.stream->Tick();
  const auto received = test.sink.WaitForDeliveries(2);
  CHECK(received[0].response.delivery().sequence() == 2);
  CHECK(*test.log.CommittedOffset("test", test.domain.Partition(0)) == 1);
  test.sink.WaitForCaughtUp(1);
  CHECK(test.sink.kinds() == std::vector<std::string>{"started", "delivery",
                                                      "delivery", "caught_up"});
  test.stream->End(Gone());
  (void)test.sink.WaitForFinish();
}

TEST_CASE("A stream whose group's commit moves back ends without it") {
  GoingBack test;
  test.WaitForAnswers(5);
  test.stream->End(Gone());
  (void)test.sink.WaitForFinish();
  CHECK(test.sink.deliveries().empty());
}

TEST_CASE("A consumer without credit does not hold memory of the bus") {
  Scripted test(/*batches=*/1);
  test.domain.PublishBatches(0, 4);
  test.sink.WaitForDeliveries(1);
  // Fetched with the first, or not at all.
  test.domain.Drain();
  test.stream->Tick();
  test.domain.Drain();
  CHECK(test.script.fetched() >= 1);
  CHECK(test.script.held() == 0);
  exchange::v1::Credit credit;
  credit.set_batches(3);
  test.stream->AddCredit(credit);
  const auto received = test.sink.WaitForDeliveries(4);
  CHECK(received[3].response.delivery().sequence() == 4);
}

// ------------------------------------------------- several members of a group

// A consumer that acknowledges what it has and remembers it.
struct Member {
  explicit Member(DeliveryFixture* domain) {
    auto weak = std::make_shared<std::weak_ptr<Stream>>();
    sink.on_delivery = [this, weak](const ReceivedResponse& received) {
      const auto& delivery = received.response.delivery();
      {
        MutexLock lock(&mutex);
        seen[delivery.partition()].insert(delivery.sequence());
      }
      // Of the one before, for this one's write is only starting.
      if (const auto self = weak->lock()) {
        self->Acknowledge(delivery.delivery_id() - 1);
      }
    };
    stream = Stream::Create(domain->Options(&sink));
    *weak = stream;
    sink.Attach(stream);
    exchange::v1::Credit credit;
    credit.set_batches(kMuchCredit);
    credit.set_bytes(kCreditBytesMax);
    stream->AddCredit(credit);
    stream->Run(exchange::v1::Started());
  }
  void Leave() {
    stream->End(Error(status::v1::REASON_CODE_SHUTTING_DOWN, "leaves"));
    (void)sink.WaitForFinish();
  }
  size_t partitions() {
    MutexLock lock(&mutex);
    return seen.size();
  }

  Mutex mutex;
  std::map<uint32_t, std::set<uint64_t>> seen ABSL_GUARDED_BY(mutex);
  ScriptedSink sink;
  std::shared_ptr<Stream> stream;
};

using Seen = std::map<uint32_t, std::set<uint64_t>>;

Seen AllSeen(const std::vector<std::unique_ptr<Member>>& members) {
  Seen all;
  for (const auto& member : members) {
    MutexLock lock(&member->mutex);
    for (const auto& [partition, sequences] : member->seen) {
      all[partition].insert(sequences.begin(), sequences.end());
    }
  }
  return all;
}

bool Complete(const Seen& seen, uint32_t partitions, size_t count) {
  if (seen.size() != partitions) return false;
  for (const auto& [partition, sequences] : seen) {
    if (sequences.size() != count || *sequences.begin() != 1 ||
        *sequences.rbegin() != count) {
      return false;
    }
  }
  return true;
}

TEST_CASE("Of more streams than partitions the idle ones stand by") {
  DeliveryFixture domain(2);
  std::vector<std::unique_ptr<Member>> members;
  for (int i = 0; i < 4; ++i) {
    members.push_back(std::make_unique<Member>(&domain));
  }
  domain.Drain();
  domain.PublishBatches(0, 5);
  domain.PublishBatches(1, 5);
  const absl::Time deadline = absl::Now() + kTestWait;
  while (!Complete(AllSeen(members), 2, 5) && absl::Now() < deadline) {
    domain.Drain();
  }
  REQUIRE(Complete(AllSeen(members), 2, 5));
  std::vector<Member*> busy;
  for (const auto& member : members) {
    if (member->partitions() > 0) busy.push_back(member.get());
    CHECK_FALSE(member->sink.finished());
  }
  CHECK(busy.size() == 2);
  // Whoever works leaves, and another one steps in: who does so is not asked to
  // leave as well.
  for (Member* member : busy) member->Leave();
  domain.PublishBatches(0, 3);
  domain.PublishBatches(1, 3);
  while (!Complete(AllSeen(members), 2, 8) && absl::Now() < deadline) {
    domain.Drain();
  }
  CHECK(Complete(AllSeen(members), 2, 8));
  for (const auto& member : members) member->Leave();
}

TEST_CASE("Members that come and go under load miss nothing") {
  constexpr uint32_t kPartitions = 4;
  constexpr int kBatches = 60;
  DeliveryFixture domain(kPartitions);
  std::atomic<bool> published = false;
  std::thread publisher([&] {
    for (int i = 0; i < kBatches; ++i) {
      for (uint32_t partition = 0; partition < kPartitions; ++partition) {
        std::vector<bus::Outgoing> messages;
        messages.push_back({domain.Partition(partition), "k",
                            domain.chains[partition]->Batch()});
        if (!domain.producer->Append(messages).ok()) std::abort();
      }
    }
    published = true;
  });
  std::vector<std::unique_ptr<Member>> members;
  for (size_t i = 0; i < 10; ++i) {
    members.push_back(std::make_unique<Member>(&domain));
    domain.Drain();
    if (i % 2 == 1) members[i / 2]->Leave();
  }
  publisher.join();
  CHECK(published);
  const absl::Time deadline = absl::Now() + kTestWait;
  while (!Complete(AllSeen(members), kPartitions, kBatches) &&
         absl::Now() < deadline) {
    domain.Drain();
  }
  CHECK(Complete(AllSeen(members), kPartitions, kBatches));
  for (const auto& member : members) member->Leave();
}

}  // namespace
}  // namespace sluice::delivery
