#include "libs/bus/kafka_admin.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/bus/bounds.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kAskAgain = absl::Milliseconds(100);

using NewTopic = KafkaOwned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy>;
using Resource =
    KafkaOwned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy>;
using AdminOptions =
    KafkaOwned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

rd_kafka_resp_err_t CreateOutcome(rd_kafka_event_t* event) {
  size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event), &count);
  return count == 1 ? rd_kafka_topic_result_error(results[0])
                    : RD_KAFKA_RESP_ERR__BAD_MSG;
}

// Kafka's own words on why a topic was not made, e.g. which setting is wrong.
std::string CreateWords(rd_kafka_event_t* event) {
  size_t count = 0;
  const rd_kafka_topic_result_t** results = rd_kafka_CreateTopics_result_topics(
      rd_kafka_event_CreateTopics_result(event), &count);
  const char* words =
      count == 1 ? rd_kafka_topic_result_error_string(results[0]) : nullptr;
  return words == nullptr ? "" : words;
}

rd_kafka_resp_err_t DescribeOutcome(rd_kafka_event_t* event) {
  size_t count = 0;
  const rd_kafka_ConfigResource_t** resources =
      rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event), &count);
  return count == 1 ? rd_kafka_ConfigResource_error(resources[0])
                    : RD_KAFKA_RESP_ERR__BAD_MSG;
}

}  // namespace

absl::StatusOr<KafkaEvent> KafkaAdmin::Ask(
    rd_kafka_admin_op_t operation, const std::string& what,
    const Request& request,
    const std::function<rd_kafka_resp_err_t(rd_kafka_event_t*)>& outcome) {
  rd_kafka_t* handle = connection_->questions();
  const KafkaQueue queue(rd_kafka_queue_new(handle));
  const absl::Time deadline = connection_->Deadline();
  while (true) {
    const AdminOptions options(rd_kafka_AdminOptions_new(handle, operation));
    std::array<char, 256> refused = {};
    const int left_ms = MillisecondsUntil(deadline);
    rd_kafka_AdminOptions_set_request_timeout(options.get(), left_ms,
                                              refused.data(), refused.size());
    request(options.get(), queue.get());
    // It answers by its timeout.
    KafkaEvent event(rd_kafka_queue_poll(queue.get(), left_ms + 5'000));
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (event != nullptr) {
      err = rd_kafka_event_error(event.get());
      if (err == RD_KAFKA_RESP_ERR_NO_ERROR) err = outcome(event.get());
      if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return event;
      // The caller tells it apart from a new one.
      if (err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return event;
    }
    if (!IsPassing(err) || absl::Now() >= deadline) {
      absl::Status failure = connection_->Failure(err, what);
      if (operation == RD_KAFKA_ADMIN_OP_CREATETOPICS && event != nullptr &&
          rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        return Annotate(failure, CreateWords(event.get()));
      }
      return failure;
    }
    absl::SleepFor(kAskAgain);
  }
}

absl::Status KafkaAdmin::CreateTopic(const TopicSpec& spec) {
  RETURN_IF_ERROR(ValidateTopicSpec(spec));
  const std::string name = connection_->FullName(spec.name);
  TopicSpec prefixed = spec;
  prefixed.name = name;
  RETURN_IF_ERROR(ValidateTopicSpec(prefixed));
  // Looking first asks for no right to create where all is there.
  absl::StatusOr<KafkaTopicState> found = Look(spec.name);
  if (found.ok()) {
    return CompareTopic(spec, *found, connection_->options(), name);
  }
  if (ReasonOf(found.status()) != status::v1::REASON_CODE_NOT_FOUND) {
    return found.status();
  }
  std::array<char, 256> error = {};
  const NewTopic topic(rd_kafka_NewTopic_new(
      name.c_str(), spec.partitions, connection_->options().replication_factor,
      error.data(), error.size()));
  if (topic == nullptr) {
    return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, "name",
                      error.data());
  }
  for (const auto& [key, value] : TopicSettings(spec, connection_->options())) {
    rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
  }
  ASSIGN_OR_RETURN(
      const KafkaEvent event,
      Ask(
          RD_KAFKA_ADMIN_OP_CREATETOPICS, absl::StrCat("creating topic ", name),
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_NewTopic_t* topics[] = {topic.get()};
            rd_kafka_CreateTopics(connection_->questions(), topics, 1, options,
                                  queue);
          },
          CreateOutcome));
  RETURN_IF_ERROR(AwaitTopic(spec));
  if (CreateOutcome(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    LogInfo("topic created",
            {{"topic", name}, {"partitions", spec.partitions}});
  }
  // Someone else may have made it meanwhile, and otherwise.
  absl::StatusOr<KafkaTopicState> made = Look(spec.name);
  // Another node may be asked than before, which has not heard of it yet.
  for (const absl::Time deadline = connection_->Deadline();
       ReasonOf(made.status()) == status::v1::REASON_CODE_NOT_FOUND &&
       absl::Now() < deadline;
       made = Look(spec.name)) {
    absl::SleepFor(kAskAgain);
  }
  RETURN_IF_ERROR(made.status());
  return CompareTopic(spec, *made, connection_->options(), name);
}

absl::Status KafkaAdmin::AwaitTopic(const TopicSpec& spec) {
  const absl::Time deadline = connection_->Deadline();
  while (true) {
    const absl::StatusOr<KafkaConnection::Shape> shape =
        connection_->AskShape(spec.name);
    if (shape.ok() && shape->led) return absl::OkStatus();
    if (!shape.ok() &&
        ReasonOf(shape.status()) != status::v1::REASON_CODE_NOT_FOUND) {
      return shape.status();
    }
    if (absl::Now() >= deadline) {
      return connection_->Failure(
          RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
          absl::StrCat("waiting for the new topic ",
                       connection_->FullName(spec.name)));
    }
    absl::SleepFor(kAskAgain);
  }
}

absl::StatusOr<KafkaTopicState> KafkaAdmin::Look(const std::string& name) {
  ASSIGN_OR_RETURN(const KafkaConnection::Shape shape,
                   connection_->AskShape(name));
  const std::string full_name = connection_->FullName(name);
  const Resource resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, full_name.c_str()));
  ASSIGN_OR_RETURN(
      const KafkaEvent event,
      Ask(
          RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS,
          absl::StrCat("describing topic ", full_name),
          [&](rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* queue) {
            rd_kafka_ConfigResource_t* resources[] = {resource.get()};
            rd_kafka_DescribeConfigs(connection_->questions(), resources, 1,
                                     options, queue);
          },
          DescribeOutcome));
  KafkaTopicState state;
  state.partitions = shape.partitions;
  state.replicas = shape.replicas;
  size_t resource_count = 0;
  const rd_kafka_ConfigResource_t** described =
      rd_kafka_DescribeConfigs_result_resources(
          rd_kafka_event_DescribeConfigs_result(event.get()), &resource_count);
  size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries =
      rd_kafka_ConfigResource_configs(described[0], &count);
  for (size_t i = 0; i < count; ++i) {
    const char* value = rd_kafka_ConfigEntry_value(entries[i]);
    state.settings[rd_kafka_ConfigEntry_name(entries[i])] =
        value == nullptr ? "" : value;
  }
  return state;
}

absl::StatusOr<TopicSpec> KafkaAdmin::DescribeTopic(const std::string& name) {
  ASSIGN_OR_RETURN(const KafkaTopicState state, Look(name));
  return SpecOfTopic(name, state);
}

}  // namespace sluice::bus
