// Apache Kafka at hand: what the tests of the bus take for granted about it.
// Speaks to it through librdkafka alone.
#include "libs/bus/test_kafka.h"

#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sluice::bus {
namespace {

constexpr int kPatienceMs = 30'000;
constexpr rd_kafka_resp_err_t kOk = RD_KAFKA_RESP_ERR_NO_ERROR;
constexpr rd_kafka_resp_err_t kRefused =
    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;

using ClientSettings = std::map<std::string, std::string>;

template <typename T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* object) const { destroy(object); }
};
template <typename T, void (*destroy)(T*)>
using Owned = std::unique_ptr<T, Destroy<T, destroy>>;

using OwnedError = Owned<rd_kafka_error_t, rd_kafka_error_destroy>;
using OwnedMessage = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;

void OnDelivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message,
                void* /*opaque*/) {
  *static_cast<rd_kafka_resp_err_t*>(message->_private) = message->err;
}

void StayQuiet(const rd_kafka_t* /*client*/, int /*level*/,
               const char* /*facility*/, const char* /*text*/) {}

bool ComesTrue(const std::function<bool()>& condition) {
  for (int waited_ms = 0; waited_ms < kPatienceMs; waited_ms += 50) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

class Client {
 public:
  Client(rd_kafka_type_t type, const ClientSettings& settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    // What a test provokes need not be read.
    rd_kafka_conf_set_log_cb(conf, StayQuiet);
    if (type == RD_KAFKA_PRODUCER) {
      rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
    }
    for (const auto& [name, value] : settings) {
      INFO(name);
      REQUIRE(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr,
                                0) == RD_KAFKA_CONF_OK);
    }
    handle_.reset(rd_kafka_new(type, conf, nullptr, 0));
    REQUIRE(handle_ != nullptr);
  }

  rd_kafka_t* get() const { return handle_.get(); }

  rd_kafka_resp_err_t CreateTopic(const std::string& name) const {
    const Owned<rd_kafka_queue_t, rd_kafka_queue_destroy> queue(
        rd_kafka_queue_new(get()));
    const Owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> topic(
        rd_kafka_NewTopic_new(name.c_str(), 1, -1, nullptr, 0));
    rd_kafka_NewTopic_t* topics = topic.get();
    rd_kafka_CreateTopics(get(), &topics, 1, nullptr, queue.get());
    const Owned<rd_kafka_event_t, rd_kafka_event_destroy> event(
        rd_kafka_queue_poll(queue.get(), kPatienceMs));
    REQUIRE(event != nullptr);
    if (rd_kafka_event_error(event.get()) != kOk) {
      return rd_kafka_event_error(event.get());
    }
    size_t count = 0;
    const rd_kafka_topic_result_t** results =
        rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(event.get()), &count);
    REQUIRE(count == 1);
    return rd_kafka_topic_result_error(results[0]);
  }

  rd_kafka_resp_err_t Send(const std::string& topic, std::string value) const {
    rd_kafka_resp_err_t outcome = kOk;
    // A node may hear of a new topic, or of its partitions, a moment later.
    ComesTrue([&] {
      outcome = RD_KAFKA_RESP_ERR__IN_PROGRESS;
      const rd_kafka_resp_err_t queued = rd_kafka_producev(
          get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
          RD_KAFKA_V_VALUE(value.data(), value.size()),
          RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(&outcome),
          RD_KAFKA_V_END);
      if (queued != kOk) outcome = queued;
      rd_kafka_flush(get(), kPatienceMs);
      return outcome != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION &&
             outcome != RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    });
    return outcome;
  }

 private:
  Owned<rd_kafka_t, rd_kafka_destroy> handle_;
};

rd_kafka_resp_err_t CodeOf(rd_kafka_error_t* error) {
  const OwnedError owned(error);
  return rd_kafka_error_code(error);
}

rd_kafka_resp_err_t CreateTopic(const ClientSettings& settings,
                                const std::string& name) {
  return Client(RD_KAFKA_PRODUCER, settings).CreateTopic(name);
}

rd_kafka_resp_err_t Send(ClientSettings settings, const std::string& topic,
                         const std::string& value,
                         int timeout_ms = kPatienceMs) {
  settings["message.timeout.ms"] = absl::StrCat(timeout_ms);
  return Client(RD_KAFKA_PRODUCER, settings).Send(topic, value);
}

// What Kafka says of the topic; an error if it says nothing.
rd_kafka_resp_err_t Look(const ClientSettings& settings,
                         const std::string& topic) {
  const Client client(RD_KAFKA_PRODUCER, settings);
  const Owned<rd_kafka_topic_t, rd_kafka_topic_destroy> handle(
      rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t asked =
      rd_kafka_metadata(client.get(), 0, handle.get(), &metadata, 5'000);
  if (asked != kOk) return asked;
  const rd_kafka_resp_err_t told = metadata->topics[0].err;
  rd_kafka_metadata_destroy(metadata);
  return told;
}

// What partition 0 holds, once it is `count` messages; or the error's name.
// Without a group: a consumer that has one asks for it even if it never
// commits.
std::vector<std::string> Read(const ClientSettings& settings,
                              const std::string& topic, size_t count) {
  const Client consumer(RD_KAFKA_CONSUMER, settings);
  const Owned<rd_kafka_topic_t, rd_kafka_topic_destroy> handle(
      rd_kafka_topic_new(consumer.get(), topic.c_str(), nullptr));
  REQUIRE(rd_kafka_consume_start(handle.get(), 0, RD_KAFKA_OFFSET_BEGINNING) ==
          0);
  std::vector<std::string> values;
  while (values.size() < count) {
    const OwnedMessage message(rd_kafka_consume(handle.get(), 0, kPatienceMs));
    REQUIRE(message != nullptr);
    if (message->err != kOk) {
      values = {rd_kafka_err2name(message->err)};
      break;
    }
    values.emplace_back(static_cast<const char*>(message->payload),
                        message->len);
  }
  rd_kafka_consume_stop(handle.get(), 0);
  return values;
}

// Commits what it sends if `commit`, and takes it back if not.
void SendInTransaction(ClientSettings settings, const std::string& topic,
                       const std::string& value, bool commit) {
  settings.emplace("transactional.id", "test");
  const Client producer(RD_KAFKA_PRODUCER, settings);
  REQUIRE(CodeOf(rd_kafka_init_transactions(producer.get(), kPatienceMs)) ==
          kOk);
  REQUIRE(CodeOf(rd_kafka_begin_transaction(producer.get())) == kOk);
  REQUIRE(producer.Send(topic, value) == kOk);
  REQUIRE(CodeOf(commit
                     ? rd_kafka_commit_transaction(producer.get(), kPatienceMs)
                     : rd_kafka_abort_transaction(producer.get(),
                                                  kPatienceMs)) == kOk);
}

// Processes whose command line names the folder: Kafka's nodes, and what looks
// after them.
size_t ProcessesOf(const std::string& folder) {
  size_t count = 0;
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(process.path() / "cmdline");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    if (absl::StrContains(line, folder)) ++count;
  }
  return count;
}

std::unique_ptr<TestKafka> Start(const TestKafkaOptions& options) {
  auto started = TestKafka::Start(options);
  INFO(started.status().message());
  REQUIRE(started.ok());
  return *std::move(started);
}

void PassesTheSmokeTest(const std::string& version) {
  TestKafkaOptions options;
  options.version = version;
  std::unique_ptr<TestKafka> kafka = Start(options);
  const std::string folder = kafka->folder();
  const ClientSettings settings = *kafka->AdminSettings();
  REQUIRE(settings.at("bootstrap.servers") == kafka->bootstrap());
  REQUIRE(CreateTopic(settings, "smoke") == kOk);
  REQUIRE(Look(settings, "no-such-topic") ==
          RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  SendInTransaction(settings, "smoke", "one", true);
  SendInTransaction(settings, "smoke", "taken back", false);
  SendInTransaction(settings, "smoke", "two", true);
  const std::vector<std::string> sent = {"one", "two"};
  REQUIRE(Read(settings, "smoke", 2) == sent);
  REQUIRE(ProcessesOf(folder) > 0);
  kafka = nullptr;
  REQUIRE(ComesTrue([&] { return ProcessesOf(folder) == 0; }));
  REQUIRE_FALSE(std::filesystem::exists(folder));
}

TEST_CASE("Kafka 3.9 carries transactions and leaves nothing behind") {
  PassesTheSmokeTest("3.9");
}

TEST_CASE("Kafka 4 carries transactions and leaves nothing behind") {
  PassesTheSmokeTest("4");
}

TEST_CASE("a Kafka that is killed and started again is where it was") {
  TestKafka& kafka = SharedTestKafka();
  const ClientSettings settings = *kafka.AdminSettings();
  const std::string bootstrap = kafka.bootstrap();
  REQUIRE(CreateTopic(settings, "kept") == kOk);
  REQUIRE(Send(settings, "kept", "before") == kOk);
  REQUIRE(kafka.KillNode().ok());
  REQUIRE(kafka.StartNode().ok());
  REQUIRE(Send(settings, "kept", "after") == kOk);
  const std::vector<std::string> sent = {"before", "after"};
  REQUIRE(Read(settings, "kept", 2) == sent);
  REQUIRE(kafka.AdminSettings()->at("bootstrap.servers") == bootstrap);
}

TEST_CASE("a topic's settings change and a topic goes on demand") {
  TestKafka& kafka = SharedTestKafka();
  const ClientSettings settings = *kafka.AdminSettings();
  REQUIRE(CreateTopic(settings, "changed") == kOk);
  REQUIRE(kafka.SetTopic("changed", {"max.message.bytes=1000"}).ok());
  REQUIRE(ComesTrue([&] {
    return Send(settings, "changed", std::string(2'000, 'x')) ==
           RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE;
  }));
  const absl::Status refused = kafka.SetTopic("changed", {"no.such=1"});
  REQUIRE(absl::StrContains(refused.message(), "no.such"));
  REQUIRE(kafka.DeleteTopic("changed").ok());
  REQUIRE_FALSE(kafka.DeleteTopic("changed").ok());
  REQUIRE(Look(settings, "changed") == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
}

TEST_CASE("a Kafka whose disk is full ends, and goes on when there is room") {
  TestKafkaOptions options;
  options.disk_bytes = 64 << 20;
  const std::unique_ptr<TestKafka> kafka = Start(options);
  const ClientSettings settings = *kafka->AdminSettings();
  REQUIRE(CreateTopic(settings, "full") == kOk);
  REQUIRE(Send(settings, "full", "before") == kOk);
  const std::string ballast = kafka->DataFolder(1) + "/ballast";
  {
    std::ofstream file(ballast);
    const std::string block(1 << 20, 'x');
    while (file.write(block.data(), block.size()).flush()) {
    }
  }
  const std::string large(500'000, 'y');
  REQUIRE(Send(settings, "full", large, 5'000) != kOk);
  REQUIRE(
      ComesTrue([&] { return ProcessesOf(kafka->folder() + "/node-1") == 0; }));
  std::filesystem::remove(ballast);
  REQUIRE(kafka->StartNode().ok());
  REQUIRE(Send(settings, "full", "after") == kOk);
  const std::vector<std::string> sent = {"before", "after"};
  REQUIRE(Read(settings, "full", 2) == sent);
}

TEST_CASE("a Kafka ends when the test that started it dies") {
  std::array<int, 2> channel;
  REQUIRE(::pipe(channel.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto kafka = TestKafka::Start();
    const std::string folder = kafka.ok() ? (*kafka)->folder() : "";
    const bool told = ::write(channel[1], folder.data(), folder.size()) >= 0;
    ::kill(::getpid(), told ? SIGKILL : SIGTERM);
  }
  ::close(channel[1]);
  std::string folder(4096, '\0');
  const ssize_t got = ::read(channel[0], folder.data(), folder.size());
  ::close(channel[0]);
  int ended = 0;
  REQUIRE(::waitpid(child, &ended, 0) == child);
  REQUIRE(got > 0);
  folder.resize(got);
  REQUIRE(ComesTrue([&] { return ProcessesOf(folder) == 0; }));
  REQUIRE(ComesTrue([&] { return !std::filesystem::exists(folder); }));
}

// One for all the test cases about access. Each uses topics of its own, below
// records.civil. or whatever the rule is about.
struct SecureKafka {
  std::unique_ptr<TestKafka> kafka;
  ClientSettings civil;
  // A department whose name begins with the other's.
  ClientSettings affairs;
  ClientSettings broker;
};

const SecureKafka& Secure() {
  static const SecureKafka secure = [] {
    TestKafkaOptions options;
    options.nodes = 3;
    options.secure = true;
    SecureKafka made{.kafka = Start(options)};
    REQUIRE(CreateTopic(*made.kafka->AdminSettings(), "registry") == kOk);
    made.civil = *made.kafka->Grant("adapter", "civil", "civil");
    made.affairs = *made.kafka->Grant("adapter", "affairs", "civil-affairs");
    made.broker = *made.kafka->Grant("broker", "broker-1");
    return made;
  }();
  return secure;
}

TEST_CASE("an adapter writes and reads what is its department's") {
  ClientSettings settings = Secure().civil;
  for (const std::string topic :
       {"records.civil.own", "quarantine.civil.own", "positions.civil"}) {
    INFO(topic);
    REQUIRE(CreateTopic(settings, topic) == kOk);
    REQUIRE(Send(settings, topic, "x") == kOk);
    REQUIRE(Read(settings, topic, 1).front() == "x");
  }
  REQUIRE(Send(settings, "registry", "r") == kOk);
  REQUIRE(Read(settings, "registry", 1).front() == "r");
  settings["transactional.id"] = "adapter.civil";
  SendInTransaction(settings, "records.civil.own", "y", true);
  REQUIRE(Read(settings, "records.civil.own", 2).back() == "y");
}

TEST_CASE("an adapter neither writes nor sees another department's") {
  ClientSettings thief = Secure().civil;
  for (const std::string topic :
       {"records.civil-affairs.theirs", "quarantine.civil-affairs.theirs",
        "positions.civil-affairs"}) {
    INFO(topic);
    REQUIRE(CreateTopic(thief, topic) == kRefused);
    REQUIRE(CreateTopic(Secure().affairs, topic) == kOk);
    REQUIRE(Send(thief, topic, "x") == kRefused);
    REQUIRE(Look(thief, topic) == kRefused);
  }
  thief["transactional.id"] = "adapter.civil-affairs";
  const Client producer(RD_KAFKA_PRODUCER, thief);
  REQUIRE(CodeOf(rd_kafka_init_transactions(producer.get(), kPatienceMs)) ==
          RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
}

TEST_CASE("a broker reads records and writes the registry") {
  const SecureKafka& secure = Secure();
  REQUIRE(CreateTopic(secure.civil, "records.civil.for-brokers") == kOk);
  REQUIRE(Send(secure.civil, "records.civil.for-brokers", "x") == kOk);
  REQUIRE(Read(secure.broker, "records.civil.for-brokers", 1).front() == "x");
  REQUIRE(Send(secure.broker, "registry", "r") == kOk);
}

TEST_CASE("a broker neither writes records nor sees a quarantine") {
  const SecureKafka& secure = Secure();
  for (const std::string topic :
       {"records.civil.no-broker", "quarantine.civil.no-broker"}) {
    INFO(topic);
    REQUIRE(CreateTopic(secure.civil, topic) == kOk);
    REQUIRE(Send(secure.broker, topic, "x") == kRefused);
  }
  REQUIRE(Look(secure.broker, "records.civil.no-broker") == kOk);
  REQUIRE(Look(secure.broker, "quarantine.civil.no-broker") == kRefused);
}

TEST_CASE("who has no password or no TLS gets nothing from a secure Kafka") {
  ClientSettings settings = Secure().civil;
  REQUIRE(Look(settings, "registry") == kOk);
  settings["sasl.password"] = "wrong";
  REQUIRE(Look(settings, "registry") != kOk);
  REQUIRE(Look({{"bootstrap.servers", Secure().kafka->bootstrap()}},
               "registry") != kOk);
}

TEST_CASE("one of three nodes dead or paused is missed for a moment only") {
  const SecureKafka& secure = Secure();
  TestKafka& kafka = *secure.kafka;
  REQUIRE(CreateTopic(secure.civil, "records.civil.nodes") == kOk);
  REQUIRE(kafka.KillNode(1).ok());
  REQUIRE(Send(secure.civil, "records.civil.nodes", "one dead") == kOk);
  REQUIRE(kafka.StartNode(1).ok());
  REQUIRE(kafka.PauseNode(2).ok());
  REQUIRE(Send(secure.civil, "records.civil.nodes", "one paused") == kOk);
  REQUIRE(kafka.ResumeNode(2).ok());
  const std::vector<std::string> sent = {"one dead", "one paused"};
  REQUIRE(Read(secure.civil, "records.civil.nodes", 2) == sent);
}

}  // namespace
}  // namespace sluice::bus
