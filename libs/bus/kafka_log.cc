#include "libs/bus/kafka_log.h"

#include <string>
#include <utility>
#include <vector>

#include "libs/bus/kafka_admin.h"
#include "libs/bus/kafka_appender.h"
#include "libs/bus/kafka_connection.h"
#include "libs/bus/kafka_group_member.h"
#include "libs/bus/kafka_groups.h"
#include "libs/bus/kafka_producer.h"
#include "libs/bus/kafka_reader.h"

namespace sluice::bus {
namespace {

class KafkaLog : public EventLog {
 public:
  explicit KafkaLog(std::unique_ptr<KafkaConnection> connection)
      : connection_(std::move(connection)),
        admin_(connection_.get()),
        appends_(connection_.get()),
        groups_(connection_.get()),
        reader_(connection_.get()) {}

  absl::Status CreateTopic(const TopicSpec& spec) override {
    return admin_.CreateTopic(spec);
  }
  absl::StatusOr<TopicSpec> DescribeTopic(const std::string& name) override {
    return admin_.DescribeTopic(name);
  }
  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer(
      const std::string& producer_id) override {
    return KafkaProducer::Open(connection_.get(), producer_id);
  }
  absl::StatusOr<std::unique_ptr<Appender>> OpenAppender() override {
    return std::make_unique<KafkaAppender>(&appends_);
  }
  absl::StatusOr<OffsetRange> Offsets(
      const TopicPartition& partition) override {
    return connection_->Offsets(partition);
  }
  absl::StatusOr<std::vector<Message>> Read(const TopicPartition& partition,
                                            int64_t from, size_t count_max,
                                            size_t bytes_max,
                                            absl::Duration wait) override {
    return reader_.Read(partition, from, count_max, bytes_max, wait);
  }
  absl::StatusOr<std::unique_ptr<GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) override {
    return KafkaGroupMember::Join(connection_.get(), &groups_, group, topic);
  }
  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const TopicPartition& partition) override {
    return groups_.CommittedOffset(group, partition);
  }

 private:
  const std::unique_ptr<KafkaConnection> connection_;
  KafkaAdmin admin_;
  KafkaAppendChannel appends_;
  KafkaGroups groups_;
  KafkaReader reader_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> OpenKafkaLog(
    const KafkaLogOptions& options) {
  auto connection = KafkaConnection::Open(options);
  if (!connection.ok()) return connection.status();
  return std::make_unique<KafkaLog>(*std::move(connection));
}

}  // namespace sluice::bus
