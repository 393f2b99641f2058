// Topics, made and described.
#ifndef SLUICE_LIBS_BUS_KAFKA_ADMIN_H_
#define SLUICE_LIBS_BUS_KAFKA_ADMIN_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_connection.h"
#include "libs/bus/kafka_topic_config.h"

namespace sluice::bus {

// Thread-safe. The functions are EventLog's.
class KafkaAdmin {
 public:
  // `connection` must outlive this.
  explicit KafkaAdmin(KafkaConnection* connection) : connection_(connection) {}

  absl::Status CreateTopic(const TopicSpec& spec);
  absl::StatusOr<TopicSpec> DescribeTopic(const std::string& name);

 private:
  using Request =
      std::function<void(rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>;

  // Sends a request and waits for its answer; again while it may yet succeed.
  // `outcome` says what the answer means for the one thing that was asked.
  absl::StatusOr<KafkaEvent> Ask(
      rd_kafka_admin_op_t operation, const std::string& what,
      const Request& request,
      const std::function<rd_kafka_resp_err_t(rd_kafka_event_t*)>& outcome);

  absl::StatusOr<KafkaTopicState> Look(const std::string& name);

  // Until every node that is asked knows the topic.
  absl::Status AwaitTopic(const TopicSpec& spec);

  KafkaConnection* const connection_;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_ADMIN_H_
