// What consumer groups have committed.
#ifndef SLUICE_LIBS_BUS_KAFKA_GROUPS_H_
#define SLUICE_LIBS_BUS_KAFKA_GROUPS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_connection.h"

namespace sluice::bus {

// Kafka is asked through a member of the group if this log has one, else
// through a handle that is made for the question. (Its administrative request
// for the same is not used: librdkafka asserts, and takes the process with it,
// when the answer to one comes after its timeout; its issue 4605.) Thread-safe.
class KafkaGroups {
 public:
  // `connection` must outlive this.
  explicit KafkaGroups(KafkaConnection* connection) : connection_(connection) {}

  // As EventLog::CommittedOffset.
  absl::StatusOr<int64_t> CommittedOffset(const std::string& group,
                                          const TopicPartition& partition);

  // `handle` is a member's of the group, as Kafka calls it.
  void Add(const std::string& group_id, KafkaHandle* handle);
  // Returns when no question is asked through the handle any more.
  void Remove(KafkaHandle* handle);

 private:
  struct Member {
    std::string group_id;
    int questions = 0;
  };

  absl::StatusOr<int64_t> Ask(rd_kafka_t* handle, const std::string& group,
                              const TopicPartition& partition);

  KafkaConnection* const connection_;
  Mutex mutex_;
  CondVar answered_;
  std::map<KafkaHandle*, Member> members_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_GROUPS_H_
