// What all parts of one Kafka log share: where Kafka is, how names are spelled
// there, and questions about topics and partitions.
#ifndef SLUICE_LIBS_BUS_KAFKA_CONNECTION_H_
#define SLUICE_LIBS_BUS_KAFKA_CONNECTION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_handle.h"
#include "libs/bus/kafka_options.h"

namespace sluice::bus {

// Thread-safe.
class KafkaConnection {
 public:
  // Answers when a node did. As OpenKafkaLog.
  static absl::StatusOr<std::unique_ptr<KafkaConnection>> Open(
      const KafkaLogOptions& options);

  const KafkaLogOptions& options() const { return options_; }
  // "host:port,host:port".
  const std::string& servers() const { return servers_; }
  // What a topic, group or transactional id is called in Kafka.
  std::string FullName(const std::string& name) const {
    return options_.name_prefix + name;
  }
  absl::Time Deadline() const;

  // Settings of the connection, then `settings`, then the options' properties.
  absl::StatusOr<std::unique_ptr<KafkaHandle>> MakeHandle(
      rd_kafka_type_t type, const KafkaSettings& settings,
      const std::function<void(rd_kafka_conf_t*)>& prepare = nullptr,
      void* owner = nullptr);

  // A consumer without a group, for questions.
  rd_kafka_t* questions() const { return questions_->get(); }

  // As the function of this name.
  absl::Status Failure(rd_kafka_resp_err_t err, absl::string_view what) const {
    return KafkaFailure(err, what, servers_, *complaints_);
  }

  struct Shape {
    int partitions = 0;
    // The fewest copies that a partition has.
    int replicas = 0;
    // Each partition has a leader.
    bool led = true;
  };
  // Asks Kafka. NOT_FOUND if there is no such topic.
  absl::StatusOr<Shape> AskShape(const std::string& topic);

  // Of a topic that was seen before, without asking. A topic that is new to
  // Kafka may not be known to all its nodes yet, so this asks twice.
  absl::StatusOr<int> PartitionCount(const std::string& topic);

  // NOT_FOUND unless the partition exists.
  absl::Status Require(const TopicPartition& partition);

  // The topic may be gone: next time Kafka is asked.
  void Forget(const std::string& topic);

  // What committed readers see.
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& partition);

 private:
  explicit KafkaConnection(const KafkaLogOptions& options);

  absl::StatusOr<int64_t> AskOffset(const TopicPartition& partition,
                                    int64_t which);

  const KafkaLogOptions options_;
  const std::string servers_;
  const std::shared_ptr<KafkaComplaints> complaints_ =
      std::make_shared<KafkaComplaints>();
  std::unique_ptr<KafkaHandle> questions_;

  // Topics are few: names in configurations and resources.
  static constexpr size_t kKnownTopicsMax = 10'000;
  Mutex mutex_;
  std::map<std::string, int> partitions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_CONNECTION_H_
