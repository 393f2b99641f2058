// Every class of error that Kafka answers with, one at a time, from
// librdkafka's mock cluster: what passes is not noticed, what does not is told,
// and what is left behind can go on. The mock knows no aborted transactions:
// what a reader sees of those is tried on a real Kafka (kafka_log_test.cc).
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/bus/kafka_log.h"

namespace sluice::bus {
namespace {

using status::v1::REASON_CODE_FENCED;
using status::v1::REASON_CODE_NOT_FOUND;
using status::v1::REASON_CODE_POSITION_EXPIRED;
using status::v1::REASON_CODE_STORAGE_FAILED;
using status::v1::REASON_CODE_TOO_LARGE;

// Kafka's numbers of its requests.
enum Request : int16_t {
  kProduce = 0,
  kFetch = 1,
  kListOffsets = 2,
  kMetadata = 3,
  kOffsetCommit = 8,
  kFindCoordinator = 10,
  kHeartbeat = 12,
  kInitProducerId = 22,
  kAddPartitions = 24,
  kEndTxn = 26,
};

constexpr absl::Duration kPatience = absl::Seconds(20);

class MockKafka {
 public:
  MockKafka() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(
        conf, [](const rd_kafka_t*, int, const char*, const char*) {});
    handle_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
    REQUIRE(handle_ != nullptr);
    cluster_ = rd_kafka_mock_cluster_new(handle_, 1);
    REQUIRE(cluster_ != nullptr);
    REQUIRE(rd_kafka_mock_topic_create(cluster_, "topic", 2, 1) ==
            RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  ~MockKafka() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(handle_);
  }
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  std::unique_ptr<EventLog> Open(KafkaLogOptions options = {}) {
    options.bootstrap_servers =
        absl::StrSplit(rd_kafka_mock_cluster_bootstraps(cluster_), ',');
    options.request_timeout = absl::Seconds(4);
    options.session_timeout = absl::Seconds(6);
    auto log = OpenKafkaLog(options);
    INFO(log.status().ToString());
    REQUIRE(log.ok());
    return std::move(*log);
  }

  // The next requests of this kind are answered so.
  void Fail(Request request, const std::vector<rd_kafka_resp_err_t>& errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, request, errors.size(),
                                            errors.data());
  }
  void Heal(Request request) {
    rd_kafka_mock_clear_request_errors(cluster_, request);
  }
  // Whether its nodes say that they know the topic.
  void Know(bool known) {
    rd_kafka_mock_topic_set_error(
        cluster_, "topic",
        known ? RD_KAFKA_RESP_ERR_NO_ERROR
              : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  }
  void Down() { rd_kafka_mock_broker_set_down(cluster_, -1); }
  void Up() { rd_kafka_mock_broker_set_up(cluster_, -1); }

 private:
  rd_kafka_t* handle_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

const TopicPartition kOne = {"topic", 0};

Outgoing Message(const std::string& value) {
  return {kOne, "k", SharedBytes::Own(value)};
}

std::vector<std::string> Values(EventLog* log) {
  std::vector<std::string> values;
  const auto read =
      log->Read(kOne, 0, 1'000, size_t{1} << 20, absl::ZeroDuration());
  INFO(read.status().ToString());
  REQUIRE(read.ok());
  for (const bus::Message& message : *read) {
    values.emplace_back(message.value.view());
  }
  return values;
}

struct Fault {
  Request request;
  std::vector<rd_kafka_resp_err_t> errors;
};

TEST_CASE("What passes by itself an append does not notice") {
  const Fault faults[] = {
      {kProduce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION}},
      {kProduce, {RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT}},
      {kProduce, {RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS}},
      {kProduce, {RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR}},
      {kProduce, {RD_KAFKA_RESP_ERR__TRANSPORT}},
      {kAddPartitions, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS}},
      {kAddPartitions, {RD_KAFKA_RESP_ERR_NOT_COORDINATOR}},
      {kAddPartitions, {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS}},
      {kAddPartitions, {RD_KAFKA_RESP_ERR__TRANSPORT}},
      {kEndTxn, {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE}},
      {kEndTxn,
       {RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS}},
      {kEndTxn, {RD_KAFKA_RESP_ERR__TRANSPORT}},
  };
  MockKafka kafka;
  const auto log = kafka.Open();
  auto producer = log->OpenProducer("p");
  REQUIRE(producer.ok());
  std::vector<std::string> expected;
  for (const Fault& fault : faults) {
    CAPTURE(fault.request, rd_kafka_err2name(fault.errors.front()));
    kafka.Fail(fault.request, fault.errors);
    expected.push_back(absl::StrCat("v", expected.size()));
    const auto appended = (*producer)->Append({Message(expected.back())});
    INFO(appended.status().ToString());
    REQUIRE(appended.ok());
    CHECK(Values(log.get()) == expected);
  }
}

TEST_CASE("What passes by itself does not keep a producer from opening") {
  const Fault faults[] = {
      {kInitProducerId, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS}},
      {kInitProducerId, {RD_KAFKA_RESP_ERR_NOT_COORDINATOR}},
      {kInitProducerId, {RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS}},
      {kInitProducerId, {RD_KAFKA_RESP_ERR__TRANSPORT}},
      {kFindCoordinator, {RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE}},
      {kFindCoordinator, {RD_KAFKA_RESP_ERR__TRANSPORT}},
  };
  MockKafka kafka;
  const auto log = kafka.Open();
  for (const Fault& fault : faults) {
    CAPTURE(fault.request, rd_kafka_err2name(fault.errors.front()));
    kafka.Fail(fault.request, fault.errors);
    auto producer = log->OpenProducer("p");
    INFO(producer.status().ToString());
    REQUIRE(producer.ok());
    CHECK((*producer)->Append({Message("v")}).ok());
  }
}

struct Failure {
  Request request;
  rd_kafka_resp_err_t err;
  ReasonCode reason;
  // Whether the producer goes on.
  bool goes_on;
};

TEST_CASE("What does not pass is told, and the next producer goes on") {
  const Failure failures[] = {
      // The transaction is aborted.
      {kProduce, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, REASON_CODE_TOO_LARGE,
       true},
      {kProduce, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
       REASON_CODE_STORAGE_FAILED, false},
      {kProduce, RD_KAFKA_RESP_ERR_INVALID_RECORD, REASON_CODE_STORAGE_FAILED,
       false},
      {kAddPartitions, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
       REASON_CODE_STORAGE_FAILED, false},
      {kAddPartitions, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
       REASON_CODE_STORAGE_FAILED, false},
      // The handle is of no more use.
      {kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
       REASON_CODE_FENCED, false},
      {kAddPartitions, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, REASON_CODE_FENCED,
       false},
      {kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE,
       REASON_CODE_STORAGE_FAILED, false},
      {kAddPartitions, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
       REASON_CODE_STORAGE_FAILED, false},
      {kEndTxn, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, REASON_CODE_FENCED,
       false},
      {kEndTxn, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, REASON_CODE_FENCED, false},
      {kEndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, REASON_CODE_STORAGE_FAILED,
       false},
  };
  MockKafka kafka;
  const auto log = kafka.Open();
  for (const Failure& failure : failures) {
    CAPTURE(failure.request, rd_kafka_err2name(failure.err));
    auto producer = log->OpenProducer("p");
    INFO(producer.status().ToString());
    REQUIRE(producer.ok());
    kafka.Fail(failure.request, {failure.err});
    const absl::Status failed = (*producer)->Append({Message("v")}).status();
    INFO(failed.ToString());
    CHECK(ReasonOf(failed) == failure.reason);
    kafka.Heal(failure.request);
    const absl::Status again = (*producer)->Append({Message("v")}).status();
    INFO(again.ToString());
    CHECK(again.ok() == failure.goes_on);
    if (!failure.goes_on) CHECK(ReasonOf(again) == failure.reason);
    auto next = log->OpenProducer("p");
    REQUIRE(next.ok());
    const auto appended = (*next)->Append({Message("v")});
    INFO(appended.status().ToString());
    CHECK(appended.ok());
  }
}

TEST_CASE("A producer that may not open says what is missing") {
  MockKafka kafka;
  const auto log = kafka.Open();
  kafka.Fail(kInitProducerId,
             {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED});
  const absl::Status refused = log->OpenProducer("p").status();
  CHECK(ReasonOf(refused) == REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(refused.message(), "kafka-acls.sh"));
  CHECK(absl::StrContains(refused.message(), "producer p"));
  CHECK(log->OpenProducer("p").ok());
}

TEST_CASE("Single appends pass over what passes, and survive a fatal error") {
  MockKafka kafka;
  const auto log = kafka.Open();
  auto appender = log->OpenAppender();
  REQUIRE(appender.ok());
  // Fatal: each handle that is made asks for a producer's number first. Twice,
  // for a message that was never sent goes to another handle by itself.
  kafka.Fail(kInitProducerId, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
                               RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  const absl::Status fatal = (*appender)->Append(Message("lost")).status();
  INFO(fatal.ToString());
  CHECK(ReasonOf(fatal) == REASON_CODE_STORAGE_FAILED);
  std::vector<std::string> expected;
  for (const rd_kafka_resp_err_t err :
       {RD_KAFKA_RESP_ERR_NO_ERROR, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND}) {
    CAPTURE(rd_kafka_err2name(err));
    kafka.Fail(kProduce, {err});
    expected.push_back(absl::StrCat("v", expected.size()));
    const auto appended = (*appender)->Append(Message(expected.back()));
    INFO(appended.status().ToString());
    REQUIRE(appended.ok());
  }
  CHECK(Values(log.get()) == expected);
  kafka.Fail(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  CHECK(ReasonOf((*appender)->Append(Message("big")).status()) ==
        REASON_CODE_TOO_LARGE);
  kafka.Fail(kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const absl::Status refused = (*appender)->Append(Message("v")).status();
  CHECK(ReasonOf(refused) == REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(refused.message(), "kafka-acls.sh"));
  const absl::Status more = (*appender)->Append(Message("more")).status();
  INFO(more.ToString());
  CHECK(more.ok());
}

TEST_CASE("Reads pass over what passes and tell what does not") {
  MockKafka kafka;
  const auto log = kafka.Open();
  auto appender = log->OpenAppender();
  REQUIRE((*appender)->Append(Message("v")).ok());
  for (const rd_kafka_resp_err_t err :
       {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR__TRANSPORT,
        // By a node that has just started.
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART}) {
    CAPTURE(rd_kafka_err2name(err));
    kafka.Fail(kFetch, {err});
    CHECK(Values(log.get()) == std::vector<std::string>{"v"});
    kafka.Fail(kListOffsets, {err});
    const auto range = log->Offsets(kOne);
    INFO(range.status().ToString());
    REQUIRE(range.ok());
    CHECK(range->end == 1);
  }
  kafka.Fail(kFetch, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const absl::Status refused =
      log->Read(kOne, 0, 1, 1, absl::ZeroDuration()).status();
  CHECK(ReasonOf(refused) == REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(refused.message(), "kafka-acls.sh"));
  // It was there a moment ago, and the topic still is.
  kafka.Fail(kFetch, {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE});
  CHECK(ReasonOf(log->Read(kOne, 0, 1, 1, absl::ZeroDuration()).status()) ==
        REASON_CODE_STORAGE_FAILED);
  CHECK(Values(log.get()) == std::vector<std::string>{"v"});
}

// A member with its wakeup, polled until something is true.
class Listener {
 public:
  explicit Listener(EventLog* log) {
    auto joined = log->JoinGroup("group", "topic");
    REQUIRE(joined.ok());
    member_ = std::move(*joined);
    member_->OnWakeup([this] {
      const MutexLock lock(&mutex_);
      woken_ = true;
      changed_.SignalAll();
    });
  }

  GroupMember& member() { return *member_; }

  template <typename Done>
  bool PollUntil(const Done& done, absl::Duration patience = kPatience) {
    const absl::Time deadline = absl::Now() + patience;
    while (absl::Now() < deadline) {
      auto polled = member_->Poll(size_t{1} << 20);
      last = polled.status();
      if (polled.ok()) {
        for (const auto& partition : polled->lost) std::erase(owned, partition);
        lost += polled->lost.size();
        for (const auto& partition : polled->gained) {
          owned.push_back(partition);
          CHECK(member_->Seek(partition, 0).ok());
        }
        for (const auto& part : polled->fetched) {
          for (const auto& message : part.messages) {
            values.emplace_back(message.value.view());
          }
        }
      }
      if (done()) return true;
      const MutexLock lock(&mutex_);
      if (!woken_) changed_.WaitFor(&mutex_, absl::Milliseconds(100));
      woken_ = false;
    }
    return false;
  }

  absl::Status last;
  std::vector<TopicPartition> owned;
  size_t lost = 0;
  std::vector<std::string> values;

 private:
  Mutex mutex_;
  CondVar changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<GroupMember> member_;
};

TEST_CASE("A commit that Kafka cannot take now goes again") {
  MockKafka kafka;
  const auto log = kafka.Open();
  Listener listener(log.get());
  REQUIRE(listener.PollUntil([&] { return listener.owned.size() == 2; }));
  int64_t offset = 0;
  for (const rd_kafka_resp_err_t err :
       {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
        RD_KAFKA_RESP_ERR__TRANSPORT}) {
    CAPTURE(rd_kafka_err2name(err));
    kafka.Fail(kOffsetCommit, {err});
    REQUIRE(listener.member().Commit(kOne, ++offset).ok());
    CHECK(listener.PollUntil([&] {
      const auto committed = log->CommittedOffset("group", kOne);
      return committed.ok() && *committed == offset;
    }));
  }
  // Whom Kafka does not know is not heard, and says nothing.
  kafka.Fail(kOffsetCommit, {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION});
  CHECK(listener.member().Commit(kOne, 99).ok());
  kafka.Heal(kOffsetCommit);
  // That it may not, it must learn.
  kafka.Fail(kOffsetCommit, {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED});
  static_cast<void>(listener.PollUntil([&] {
    static_cast<void>(listener.member().Commit(kOne, 5));
    return !listener.last.ok();
  }));
  CHECK(ReasonOf(listener.last) == REASON_CODE_STORAGE_FAILED);
}

TEST_CASE(
    "A member that Kafka has forgotten loses its partitions and returns") {
  MockKafka kafka;
  const auto log = kafka.Open();
  auto appender = log->OpenAppender();
  REQUIRE((*appender)->Append(Message("v")).ok());
  Listener listener(log.get());
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 1; }));
  kafka.Fail(kHeartbeat, {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID});
  REQUIRE(listener.PollUntil([&] { return listener.lost == 2; }));
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 2; }));
  CHECK(listener.owned.size() == 2);
}

TEST_CASE("A member outlives a moment in which Kafka does not know its topic") {
  MockKafka kafka;
  KafkaLogOptions options;
  options.properties = {{"topic.metadata.refresh.interval.ms", "500"}};
  const auto log = kafka.Open(options);
  auto appender = log->OpenAppender();
  REQUIRE((*appender)->Append(Message("before")).ok());
  Listener listener(log.get());
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 1; }));
  for (int i = 0; i < 2; ++i) {
    CAPTURE(i);
    kafka.Know(false);
    kafka.Fail(kFetch, {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART});
    REQUIRE(listener.PollUntil([&] { return !listener.last.ok(); }));
    CHECK(ReasonOf(listener.last) == REASON_CODE_NOT_FOUND);
    kafka.Know(true);
    const size_t had = listener.values.size();
    // An Append to a topic that librdkafka thinks unknown waits until it times
    // out, and the member waits with it.
    REQUIRE(listener.PollUntil(
        [&] {
          static_cast<void>((*appender)->Append(Message("after")));
          return listener.values.size() > had &&
                 listener.values.back() == "after";
        },
        6 * kPatience));
    // The same moment is not told for ever.
    CHECK(listener.PollUntil([&] { return listener.last.ok(); }));
  }
}

TEST_CASE("That a topic is not known for a commit is told, and later it is") {
  MockKafka kafka;
  const auto log = kafka.Open();
  Listener listener(log.get());
  REQUIRE(listener.PollUntil([&] { return listener.owned.size() == 2; }));
  // More often than librdkafka tries by itself.
  kafka.Fail(kOffsetCommit, std::vector<rd_kafka_resp_err_t>(
                                6, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART));
  REQUIRE(listener.member().Commit(kOne, 7).ok());
  REQUIRE(listener.PollUntil([&] { return !listener.last.ok(); }));
  CHECK(ReasonOf(listener.last) == REASON_CODE_NOT_FOUND);
  kafka.Heal(kOffsetCommit);
  REQUIRE(listener.member().Commit(kOne, 7).ok());
  CHECK(listener.PollUntil([&] {
    const auto committed = log->CommittedOffset("group", kOne);
    return committed.ok() && *committed == 7;
  }));
  CHECK(listener.last.ok());
}

TEST_CASE("A place that Kafka does not have is told until a Seek leaves it") {
  MockKafka kafka;
  const auto log = kafka.Open();
  auto appender = log->OpenAppender();
  REQUIRE((*appender)->Append(Message("v")).ok());
  Listener listener(log.get());
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 1; }));
  CHECK(listener.member().Seek(kOne, 1'000).ok());
  for (int i = 0; i < 2; ++i) {
    REQUIRE(listener.PollUntil([&] { return !listener.last.ok(); }));
    CHECK(ReasonOf(listener.last) == REASON_CODE_POSITION_EXPIRED);
    CHECK(FieldOf(listener.last) == "topic/0");
  }
  REQUIRE(listener.member().Seek(kOne, 0).ok());
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 2; }));
  CHECK(listener.last.ok());
}

TEST_CASE("With all nodes down calls give up in time, and later all goes on") {
  MockKafka kafka;
  const auto log = kafka.Open();
  auto producer = log->OpenProducer("p");
  REQUIRE((*producer)->Append({Message("before")}).ok());
  auto appender = log->OpenAppender();
  REQUIRE((*appender)->Append(Message("before")).ok());
  Listener listener(log.get());
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 2; }));
  kafka.Down();
  const absl::Time start = absl::Now();
  const absl::Status appended = (*producer)->Append({Message("x")}).status();
  INFO(appended.ToString());
  CHECK(ReasonOf(appended) == REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(appended.message(), "127.0.0.1:"));
  CHECK(ReasonOf((*appender)->Append(Message("x")).status()) ==
        REASON_CODE_STORAGE_FAILED);
  const absl::Status range = log->Offsets(kOne).status();
  INFO(range.ToString());
  CHECK(ReasonOf(range) == REASON_CODE_STORAGE_FAILED);
  CHECK(ReasonOf(log->OpenProducer("q").status()) ==
        REASON_CODE_STORAGE_FAILED);
  CHECK(ReasonOf(log->CommittedOffset("group", kOne).status()) ==
        REASON_CODE_STORAGE_FAILED);
  // 4 s each, and what an abort takes.
  CHECK(absl::Now() - start < absl::Seconds(60));
  // A member waits; that there is nothing is not its failure.
  CHECK(listener.member().Poll(1).ok());
  kafka.Up();
  auto next = log->OpenProducer("p");
  INFO(next.status().ToString());
  REQUIRE(next.ok());
  REQUIRE((*next)->Append({Message("after")}).ok());
  CHECK(listener.PollUntil([&] {
    return !listener.values.empty() && listener.values.back() == "after";
  }));
}

TEST_CASE("A Kafka that is not there is said with what was tried") {
  KafkaLogOptions options;
  // Nothing listens on the discard port of a machine of today.
  options.bootstrap_servers = {"127.0.0.1:9"};
  options.request_timeout = absl::Seconds(2);
  const absl::Status status = OpenKafkaLog(options).status();
  CHECK(ReasonOf(status) == REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(status.message(), "127.0.0.1:9"));
  CHECK(absl::StrContains(status.message(), "refused"));
}

TEST_CASE("Settings that librdkafka refuses are told without secrets") {
  KafkaLogOptions options;
  options.bootstrap_servers = {"127.0.0.1:9"};
  options.properties = {{"no.such.setting", "1"}};
  const absl::Status status = OpenKafkaLog(options).status();
  CHECK(FieldOf(status) == "properties");
  CHECK(absl::StrContains(status.message(), "no.such.setting"));
}

}  // namespace
}  // namespace sluice::bus
