// An event log that fails when a test says so.
#ifndef SLUICE_LIBS_REGISTRY_FAULTY_LOG_H_
#define SLUICE_LIBS_REGISTRY_FAULTY_LOG_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/bus/event_log.h"

namespace sluice::registry {

// All calls go to `log`, which must outlive this. Thread-safe.
class FaultyLog : public bus::EventLog {
 public:
  explicit FaultyLog(bus::EventLog* log) : log_(log) {}

  // From now on; OK ends it.
  void FailReads(const absl::Status& status) {
    const MutexLock lock(&mutex_);
    read_failure_ = status;
  }

  // Questions about topics, from now on; OK ends it.
  void FailDescriptions(const absl::Status& status) {
    const MutexLock lock(&mutex_);
    describe_failure_ = status;
  }

  // From now on partitions hold nothing, as where a topic was made anew.
  void LoseMessages() {
    const MutexLock lock(&mutex_);
    lost_ = true;
  }

  // Messages from this offset on have been taken by a clock that was set back.
  void SetBackFrom(int64_t offset, absl::Duration by) {
    const MutexLock lock(&mutex_);
    set_back_from_ = offset;
    set_back_by_ = by;
  }

  // From now on appends are done and then reported as failed: the answer was
  // lost.
  void LoseAnswers(bool lose) {
    const MutexLock lock(&mutex_);
    lose_answers_ = lose;
  }

  // From now on nothing is appended; OK ends it.
  void FailAppends(const absl::Status& status) {
    const MutexLock lock(&mutex_);
    append_failure_ = status;
  }

  // Reads and appends.
  void Cut() {
    const absl::Status status =
        Error(status::v1::REASON_CODE_STORAGE_FAILED, "cut off");
    FailReads(status);
    FailAppends(status);
  }
  void Heal() {
    FailReads(absl::OkStatus());
    FailAppends(absl::OkStatus());
  }

  absl::Status CreateTopic(const bus::TopicSpec& spec) override {
    return log_->CreateTopic(spec);
  }
  absl::StatusOr<bus::TopicSpec> DescribeTopic(
      const std::string& name) override {
    {
      const MutexLock lock(&mutex_);
      RETURN_IF_ERROR(describe_failure_);
    }
    return log_->DescribeTopic(name);
  }
  absl::StatusOr<std::unique_ptr<bus::Producer>> OpenProducer(
      const std::string& producer_id) override {
    ASSIGN_OR_RETURN(auto producer, log_->OpenProducer(producer_id));
    return std::make_unique<FaultyProducer>(this, std::move(producer));
  }
  absl::StatusOr<std::unique_ptr<bus::Appender>> OpenAppender() override {
    ASSIGN_OR_RETURN(auto appender, log_->OpenAppender());
    return std::make_unique<FaultyAppender>(this, std::move(appender));
  }
  absl::StatusOr<bus::OffsetRange> Offsets(
      const bus::TopicPartition& partition) override {
    {
      const MutexLock lock(&mutex_);
      if (lost_) return bus::OffsetRange();
    }
    return log_->Offsets(partition);
  }
  absl::StatusOr<std::vector<bus::Message>> Read(
      const bus::TopicPartition& partition, int64_t from, size_t count_max,
      size_t bytes_max, absl::Duration wait) override {
    auto messages = log_->Read(partition, from, count_max, bytes_max, wait);
    const MutexLock lock(&mutex_);
    if (!read_failure_.ok()) return read_failure_;
    if (lost_) return std::vector<bus::Message>();
    if (!messages.ok()) return messages;
    for (bus::Message& message : *messages) {
      if (message.offset >= set_back_from_) message.time -= set_back_by_;
    }
    return messages;
  }
  absl::StatusOr<std::unique_ptr<bus::GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) override {
    return log_->JoinGroup(group, topic);
  }
  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const bus::TopicPartition& partition) override {
    return log_->CommittedOffset(group, partition);
  }

 private:
  absl::Status AppendFailure() {
    const MutexLock lock(&mutex_);
    return append_failure_;
  }

  class FaultyProducer : public bus::Producer {
   public:
    FaultyProducer(FaultyLog* log, std::unique_ptr<bus::Producer> producer)
        : log_(log), producer_(std::move(producer)) {}

    absl::StatusOr<std::vector<int64_t>> Append(
        const std::vector<bus::Outgoing>& messages) override {
      auto offsets = producer_->Append(messages);
      const MutexLock lock(&log_->mutex_);
      if (log_->lose_answers_) {
        return Error(status::v1::REASON_CODE_STORAGE_FAILED, "answer lost");
      }
      return offsets;
    }

   private:
    FaultyLog* const log_;
    const std::unique_ptr<bus::Producer> producer_;
  };

  class FaultyAppender : public bus::Appender {
   public:
    FaultyAppender(FaultyLog* log, std::unique_ptr<bus::Appender> appender)
        : log_(log), appender_(std::move(appender)) {}

    absl::StatusOr<int64_t> Append(const bus::Outgoing& message) override {
      RETURN_IF_ERROR(log_->AppendFailure());
      const auto offset = appender_->Append(message);
      const MutexLock lock(&log_->mutex_);
      if (log_->lose_answers_) {
        return Error(status::v1::REASON_CODE_STORAGE_FAILED, "answer lost");
      }
      return offset;
    }

   private:
    FaultyLog* const log_;
    const std::unique_ptr<bus::Appender> appender_;
  };

  bus::EventLog* const log_;
  Mutex mutex_;
  absl::Status read_failure_ ABSL_GUARDED_BY(mutex_);
  absl::Status describe_failure_ ABSL_GUARDED_BY(mutex_);
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t set_back_from_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Duration set_back_by_ ABSL_GUARDED_BY(mutex_) = absl::ZeroDuration();
  absl::Status append_failure_ ABSL_GUARDED_BY(mutex_);
  bool lose_answers_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_FAULTY_LOG_H_
