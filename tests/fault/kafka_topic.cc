#include "tests/fault/kafka_topic.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "libs/base/status.h"

namespace sluice::fault {
namespace {

constexpr int kTimeoutMs = 30'000;

template <typename T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* object) const { destroy(object); }
};
template <typename T, void (*destroy)(T*)>
using Owned = std::unique_ptr<T, Destroy<T, destroy>>;

using Handle = Owned<rd_kafka_t, rd_kafka_destroy>;
using Topic = Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using Partitions = Owned<rd_kafka_topic_partition_list_t,
                         rd_kafka_topic_partition_list_destroy>;
using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;

absl::StatusOr<Handle> OpenReader(const std::string& bootstrap) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> error = {};
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{
           {"bootstrap.servers", bootstrap},
           {"log_level", "2"},
           {"enable.partition.eof", "true"},
           // The end is told by a fetch that comes back empty, and brokers
           // write heartbeats.
           {"fetch.wait.max.ms", "10"},
           {"group.id", "fault-test"},
           {"isolation.level", "read_committed"},
           {"enable.auto.commit", "false"}}) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(),
                          error.size()) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return absl::UnknownError(error.data());
    }
  }
  Handle handle(
      rd_kafka_new(RD_KAFKA_CONSUMER, conf, error.data(), error.size()));
  if (handle != nullptr) return handle;
  rd_kafka_conf_destroy(conf);
  return absl::UnknownError(error.data());
}

}  // namespace

absl::StatusOr<int> LeaderOf(const std::string& bootstrap,
                             const std::string& topic) {
  ASSIGN_OR_RETURN(const Handle handle, OpenReader(bootstrap));
  const Topic asked(rd_kafka_topic_new(handle.get(), topic.c_str(), nullptr));
  const struct rd_kafka_metadata* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(handle.get(), 0, asked.get(), &metadata, kTimeoutMs);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::UnknownError(rd_kafka_err2str(error));
  }
  int leader = -1;
  if (metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt > 0) {
    leader = metadata->topics[0].partitions[0].leader;
  }
  rd_kafka_metadata_destroy(metadata);
  if (leader < 0) return absl::UnknownError(topic + " has no leader");
  return leader;
}

absl::StatusOr<std::vector<KafkaMessage>> ReadAll(const std::string& bootstrap,
                                                  const std::string& topic) {
  ASSIGN_OR_RETURN(const Handle handle, OpenReader(bootstrap));
  rd_kafka_poll_set_consumer(handle.get());
  const Partitions partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), 0)
      ->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(handle.get(), partitions.get());
  std::vector<KafkaMessage> messages;
  while (true) {
    const Message message(rd_kafka_consumer_poll(handle.get(), kTimeoutMs));
    if (message == nullptr) return absl::UnknownError("Kafka sends nothing");
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return messages;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return absl::UnknownError(rd_kafka_message_errstr(message.get()));
    }
    messages.push_back(
        {message->offset,
         std::string(static_cast<const char*>(message->key), message->key_len),
         std::string(static_cast<const char*>(message->payload),
                     message->len)});
  }
}

}  // namespace sluice::fault
