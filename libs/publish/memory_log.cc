#include "libs/publish/memory_log.h"

#include <atomic>
#include <utility>

#include "libs/base/status.h"

namespace sluice::publish {
namespace {

constexpr int64_t kOffsetStep = 2;

absl::Status NoSuchTopic() {
  return Error(status::v1::REASON_CODE_NOT_FOUND, "no such topic or partition");
}

absl::Status NoGroups() {
  return Error(status::v1::REASON_CODE_INTERNAL, "a memory log has no groups");
}

}  // namespace

class MemoryLog::MemoryProducer : public bus::Producer {
 public:
  MemoryProducer(MemoryLog* log, std::string id, int epoch)
      : log_(log), id_(std::move(id)), epoch_(epoch) {}

  absl::StatusOr<std::vector<int64_t>> Append(
      const std::vector<bus::Outgoing>& messages) override {
    if (finished_) {
      return Error(status::v1::REASON_CODE_STORAGE_FAILED,
                   "an append of this producer failed before: open another");
    }
    auto offsets = log_->Append(id_, epoch_, messages);
    const ReasonCode reason = ReasonOf(offsets.status());
    finished_ = !offsets.ok() && reason != status::v1::REASON_CODE_NOT_FOUND &&
                reason != status::v1::REASON_CODE_TOO_LARGE;
    return offsets;
  }

 private:
  MemoryLog* const log_;
  const std::string id_;
  const int epoch_;
  std::atomic<bool> finished_ = false;
};

void MemoryLog::OnAppend(std::function<absl::Status(int)> hook) {
  MutexLock lock(&mutex_);
  hook_ = std::move(hook);
}

void MemoryLog::AfterAppend(std::function<absl::Status(int)> hook) {
  MutexLock lock(&mutex_);
  after_ = std::move(hook);
}

int MemoryLog::append_count() const {
  MutexLock lock(&mutex_);
  return append_count_;
}

void MemoryLog::DeleteTopic(const std::string& name) {
  MutexLock lock(&mutex_);
  topics_.erase(name);
  const auto is_of_it = [&name](const auto& entry) {
    return entry.first.topic == name;
  };
  std::erase_if(partitions_, is_of_it);
  std::erase_if(begins_, is_of_it);
}

void MemoryLog::ExpireAll(const std::string& topic) {
  MutexLock lock(&mutex_);
  for (auto& [partition, messages] : partitions_) {
    if (partition.topic != topic) continue;
    begins_[partition] += static_cast<int64_t>(messages.size()) * kOffsetStep;
    messages.clear();
  }
}

std::vector<bus::Message> MemoryLog::All(const std::string& topic,
                                         int partition) const {
  MutexLock lock(&mutex_);
  const auto found = partitions_.find({topic, partition});
  return found == partitions_.end() ? std::vector<bus::Message>()
                                    : found->second;
}

absl::Status MemoryLog::CreateTopic(const bus::TopicSpec& spec) {
  MutexLock lock(&mutex_);
  const auto [topic, is_new] = topics_.emplace(spec.name, spec);
  if (!is_new && !(topic->second == spec)) {
    return Error(status::v1::REASON_CODE_WRONG_STATE,
                 "the topic is there with another spec");
  }
  for (int i = 0; i < spec.partitions; ++i) partitions_[{spec.name, i}];
  return absl::OkStatus();
}

absl::StatusOr<bus::TopicSpec> MemoryLog::DescribeTopic(
    const std::string& name) {
  MutexLock lock(&mutex_);
  const auto found = topics_.find(name);
  if (found == topics_.end()) return NoSuchTopic();
  return found->second;
}

absl::StatusOr<std::unique_ptr<bus::Producer>> MemoryLog::OpenProducer(
    const std::string& producer_id) {
  MutexLock lock(&mutex_);
  return std::make_unique<MemoryProducer>(this, producer_id,
                                          ++epochs_[producer_id]);
}

absl::StatusOr<std::unique_ptr<bus::Appender>> MemoryLog::OpenAppender() {
  return Error(status::v1::REASON_CODE_INTERNAL,
               "a memory log has no appenders");
}

absl::StatusOr<std::vector<int64_t>> MemoryLog::Append(
    const std::string& producer_id, int epoch,
    const std::vector<bus::Outgoing>& messages) {
  MutexLock lock(&mutex_);
  if (hook_) RETURN_IF_ERROR(hook_(append_count_ + 1));
  if (epochs_[producer_id] != epoch) {
    return Error(status::v1::REASON_CODE_FENCED, "a newer producer took over");
  }
  for (const bus::Outgoing& message : messages) {
    if (partitions_.count(message.to) == 0) return NoSuchTopic();
    if (message.key.size() + message.value.size() > bus::kMessageBytesMax) {
      return Error(status::v1::REASON_CODE_TOO_LARGE, "too large a message");
    }
  }
  ++append_count_;
  std::vector<int64_t> offsets;
  for (const bus::Outgoing& message : messages) {
    std::vector<bus::Message>& partition = partitions_[message.to];
    bus::Message stored;
    stored.offset = begins_[message.to] +
                    static_cast<int64_t>(partition.size()) * kOffsetStep;
    stored.time = absl::UnixEpoch();
    stored.key = message.key;
    stored.value = message.value;
    offsets.push_back(stored.offset);
    partition.push_back(std::move(stored));
  }
  if (after_) RETURN_IF_ERROR(after_(append_count_));
  return offsets;
}

absl::StatusOr<bus::OffsetRange> MemoryLog::Offsets(
    const bus::TopicPartition& partition) {
  MutexLock lock(&mutex_);
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return NoSuchTopic();
  const int64_t begin = begins_[partition];
  return bus::OffsetRange{
      begin, begin + static_cast<int64_t>(found->second.size()) * kOffsetStep};
}

absl::StatusOr<std::vector<bus::Message>> MemoryLog::Read(
    const bus::TopicPartition& partition, int64_t from, size_t count_max,
    size_t /*bytes_max*/, absl::Duration /*wait*/) {
  MutexLock lock(&mutex_);
  const auto found = partitions_.find(partition);
  if (found == partitions_.end()) return NoSuchTopic();
  std::vector<bus::Message> messages;
  for (const bus::Message& message : found->second) {
    if (message.offset < from) continue;
    if (messages.size() == count_max) break;
    messages.push_back(message);
  }
  return messages;
}

absl::StatusOr<std::unique_ptr<bus::GroupMember>> MemoryLog::JoinGroup(
    const std::string& /*group*/, const std::string& /*topic*/) {
  return NoGroups();
}

absl::StatusOr<int64_t> MemoryLog::CommittedOffset(
    const std::string& /*group*/, const bus::TopicPartition& /*partition*/) {
  return NoGroups();
}

}  // namespace sluice::publish
