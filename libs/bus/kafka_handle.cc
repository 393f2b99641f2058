#include "libs/bus/kafka_handle.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kRecent = absl::Minutes(2);
constexpr absl::Duration kLogInterval = absl::Minutes(1);
constexpr absl::Duration kDestroy = absl::Seconds(5);
constexpr size_t kComplaintBytesMax = 300;
// librdkafka's word for a connection that failed, in whatever way.
constexpr absl::string_view kConnectionFailed = "FAIL ";
constexpr int kNodesSaid = 3;
constexpr int kSyslogError = 3;
constexpr int kSyslogWarning = 4;
constexpr int kSyslogDebug = 7;

// Whether the nodes could not be reached, rather than refused something.
bool IsOutage(rd_kafka_resp_err_t err) {
  switch (err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
      return true;
    default:
      return false;
  }
}

absl::string_view Advice(rd_kafka_resp_err_t err) {
  switch (err) {
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return "grant this user the access with kafka-acls.sh";
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
      return "check user, password and mechanism";
    case RD_KAFKA_RESP_ERR__SSL:
      return "check the CA file, the certificates and their names";
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return "fewer copies are in sync than min.insync.replicas asks for: look "
             "which nodes of Kafka are down";
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
      return "look at the disks of Kafka's nodes and at their logs";
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return "raise max.message.bytes of the topic, or send smaller messages";
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return "a newer producer has this id: let one process run with it";
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
      return "Kafka has fewer nodes than replication_factor asks for";
    default:
      return IsOutage(err) ? "look whether Kafka runs and can be reached"
                           : "look at the logs of Kafka's nodes";
  }
}

}  // namespace

int MillisecondsUntil(absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration()) return 0;
  // Up, so that a loop does not spin over the last part of a millisecond.
  return static_cast<int>(
             std::min<int64_t>(absl::ToInt64Milliseconds(left), 86'400'000)) +
         1;
}

void KafkaComplaints::Take(int level, absl::string_view facility,
                           absl::string_view line) {
  // "[thrd:NODE]: NODE: what happened"
  if (absl::StartsWith(line, "[thrd:")) {
    const size_t end = line.find("]: ");
    if (end != absl::string_view::npos) line.remove_prefix(end + 3);
  }
  line = line.substr(0, kComplaintBytesMax);
  // Of settings that are for the other kind of handle.
  if (facility == "CONFWARN") return;
  if (level >= kSyslogDebug) {
    // Someone asked for them with the property `debug`.
    LogDebug("kafka", {{"facility", facility}, {"said", line}});
    return;
  }
  const size_t colon = line.find(": ");
  const std::string key =
      absl::StrCat(facility, " ",
                   colon == absl::string_view::npos ? absl::string_view()
                                                    : line.substr(0, colon));
  const absl::Time now = absl::Now();
  {
    const MutexLock lock(&mutex_);
    if (entries_.size() >= kEntriesMax && entries_.count(key) == 0) {
      entries_.clear();
    }
    Entry& entry = entries_[key];
    entry.text = std::string(line);
    entry.said = now;
    if (now - entry.logged < kLogInterval) return;
    entry.logged = now;
  }
  const LogLevel ours = level <= kSyslogError     ? LogLevel::kWarning
                        : level <= kSyslogWarning ? LogLevel::kInfo
                                                  : LogLevel::kDebug;
  Log(ours, "kafka", {{"facility", facility}, {"said", line}});
}

std::string KafkaComplaints::Recent() const {
  const absl::Time now = absl::Now();
  std::string recent;
  const MutexLock lock(&mutex_);
  int nodes = 0;
  for (const auto& [key, entry] : entries_) {
    if (now - entry.said > kRecent || !absl::StartsWith(key, kConnectionFailed))
      continue;
    if (++nodes > kNodesSaid) break;
    absl::StrAppend(&recent, recent.empty() ? "" : "; ", entry.text);
  }
  return recent;
}

void OnKafkaLogLine(const rd_kafka_t* handle, int level, const char* facility,
                    const char* line) {
  static_cast<KafkaHandle::Behind*>(rd_kafka_opaque(handle))
      ->complaints->Take(level, facility, line);
}

void* KafkaHandle::OwnerOf(const rd_kafka_t* handle) {
  return static_cast<Behind*>(rd_kafka_opaque(handle))->owner;
}

absl::StatusOr<std::unique_ptr<KafkaHandle>> KafkaHandle::Make(
    rd_kafka_type_t type, const KafkaSettings& settings,
    std::shared_ptr<KafkaComplaints> complaints,
    const std::function<void(rd_kafka_conf_t*)>& prepare, void* owner) {
  KafkaOwned<rd_kafka_conf_t, rd_kafka_conf_destroy> conf(rd_kafka_conf_new());
  std::array<char, 512> error = {};
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), error.data(),
                          error.size()) != RD_KAFKA_CONF_OK) {
      return FieldError(
          status::v1::REASON_CODE_OUT_OF_BOUNDS, "properties",
          absl::StrCat("librdkafka refuses the setting ", name, ": ",
                       // Its message repeats the value.
                       absl::StrContains(name, "password") ||
                               absl::StrContains(name, "secret")
                           ? "not a value it takes"
                           : error.data()));
    }
  }
  auto behind = std::make_shared<Behind>(Behind{std::move(complaints), owner});
  rd_kafka_conf_set_opaque(conf.get(), behind.get());
  rd_kafka_conf_set_log_cb(conf.get(), OnKafkaLogLine);
  if (prepare) prepare(conf.get());
  rd_kafka_t* handle =
      rd_kafka_new(type, conf.get(), error.data(), error.size());
  if (handle == nullptr) {
    return FieldError(
        status::v1::REASON_CODE_OUT_OF_BOUNDS, "properties",
        absl::StrCat("librdkafka refuses its settings: ", error.data()));
  }
  // The handle's by now.
  [[maybe_unused]] auto* const taken = conf.release();
  return std::unique_ptr<KafkaHandle>(
      new KafkaHandle(handle, std::move(behind)));
}

KafkaHandle::~KafkaHandle() {
  struct End {
    Mutex mutex;
    CondVar reached;
    bool there ABSL_GUARDED_BY(mutex) = false;
  };
  const auto end = std::make_shared<End>();
  std::thread([end, behind = behind_, handle = handle_] {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    const MutexLock lock(&end->mutex);
    end->there = true;
    end->reached.SignalAll();
  }).detach();
  const absl::Time deadline = absl::Now() + kDestroy;
  const MutexLock lock(&end->mutex);
  while (!end->there && absl::Now() < deadline) {
    end->reached.WaitFor(&end->mutex, deadline - absl::Now());
  }
  if (end->there) return;
  LogWarning(
      "librdkafka does not let a handle go: its threads stay until the "
      "process ends");
}

ReasonCode ReasonOfKafka(rd_kafka_resp_err_t err) {
  switch (err) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return status::v1::REASON_CODE_NOT_FOUND;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
      return status::v1::REASON_CODE_TOO_LARGE;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return status::v1::REASON_CODE_FENCED;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
      return status::v1::REASON_CODE_CORRUPT;
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return status::v1::REASON_CODE_POSITION_EXPIRED;
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
      return status::v1::REASON_CODE_OUT_OF_BOUNDS;
    default:
      return status::v1::REASON_CODE_STORAGE_FAILED;
  }
}

bool IsPassing(rd_kafka_resp_err_t err) {
  switch (err) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
    case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED:
      return true;
    default:
      return false;
  }
}

absl::Status KafkaFailure(rd_kafka_resp_err_t err, absl::string_view what,
                          absl::string_view servers,
                          const KafkaComplaints& complaints) {
  std::string message =
      absl::StrCat(what, ": Kafka at ", servers, ": ", rd_kafka_err2str(err),
                   " (", rd_kafka_err2name(err), ")");
  if (IsOutage(err)) {
    const std::string recent = complaints.Recent();
    if (!recent.empty()) absl::StrAppend(&message, "; ", recent);
  }
  absl::StrAppend(&message, "; ", Advice(err));
  return Error(ReasonOfKafka(err), message);
}

void KickFetcher(rd_kafka_t* handle, const char* topic, int partition) {
  const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic, partition)->offset =
      RD_KAFKA_OFFSET_END;
  rd_kafka_offsets_for_times(handle, list.get(), 0);
}

Message CopyMessage(const rd_kafka_message_t& message) {
  Message copy;
  copy.offset = message.offset;
  rd_kafka_timestamp_type_t type;
  copy.time = absl::FromUnixMillis(rd_kafka_message_timestamp(&message, &type));
  if (message.key != nullptr) {
    copy.key.assign(static_cast<const char*>(message.key), message.key_len);
  }
  if (message.payload != nullptr) {
    copy.value = SharedBytes::Own(
        std::string(static_cast<const char*>(message.payload), message.len));
  }
  return copy;
}

}  // namespace sluice::bus
