// An event log in memory for tests: it can fail, or stop for good, at the n-th
// append.
#ifndef SLUICE_LIBS_PUBLISH_MEMORY_LOG_H_
#define SLUICE_LIBS_PUBLISH_MEMORY_LOG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"

namespace sluice::publish {

// Thread-safe. Topics, appends, fencing and reads; no groups. Compacted topics
// keep everything.
class MemoryLog : public bus::EventLog {
 public:
  // Called before every append with its number, from 1; an error it returns is
  // the append's, and nothing is appended.
  void OnAppend(std::function<absl::Status(int number)> hook);

  // Called after every append with its number; an error it returns is the
  // append's, although its messages are there, as when the answer is lost.
  void AfterAppend(std::function<absl::Status(int number)> hook);

  int append_count() const;

  // As an operator of Kafka may, with all it holds.
  void DeleteTopic(const std::string& name);

  // As retention does: what a topic holds is gone, its offsets go on.
  void ExpireAll(const std::string& topic);

  // All messages of a partition.
  std::vector<bus::Message> All(const std::string& topic,
                                int partition = 0) const;

  absl::Status CreateTopic(const bus::TopicSpec& spec) override;
  absl::StatusOr<bus::TopicSpec> DescribeTopic(
      const std::string& name) override;
  absl::StatusOr<std::unique_ptr<bus::Producer>> OpenProducer(
      const std::string& producer_id) override;
  absl::StatusOr<std::unique_ptr<bus::Appender>> OpenAppender() override;
  absl::StatusOr<bus::OffsetRange> Offsets(
      const bus::TopicPartition& partition) override;
  absl::StatusOr<std::vector<bus::Message>> Read(
      const bus::TopicPartition& partition, int64_t from, size_t count_max,
      size_t bytes_max, absl::Duration wait) override;
  absl::StatusOr<std::unique_ptr<bus::GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) override;
  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const bus::TopicPartition& partition) override;

 private:
  class MemoryProducer;

  absl::StatusOr<std::vector<int64_t>> Append(
      const std::string& producer_id, int epoch,
      const std::vector<bus::Outgoing>& messages);

  mutable Mutex mutex_;
  std::function<absl::Status(int)> hook_ ABSL_GUARDED_BY(mutex_);
  std::function<absl::Status(int)> after_ ABSL_GUARDED_BY(mutex_);
  int append_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, bus::TopicSpec> topics_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> epochs_ ABSL_GUARDED_BY(mutex_);
  // Offsets are twice the index, so that there are gaps as on Kafka; counted
  // from where retention has come to.
  std::map<bus::TopicPartition, std::vector<bus::Message>> partitions_
      ABSL_GUARDED_BY(mutex_);
  std::map<bus::TopicPartition, int64_t> begins_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish

#endif  // SLUICE_LIBS_PUBLISH_MEMORY_LOG_H_
