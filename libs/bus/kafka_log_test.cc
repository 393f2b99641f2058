// What a real Kafka does to the log: other programs' settings, aborted
// transactions, compaction and retention, topics that vanish, members that were
// taken for dead.
#include "libs/bus/kafka_log.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/bus/test_kafka.h"

namespace sluice::bus {
namespace {

using status::v1::REASON_CODE_FENCED;
using status::v1::REASON_CODE_NOT_FOUND;
using status::v1::REASON_CODE_POSITION_EXPIRED;
using status::v1::REASON_CODE_STORAGE_FAILED;
using status::v1::REASON_CODE_TOO_LARGE;
using status::v1::REASON_CODE_WRONG_STATE;
using Strings = std::vector<std::string>;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr size_t kPlenty = size_t{1} << 30;

KafkaLogOptions OptionsFor(const std::string& bootstrap) {
  KafkaLogOptions options;
  options.bootstrap_servers = absl::StrSplit(bootstrap, ',');
  options.replication_factor = 1;
  options.min_insync_replicas = 1;
  options.request_timeout = absl::Seconds(20);
  options.session_timeout = absl::Seconds(3);
  return options;
}

std::unique_ptr<EventLog> Open(const KafkaLogOptions& options) {
  auto log = OpenKafkaLog(options);
  INFO(log.status().ToString());
  REQUIRE(log.ok());
  return std::move(*log);
}

std::unique_ptr<EventLog> Open() {
  return Open(OptionsFor(SharedTestKafka().bootstrap()));
}

std::string Unique(const std::string& name) {
  static std::atomic<int> count = 0;
  return absl::StrCat("log-test-", name, "-", ++count);
}

Outgoing To(const TopicPartition& to, const std::string& key,
            const std::string& value) {
  return {to, key, SharedBytes::Own(value)};
}

TopicPartition MakeTopic(EventLog* log, Cleanup cleanup = Cleanup::kDelete) {
  TopicSpec spec;
  spec.name = Unique("topic");
  spec.cleanup = cleanup;
  const absl::Status made = log->CreateTopic(spec);
  INFO(made.ToString());
  REQUIRE(made.ok());
  return {spec.name, 0};
}

std::vector<Message> ReadAll(EventLog* log, const TopicPartition& partition) {
  std::vector<Message> all;
  const auto range = log->Offsets(partition);
  REQUIRE(range.ok());
  int64_t from = range->begin;
  while (true) {
    auto some =
        log->Read(partition, from, 1'000, kPlenty, absl::ZeroDuration());
    INFO(some.status().ToString());
    REQUIRE(some.ok());
    if (some->empty()) return all;
    from = some->back().offset + 1;
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
}

Strings Values(EventLog* log, const TopicPartition& partition) {
  Strings values;
  for (const Message& message : ReadAll(log, partition)) {
    values.emplace_back(message.value.view());
  }
  return values;
}

// Asks again, each time a little later, until it is so.
bool ComesTrue(const std::function<bool()>& so,
               absl::Duration patience = kPatience) {
  const absl::Time deadline = absl::Now() + patience;
  while (absl::Now() < deadline) {
    if (so()) return true;
    absl::SleepFor(absl::Milliseconds(50));
  }
  return false;
}

// Another program at Kafka.
class Stranger {
 public:
  explicit Stranger(rd_kafka_type_t type,
                    const std::map<std::string, std::string>& settings = {}) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers",
                      SharedTestKafka().bootstrap().c_str(), nullptr, 0);
    for (const auto& [name, value] : settings) {
      REQUIRE(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr,
                                0) == RD_KAFKA_CONF_OK);
    }
    handle_ = rd_kafka_new(type, conf, nullptr, 0);
    REQUIRE(handle_ != nullptr);
  }
  ~Stranger() { rd_kafka_destroy(handle_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  rd_kafka_t* get() const { return handle_; }

  // Replaces all settings of the topic.
  void Alter(const std::string& topic,
             const std::map<std::string, std::string>& settings) const {
    rd_kafka_ConfigResource_t* resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
    for (const auto& [name, value] : settings) {
      rd_kafka_ConfigResource_set_config(resource, name.c_str(), value.c_str());
    }
    rd_kafka_queue_t* queue = rd_kafka_queue_new(handle_);
    rd_kafka_AlterConfigs(handle_, &resource, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
    REQUIRE(event != nullptr);
    CHECK(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
  }

  void Delete(const std::string& topic) const {
    rd_kafka_DeleteTopic_t* gone = rd_kafka_DeleteTopic_new(topic.c_str());
    rd_kafka_queue_t* queue = rd_kafka_queue_new(handle_);
    rd_kafka_DeleteTopics(handle_, &gone, 1, nullptr, queue);
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30'000);
    REQUIRE(event != nullptr);
    CHECK(rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy(gone);
  }

  void Produce(const TopicPartition& to, const std::string& value) const {
    CHECK(rd_kafka_producev(
              handle_, RD_KAFKA_V_TOPIC(to.topic.c_str()),
              RD_KAFKA_V_PARTITION(to.partition),
              RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
              RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  // Begins a transaction with one message, which is in Kafka then.
  void BeginWith(const TopicPartition& to, const std::string& value) const {
    REQUIRE(rd_kafka_init_transactions(handle_, 30'000) == nullptr);
    REQUIRE(rd_kafka_begin_transaction(handle_) == nullptr);
    Produce(to, value);
    REQUIRE(rd_kafka_flush(handle_, 30'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  }

 private:
  rd_kafka_t* handle_ = nullptr;
};

// A member that seeks what it gains to 0 and keeps what it gets.
class Listener {
 public:
  Listener(EventLog* log, const std::string& group, const std::string& topic) {
    auto joined = log->JoinGroup(group, topic);
    INFO(joined.status().ToString());
    REQUIRE(joined.ok());
    member_ = std::move(*joined);
    member_->OnWakeup([this] {
      const MutexLock lock(&mutex_);
      woken_ = true;
      changed_.SignalAll();
    });
  }

  GroupMember& member() { return *member_; }

  void Poll() {
    auto polled = member_->Poll(kPlenty);
    last = polled.status();
    if (!polled.ok()) return;
    for (const auto& partition : polled->lost) std::erase(owned, partition);
    for (const auto& partition : polled->gained) {
      owned.push_back(partition);
      CHECK(member_->Seek(partition, 0).ok());
    }
    for (const auto& part : polled->fetched) {
      for (const Message& message : part.messages) {
        bytes += message.value.size();
        values.emplace_back(message.value.view().substr(0, 100));
      }
    }
  }

  bool PollUntil(const std::function<bool()>& done,
                 absl::Duration patience = kPatience) {
    const absl::Time deadline = absl::Now() + patience;
    while (absl::Now() < deadline) {
      Poll();
      if (done()) return true;
      const MutexLock lock(&mutex_);
      if (!woken_) changed_.WaitFor(&mutex_, absl::Milliseconds(200));
      woken_ = false;
    }
    return false;
  }

  absl::Status last;
  std::vector<TopicPartition> owned;
  Strings values;
  size_t bytes = 0;

 private:
  Mutex mutex_;
  CondVar changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<GroupMember> member_;
};

TEST_CASE(
    "A topic with another setting is told with the command that mends it") {
  const auto log = Open();
  const TopicPartition one = MakeTopic(log.get());
  TopicSpec spec;
  spec.name = one.topic;
  REQUIRE(log->CreateTopic(spec).ok());
  const Stranger admin(RD_KAFKA_PRODUCER);
  admin.Alter(one.topic, {{"retention.ms", "86400000"},
                          {"message.timestamp.type", "CreateTime"}});
  absl::Status told;
  // A node may answer with what it knew a moment before.
  ComesTrue([&] {
    told = log->CreateTopic(spec);
    return absl::StrContains(told.message(), "retention.ms") &&
           absl::StrContains(told.message(), "message.timestamp.type");
  });
  INFO(told.ToString());
  CHECK(ReasonOf(told) == REASON_CODE_WRONG_STATE);
  CHECK(absl::StrContains(
      told.message(),
      absl::StrCat("kafka-configs.sh --bootstrap-server ",
                   SharedTestKafka().bootstrap(),
                   " --alter --entity-type topics --entity-name ", one.topic,
                   " --add-config "
                   "message.timestamp.type=LogAppendTime,retention.ms=-1")));
  const auto described = log->DescribeTopic(one.topic);
  REQUIRE(described.ok());
  CHECK(described->retention == absl::Hours(24));
  // Mended as it says.
  admin.Alter(one.topic, {{"retention.ms", "-1"},
                          {"message.timestamp.type", "LogAppendTime"}});
  CHECK(ComesTrue([&] { return log->CreateTopic(spec).ok(); }));
  spec.partitions = 2;
  CHECK(
      absl::StrContains(log->CreateTopic(spec).message(), "cannot be mended"));
}

TEST_CASE("What is not committed is not seen, and what is aborted never is") {
  const auto log = Open();
  const TopicPartition one = MakeTopic(log.get());
  auto producer = log->OpenProducer(Unique("producer"));
  REQUIRE((*producer)->Append({To(one, "k", "1")}).ok());
  Listener listener(log.get(), Unique("group"), one.topic);
  const std::string other_id = Unique("other");
  {
    const Stranger aborts(RD_KAFKA_PRODUCER,
                          {{"transactional.id", Unique("aborts")}});
    aborts.BeginWith(one, "aborted");
    CHECK(Values(log.get(), one) == Strings{"1"});
    REQUIRE(rd_kafka_abort_transaction(aborts.get(), 30'000) == nullptr);
    // Dies in the middle.
    const Stranger dies(RD_KAFKA_PRODUCER, {{"transactional.id", other_id}});
    dies.BeginWith(one, "unfinished");
    CHECK(Values(log.get(), one) == Strings{"1"});
  }
  // The next one of its id settles it, so that what comes after can be seen.
  auto next = log->OpenProducer(other_id);
  INFO(next.status().ToString());
  REQUIRE(next.ok());
  REQUIRE((*next)->Append({To(one, "k", "2")}).ok());
  CHECK(Values(log.get(), one) == Strings{"1", "2"});
  CHECK(listener.PollUntil([&] { return listener.values.size() >= 2; }));
  CHECK(listener.values == Strings{"1", "2"});
}

TEST_CASE("Compaction keeps each key's newest and takes what was removed") {
  const auto log = Open();
  const TopicPartition one = MakeTopic(log.get(), Cleanup::kCompact);
  const Stranger admin(RD_KAFKA_PRODUCER);
  admin.Alter(one.topic, {{"cleanup.policy", "compact"},
                          {"message.timestamp.type", "LogAppendTime"},
                          {"min.compaction.lag.ms", "0"},
                          {"min.cleanable.dirty.ratio", "0.001"},
                          {"delete.retention.ms", "100"},
                          {"segment.ms", "200"}});
  auto appender = log->OpenAppender();
  std::set<std::string> commands;
  for (int i = 0; i < 20; ++i) {
    const std::string command = absl::StrCat("command-", i);
    commands.insert(command);
    REQUIRE((*appender)->Append(To(one, command, "c")).ok());
    REQUIRE((*appender)->Append(To(one, "heartbeat", absl::StrCat(i))).ok());
    REQUIRE((*appender)->Append(To(one, "removed", "r")).ok());
  }
  REQUIRE((*appender)->Append(To(one, "removed", "")).ok());
  // Only what lies behind the newest segment is compacted, so that one is moved
  // on again and again.
  const bool compacted = ComesTrue([&] {
    if (!(*appender)->Append(To(one, "mover", "m")).ok()) return false;
    int beats = 0;
    bool removed = false;
    for (const Message& message : ReadAll(log.get(), one)) {
      if (message.key == "heartbeat") ++beats;
      if (message.key == "removed") removed = true;
    }
    return beats == 1 && !removed;
  });
  CHECK(compacted);
  std::set<std::string> left;
  for (const Message& message : ReadAll(log.get(), one)) {
    if (absl::StartsWith(message.key, "command-")) left.insert(message.key);
    if (message.key == "heartbeat") CHECK(message.value.view() == "19");
  }
  CHECK(left == commands);
}

TEST_CASE("What retention removed is told to readers and members") {
  const auto log = Open();
  TopicSpec spec;
  spec.name = Unique("topic");
  spec.retention = absl::Seconds(2);
  REQUIRE(log->CreateTopic(spec).ok());
  const TopicPartition one = {spec.name, 0};
  auto appender = log->OpenAppender();
  REQUIRE((*appender)->Append(To(one, "k", "old")).ok());
  CHECK(Values(log.get(), one) == Strings{"old"});
  REQUIRE(ComesTrue([&] {
    const auto range = log->Offsets(one);
    return range.ok() && range->begin > 0;
  }));
  const absl::Status expired =
      log->Read(one, 0, 1, 1, absl::ZeroDuration()).status();
  CHECK(ReasonOf(expired) == REASON_CODE_POSITION_EXPIRED);
  Listener listener(log.get(), Unique("group"), one.topic);
  REQUIRE(listener.PollUntil([&] { return !listener.last.ok(); }));
  CHECK(ReasonOf(listener.last) == REASON_CODE_POSITION_EXPIRED);
  CHECK(FieldOf(listener.last) == absl::StrCat(one.topic, "/0"));
  REQUIRE(listener.member().Seek(one, log->Offsets(one)->begin).ok());
  REQUIRE((*appender)->Append(To(one, "k", "new")).ok());
  REQUIRE(listener.PollUntil([&] { return !listener.values.empty(); }));
  CHECK(listener.values == Strings{"new"});
}

TEST_CASE("A topic that is deleted is told to everyone who uses it") {
  const auto log = Open();
  const TopicPartition gone = MakeTopic(log.get());
  const TopicPartition stays = MakeTopic(log.get());
  auto producer = log->OpenProducer(Unique("producer"));
  auto appender = log->OpenAppender();
  REQUIRE((*producer)->Append({To(gone, "k", "v"), To(stays, "k", "v")}).ok());
  REQUIRE((*appender)->Append(To(gone, "k", "v")).ok());
  Listener listener(log.get(), Unique("group"), gone.topic);
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 2; }));
  Stranger(RD_KAFKA_PRODUCER).Delete(gone.topic);
  REQUIRE(listener.PollUntil([&] { return !listener.last.ok(); }));
  INFO(listener.last.ToString());
  CHECK(ReasonOf(listener.last) == REASON_CODE_NOT_FOUND);
  CHECK(ReasonOf(log->Offsets(gone).status()) == REASON_CODE_NOT_FOUND);
  CHECK(ReasonOf(log->Read(gone, 0, 1, 1, absl::ZeroDuration()).status()) ==
        REASON_CODE_NOT_FOUND);
  const absl::Status appended =
      (*producer)->Append({To(stays, "k", "no"), To(gone, "k", "no")}).status();
  INFO(appended.ToString());
  CHECK(ReasonOf(appended) == REASON_CODE_NOT_FOUND);
  CHECK(ReasonOf((*appender)->Append(To(gone, "k", "v")).status()) ==
        REASON_CODE_NOT_FOUND);
  CHECK((*producer)->Append({To(stays, "k", "w")}).ok());
  CHECK(Values(log.get(), stays) == Strings{"v", "w"});
}

TEST_CASE("A message that the topic does not take leaves the producer whole") {
  const auto log = Open();
  const TopicPartition one = MakeTopic(log.get());
  const TopicPartition beside = MakeTopic(log.get());
  Stranger(RD_KAFKA_PRODUCER)
      .Alter(one.topic, {{"max.message.bytes", "1000"},
                         {"message.timestamp.type", "LogAppendTime"}});
  auto producer = log->OpenProducer(Unique("producer"));
  const std::string large(5'000, 'v');
  const absl::Status refused =
      (*producer)
          ->Append({To(beside, "k", "no"), To(one, "k", large)})
          .status();
  INFO(refused.ToString());
  CHECK(ReasonOf(refused) == REASON_CODE_TOO_LARGE);
  REQUIRE((*producer)->Append({To(beside, "k", "v"), To(one, "k", "v")}).ok());
  CHECK(Values(log.get(), beside) == Strings{"v"});
  CHECK(Values(log.get(), one) == Strings{"v"});
  auto appender = log->OpenAppender();
  CHECK(ReasonOf((*appender)->Append(To(one, "k", large)).status()) ==
        REASON_CODE_TOO_LARGE);
  CHECK((*appender)->Append(To(one, "k", "w")).ok());
}

TEST_CASE("A member gets far more than it may fetch ahead, all and in order") {
  KafkaLogOptions options = OptionsFor(SharedTestKafka().bootstrap());
  options.prefetch_bytes_max = size_t{1} << 20;
  const auto log = Open(options);
  const TopicPartition one = MakeTopic(log.get());
  auto producer = log->OpenProducer(Unique("producer"));
  Strings expected;
  for (int i = 0; i < 20; ++i) {
    std::vector<Outgoing> some;
    for (int j = 0; j < 8; ++j) {
      std::string value = absl::StrCat(expected.size(), "-");
      value.resize(200'000, 'v');
      expected.push_back(value.substr(0, 100));
      some.push_back(To(one, "k", value));
    }
    const auto appended = (*producer)->Append(some);
    INFO(appended.status().ToString());
    REQUIRE(appended.ok());
  }
  Listener listener(log.get(), Unique("group"), one.topic);
  const absl::Time start = absl::Now();
  REQUIRE(listener.PollUntil(
      [&] { return listener.values.size() >= expected.size(); }));
  WARN("32 MB through 1 MiB of prefetch: "
       << absl::FormatDuration(absl::Now() - start));
  CHECK(listener.values == expected);
  // Back, while much of what is ahead is queued.
  listener.values.clear();
  REQUIRE(listener.member().Seek(one, 0).ok());
  listener.Poll();
  REQUIRE(listener.member().Seek(one, 0).ok());
  listener.values.clear();
  REQUIRE(listener.PollUntil(
      [&] { return listener.values.size() >= expected.size(); }));
  CHECK(listener.values == expected);
}

TEST_CASE("With Kafka stopped all wait or fail, and go on when it is back") {
  auto started = TestKafka::Start();
  INFO(started.status().ToString());
  REQUIRE(started.ok());
  TestKafka& kafka = **started;
  KafkaLogOptions options = OptionsFor(kafka.bootstrap());
  options.request_timeout = absl::Seconds(4);
  const auto log = Open(options);
  const TopicPartition one = MakeTopic(log.get());
  const std::string id = Unique("producer");
  auto producer = log->OpenProducer(id);
  REQUIRE((*producer)->Append({To(one, "k", "1")}).ok());
  Listener listener(log.get(), Unique("group"), one.topic);
  REQUIRE(listener.PollUntil([&] { return listener.values.size() == 1; }));
  REQUIRE(kafka.KillNode().ok());
  const absl::Status failed = (*producer)->Append({To(one, "k", "2")}).status();
  INFO(failed.ToString());
  CHECK(ReasonOf(failed) == REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(failed.message(), kafka.bootstrap()));
  const absl::Status unread =
      log->Read(one, 0, 1, 1, absl::ZeroDuration()).status();
  INFO(unread.ToString());
  CHECK(ReasonOf(unread) == REASON_CODE_STORAGE_FAILED);
  CHECK(listener.member().Poll(1).ok());
  REQUIRE(kafka.StartNode().ok());
  absl::StatusOr<std::unique_ptr<Producer>> next = log->OpenProducer(id);
  REQUIRE(ComesTrue([&] {
    if (!next.ok()) next = log->OpenProducer(id);
    return next.ok();
  }));
  // Whether the failed one is there is settled by now.
  const Strings settled = Values(log.get(), one);
  CHECK((settled == Strings{"1"} || settled == Strings{"1", "2"}));
  REQUIRE((*next)->Append({To(one, "k", "3")}).ok());
  REQUIRE(listener.PollUntil([&] { return listener.values.back() == "3"; }));
  // Away for longer than a session it may have got all anew, in order.
  Strings all = settled;
  all.push_back("3");
  CHECK(std::equal(all.rbegin(), all.rend(), listener.values.rbegin()));
}

TEST_CASE("TLS, SCRAM and access rules: who may does, who may not is told") {
  TestKafkaOptions test_options;
  test_options.secure = true;
  auto started = TestKafka::Start(test_options);
  INFO(started.status().ToString());
  REQUIRE(started.ok());
  const auto settings = (*started)->AdminSettings();
  REQUIRE(settings.ok());
  KafkaLogOptions options = OptionsFor((*started)->bootstrap());
  for (const auto& [name, value] : *settings) {
    if (name == "ssl.ca.location") {
      options.ca_file = value;
    } else if (name == "sasl.mechanism" || name == "sasl.mechanisms") {
      options.sasl_mechanism = value;
    } else if (name == "sasl.username") {
      options.sasl_user = value;
    } else if (name == "sasl.password") {
      options.sasl_password = value;
    } else if (name != "bootstrap.servers" && name != "security.protocol") {
      options.properties.emplace_back(name, value);
    }
  }
  {
    const auto log = Open(options);
    const TopicPartition one = MakeTopic(log.get());
    auto producer = log->OpenProducer(Unique("producer"));
    REQUIRE(producer.ok());
    REQUIRE((*producer)->Append({To(one, "k", "v")}).ok());
    CHECK(Values(log.get(), one) == Strings{"v"});
    Listener listener(log.get(), Unique("group"), one.topic);
    REQUIRE(listener.PollUntil([&] { return listener.values.size() == 1; }));
  }
  options.request_timeout = absl::Seconds(5);
  KafkaLogOptions wrong = options;
  wrong.sasl_password = "not-the-password";
  const absl::Status refused = OpenKafkaLog(wrong).status();
  INFO(refused.ToString());
  CHECK(ReasonOf(refused) == REASON_CODE_STORAGE_FAILED);
  CHECK(absl::StrContains(refused.message(), "uthentication"));
  CHECK_FALSE(absl::StrContains(refused.message(), "not-the-password"));
}

// ------------------------------------------------ a member taken for dead

constexpr char kZombieTopic[] = "ZOMBIE_TOPIC";
constexpr char kZombieGroup[] = "ZOMBIE_GROUP";
constexpr char kZombieServers[] = "ZOMBIE_SERVERS";

// The other process: gets a message, says so, and after a line on its standard
// input, which comes when it was stopped for long, commits and polls.
int RunZombie() {
  auto log = OpenKafkaLog(OptionsFor(std::getenv(kZombieServers)));
  if (!log.ok()) return 1;
  const std::string topic = std::getenv(kZombieTopic);
  Listener listener(log->get(), std::getenv(kZombieGroup), topic);
  if (!listener.PollUntil([&] { return !listener.values.empty(); })) return 2;
  char byte = 'r';
  if (write(STDOUT_FILENO, &byte, 1) != 1) return 3;
  if (read(STDIN_FILENO, &byte, 1) != 1) return 4;
  // It does not know yet.
  if (!listener.member().Commit({topic, 0}, 1).ok()) return 5;
  if (!listener.PollUntil([&] { return listener.owned.empty(); })) return 6;
  if (ReasonOf(listener.member().Commit({topic, 0}, 1)) != REASON_CODE_FENCED) {
    return 7;
  }
  return 0;
}

TEST_CASE("the other process", "[.zombie]") { std::exit(RunZombie()); }

TEST_CASE("What a member commits that was taken for dead takes no effect") {
  const auto log = Open();
  const TopicPartition one = MakeTopic(log.get());
  auto appender = log->OpenAppender();
  REQUIRE((*appender)->Append(To(one, "k", "1")).ok());
  REQUIRE((*appender)->Append(To(one, "k", "2")).ok());
  const std::string group = Unique("group");
  std::array<int, 2> in = {};
  std::array<int, 2> out = {};
  REQUIRE(pipe(in.data()) == 0);
  REQUIRE(pipe(out.data()) == 0);
  setenv(kZombieTopic, one.topic.c_str(), 1);
  setenv(kZombieGroup, group.c_str(), 1);
  setenv(kZombieServers, SharedTestKafka().bootstrap().c_str(), 1);
  const pid_t zombie = fork();
  REQUIRE(zombie >= 0);
  if (zombie == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    execl("/proc/self/exe", "zombie", "the other process", nullptr);
    _exit(127);
  }
  close(out[1]);
  char ready = 0;
  REQUIRE(read(out[0], &ready, 1) == 1);
  REQUIRE(kill(zombie, SIGSTOP) == 0);
  Listener heir(log.get(), group, one.topic);
  REQUIRE(heir.PollUntil([&] { return heir.values.size() == 2; }));
  REQUIRE(heir.member().Commit(one, 2).ok());
  const auto committed = [&] {
    const auto offset = log->CommittedOffset(group, one);
    return offset.ok() ? *offset : -1;
  };
  REQUIRE(ComesTrue([&] {
    heir.Poll();
    return committed() == 2;
  }));
  REQUIRE(kill(zombie, SIGCONT) == 0);
  REQUIRE(write(in[1], &ready, 1) == 1);
  int outcome = -1;
  // It joins again when it learns, and the heir must let it.
  REQUIRE(ComesTrue([&] {
    heir.Poll();
    return waitpid(zombie, &outcome, WNOHANG) == zombie;
  }));
  CHECK(WIFEXITED(outcome));
  CHECK(WEXITSTATUS(outcome) == 0);
  CHECK(committed() == 2);
  close(in[0]);
  close(in[1]);
  close(out[0]);
}

}  // namespace
}  // namespace sluice::bus
