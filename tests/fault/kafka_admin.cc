#include "tests/fault/kafka_admin.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::fault {
namespace {

constexpr int kTimeoutMs = 30'000;

template <typename T, void (*kDestroy)(T*)>
struct Destroyer {
  void operator()(T* object) const { kDestroy(object); }
};
template <typename T, void (*kDestroy)(T*)>
using Owned = std::unique_ptr<T, Destroyer<T, kDestroy>>;

using Event = Owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using Queue = Owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Options = Owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;
using Resource =
    Owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using TopicToDelete =
    Owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy>;
using Partitions = Owned<rd_kafka_topic_partition_list_t,
                         rd_kafka_topic_partition_list_destroy>;
using Received = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;

absl::StatusOr<rd_kafka_t*> NewHandle(rd_kafka_type_t type,
                                      const std::string& bootstrap) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  std::array<char, 512> error = {};
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"bootstrap.servers", bootstrap},
                                          {"log_level", "2"},
                                          {"enable.partition.eof", "true"},
                                          {"group.id", "fault-test"},
                                          {"isolation.level", "read_committed"},
                                          {"enable.auto.commit", "false"}}) {
    if (type == RD_KAFKA_PRODUCER && name != "bootstrap.servers" &&
        name != "log_level") {
      continue;
    }
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error.data(),
                          error.size()) != RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(conf);
      return absl::UnknownError(error.data());
    }
  }
  rd_kafka_t* handle = rd_kafka_new(type, conf, error.data(), error.size());
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return absl::UnknownError(error.data());
  }
  return handle;
}

// Sends an admin request and waits for its answer.
absl::StatusOr<Event> Ask(rd_kafka_t* handle, rd_kafka_admin_op_t operation,
                          const std::function<void(rd_kafka_AdminOptions_t*,
                                                   rd_kafka_queue_t*)>& send) {
  const Queue queue(rd_kafka_queue_new(handle));
  const Options options(rd_kafka_AdminOptions_new(handle, operation));
  std::array<char, 512> error = {};
  rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeoutMs,
                                            error.data(), error.size());
  send(options.get(), queue.get());
  Event event(rd_kafka_queue_poll(queue.get(), kTimeoutMs + 5'000));
  if (event == nullptr) return absl::UnknownError("Kafka does not answer");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::UnknownError(rd_kafka_event_error_string(event.get()));
  }
  return event;
}

Resource TopicResource(const std::string& topic) {
  return Resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()));
}

// What is wrong with the single resource of an answer.
absl::Status ErrorOf(const rd_kafka_ConfigResource_t* resource) {
  if (rd_kafka_ConfigResource_error(resource) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::OkStatus();
  }
  const char* text = rd_kafka_ConfigResource_error_string(resource);
  return absl::UnknownError(text == nullptr ? "no reason given" : text);
}

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaAdmin>> KafkaAdmin::Open(
    const std::string& bootstrap) {
  ASSIGN_OR_RETURN(rd_kafka_t* const handle,
                   NewHandle(RD_KAFKA_PRODUCER, bootstrap));
  return std::unique_ptr<KafkaAdmin>(new KafkaAdmin(bootstrap, handle));
}

KafkaAdmin::~KafkaAdmin() { rd_kafka_destroy(handle_); }

absl::StatusOr<int> KafkaAdmin::LeaderOf(const std::string& topic) {
  rd_kafka_topic_t* const asked =
      rd_kafka_topic_new(handle_, topic.c_str(), nullptr);
  const struct rd_kafka_metadata* metadata = nullptr;
  const rd_kafka_resp_err_t error =
      rd_kafka_metadata(handle_, 0, asked, &metadata, kTimeoutMs);
  rd_kafka_topic_destroy(asked);
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

absl::Status KafkaAdmin::DeleteTopic(const std::string& topic) {
  const TopicToDelete deleted(rd_kafka_DeleteTopic_new(topic.c_str()));
  rd_kafka_DeleteTopic_t* topics = deleted.get();
  ASSIGN_OR_RETURN(
      const Event event,
      Ask(handle_, RD_KAFKA_ADMIN_OP_DELETETOPICS,
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_DeleteTopics(handle_, &topics, 1, options, queue);
          }));
  size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_DeleteTopics_result_topics(
      rd_kafka_event_DeleteTopics_result(event.get()), &count);
  if (count != 1) return absl::UnknownError("no answer for the topic");
  if (rd_kafka_topic_result_error(results[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return absl::UnknownError(rd_kafka_topic_result_error_string(results[0]));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::string, std::string>> KafkaAdmin::SettingsOf(
    const std::string& topic) {
  const Resource asked = TopicResource(topic);
  rd_kafka_ConfigResource_t* resources = asked.get();
  ASSIGN_OR_RETURN(
      const Event event,
      Ask(handle_, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_DescribeConfigs(handle_, &resources, 1, options, queue);
          }));
  size_t count = 0;
  const rd_kafka_ConfigResource_t** results =
      rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1) return absl::UnknownError("no answer for the topic");
  RETURN_IF_ERROR(ErrorOf(results[0]));
  size_t entry_count = 0;
  const rd_kafka_ConfigEntry_t** entries =
      rd_kafka_ConfigResource_configs(results[0], &entry_count);
  std::map<std::string, std::string> settings;
  for (size_t i = 0; i < entry_count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    if (rd_kafka_ConfigEntry_source(entries[i]) ==
            RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG &&
        value != nullptr) {
      settings[rd_kafka_ConfigEntry_name(entries[i])] = value;
    }
  }
  return settings;
}

// This librdkafka knows only the request that replaces all settings.
absl::Status KafkaAdmin::Replace(
    const std::string& topic,
    const std::map<std::string, std::string>& settings) {
  const Resource changed = TopicResource(topic);
  for (const auto& [name, value] : settings) {
    rd_kafka_ConfigResource_set_config(changed.get(), name.c_str(),
                                       value.c_str());
  }
  rd_kafka_ConfigResource_t* resources = changed.get();
  ASSIGN_OR_RETURN(
      const Event event,
      Ask(handle_, RD_KAFKA_ADMIN_OP_ALTERCONFIGS,
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_AlterConfigs(handle_, &resources, 1, options, queue);
          }));
  size_t count = 0;
  const rd_kafka_ConfigResource_t** results =
      rd_kafka_AlterConfigs_result_resources(
          rd_kafka_event_AlterConfigs_result(event.get()), &count);
  if (count != 1) return absl::UnknownError("no answer for the topic");
  return ErrorOf(results[0]);
}

absl::Status KafkaAdmin::SetTopic(
    const std::string& topic,
    const std::map<std::string, std::string>& settings) {
  ASSIGN_OR_RETURN(auto all, SettingsOf(topic));
  for (const auto& [name, value] : settings) all[name] = value;
  return Replace(topic, all);
}

absl::Status KafkaAdmin::ResetTopic(const std::string& topic,
                                    const std::string& setting) {
  ASSIGN_OR_RETURN(auto all, SettingsOf(topic));
  all.erase(setting);
  return Replace(topic, all);
}

absl::StatusOr<std::vector<KafkaMessage>> KafkaAdmin::ReadAll(
    const std::string& topic) {
  ASSIGN_OR_RETURN(rd_kafka_t* const raw,
                   NewHandle(RD_KAFKA_CONSUMER, bootstrap_));
  const Owned<rd_kafka_t, rd_kafka_destroy> consumer(raw);
  rd_kafka_poll_set_consumer(raw);
  const Partitions partitions(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), 0)
      ->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(raw, partitions.get());
  std::vector<KafkaMessage> messages;
  while (true) {
    const Received received(rd_kafka_consumer_poll(raw, kTimeoutMs));
    if (received == nullptr) return absl::UnknownError("Kafka sends nothing");
    if (received->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) break;
    if (received->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return absl::UnknownError(rd_kafka_message_errstr(received.get()));
    }
    messages.push_back({received->offset,
                        std::string(static_cast<const char*>(received->key),
                                    received->key_len),
                        std::string(static_cast<const char*>(received->payload),
                                    received->len)});
  }
  return messages;
}

}  // namespace sluice::fault
