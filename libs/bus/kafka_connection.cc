#include "libs/bus/kafka_connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kAskAgain = absl::Milliseconds(100);

absl::Status NoTopic(const std::string& topic) {
  return Error(status::v1::REASON_CODE_NOT_FOUND,
               absl::StrCat("no topic ", topic.substr(0, 300),
                            " on this Kafka: create it first"));
}

}  // namespace

KafkaConnection::KafkaConnection(const KafkaLogOptions& options)
    : options_(options),
      servers_(absl::StrJoin(options.bootstrap_servers, ",")) {}

absl::StatusOr<std::unique_ptr<KafkaConnection>> KafkaConnection::Open(
    const KafkaLogOptions& options) {
  RETURN_IF_ERROR(ValidateKafkaOptions(options));
  std::unique_ptr<KafkaConnection> connection(new KafkaConnection(options));
  ASSIGN_OR_RETURN(connection->questions_,
                   connection->MakeHandle(RD_KAFKA_CONSUMER, {}));
  const rd_kafka_metadata_t* metadata = nullptr;
  // Of no topic: only whether a node answers.
  const rd_kafka_resp_err_t err =
      rd_kafka_metadata(connection->questions(), 0, nullptr, &metadata,
                        MillisecondsUntil(connection->Deadline()));
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return connection->Failure(err, "opening the bus");
  }
  rd_kafka_metadata_destroy(metadata);
  return connection;
}

absl::Time KafkaConnection::Deadline() const {
  return absl::Now() + options_.request_timeout;
}

absl::StatusOr<std::unique_ptr<KafkaHandle>> KafkaConnection::MakeHandle(
    rd_kafka_type_t type, const KafkaSettings& settings,
    const std::function<void(rd_kafka_conf_t*)>& prepare, void* owner) {
  KafkaSettings all = ConnectionSettings(options_);
  all.insert(all.end(), settings.begin(), settings.end());
  all.insert(all.end(), options_.properties.begin(), options_.properties.end());
  return KafkaHandle::Make(type, all, complaints_, prepare, owner);
}

absl::StatusOr<KafkaConnection::Shape> KafkaConnection::AskShape(
    const std::string& topic) {
  const std::string name = FullName(topic);
  const KafkaTopic local(
      rd_kafka_topic_new(questions(), name.c_str(), nullptr));
  if (local == nullptr) return NoTopic(topic);
  const absl::Time deadline = Deadline();
  while (true) {
    const rd_kafka_metadata_t* asked = nullptr;
    rd_kafka_resp_err_t err = rd_kafka_metadata(
        questions(), 0, local.get(), &asked, MillisecondsUntil(deadline));
    const KafkaOwned<const rd_kafka_metadata_t, rd_kafka_metadata_destroy>
        metadata(asked);
    Shape shape;
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (metadata->topic_cnt != 1) return NoTopic(topic);
      const rd_kafka_metadata_topic_t& found = metadata->topics[0];
      err = found.err;
      shape.partitions = found.partition_cnt;
      for (int i = 0; i < found.partition_cnt; ++i) {
        const rd_kafka_metadata_partition_t& partition = found.partitions[i];
        shape.replicas = i == 0
                             ? partition.replica_cnt
                             : std::min(shape.replicas, partition.replica_cnt);
        shape.led = shape.led && partition.leader >= 0;
      }
    }
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return shape;
    if (ReasonOfKafka(err) == status::v1::REASON_CODE_NOT_FOUND) {
      return NoTopic(topic);
    }
    if (!IsPassing(err) || absl::Now() >= deadline) {
      return Failure(err, absl::StrCat("looking for topic ", name));
    }
    absl::SleepFor(kAskAgain);
  }
}

absl::StatusOr<int> KafkaConnection::PartitionCount(const std::string& topic) {
  {
    const MutexLock lock(&mutex_);
    const auto known = partitions_.find(topic);
    if (known != partitions_.end()) return known->second;
  }
  absl::StatusOr<Shape> shape = AskShape(topic);
  if (ReasonOf(shape.status()) == status::v1::REASON_CODE_NOT_FOUND) {
    absl::SleepFor(kAskAgain);
    shape = AskShape(topic);
  }
  RETURN_IF_ERROR(shape.status());
  const MutexLock lock(&mutex_);
  if (partitions_.size() >= kKnownTopicsMax) partitions_.clear();
  partitions_[topic] = shape->partitions;
  return shape->partitions;
}

absl::Status KafkaConnection::Require(const TopicPartition& partition) {
  ASSIGN_OR_RETURN(const int count, PartitionCount(partition.topic));
  if (partition.partition >= 0 && partition.partition < count) {
    return absl::OkStatus();
  }
  return Error(status::v1::REASON_CODE_NOT_FOUND,
               absl::StrCat("topic ", partition.topic, " has no partition ",
                            partition.partition, ": it has ", count));
}

void KafkaConnection::Forget(const std::string& topic) {
  const MutexLock lock(&mutex_);
  partitions_.erase(topic);
}

absl::StatusOr<int64_t> KafkaConnection::AskOffset(
    const TopicPartition& partition, int64_t which) {
  const std::string name = FullName(partition.topic);
  const absl::Time deadline = Deadline();
  while (true) {
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_t* asked = rd_kafka_topic_partition_list_add(
        list.get(), name.c_str(), partition.partition);
    asked->offset = which;
    rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(
        questions(), list.get(), MillisecondsUntil(deadline));
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) err = asked->err;
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return asked->offset;
    if (ReasonOfKafka(err) == status::v1::REASON_CODE_NOT_FOUND) {
      // A node that has just started, or is to lead the partition, may not know
      // it yet; the topic is gone where there is none to ask about.
      Forget(partition.topic);
      RETURN_IF_ERROR(Require(partition));
      err = RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    }
    if (!IsPassing(err) || absl::Now() >= deadline) {
      return Failure(err, absl::StrCat("asking for the offsets of ", name, "/",
                                       partition.partition));
    }
    absl::SleepFor(kAskAgain);
  }
}

absl::StatusOr<OffsetRange> KafkaConnection::Offsets(
    const TopicPartition& partition) {
  RETURN_IF_ERROR(Require(partition));
  OffsetRange range;
  ASSIGN_OR_RETURN(range.begin,
                   AskOffset(partition, RD_KAFKA_OFFSET_BEGINNING));
  ASSIGN_OR_RETURN(range.end, AskOffset(partition, RD_KAFKA_OFFSET_END));
  range.end = std::max(range.end, range.begin);
  return range;
}

}  // namespace sluice::bus
