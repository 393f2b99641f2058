#include "libs/bus/topic_table.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

using status::v1::REASON_CODE_NOT_FOUND;

}  // namespace

Partition::Partition(layout::PartitionId id, int number, const TopicSpec& spec)
    : id_(id),
      name_{spec.name, number},
      cleanup_(spec.cleanup),
      retention_bytes_(spec.retention_bytes) {}

Partition::Extent Partition::extent() const {
  const MutexLock lock(&mutex_);
  return extent_;
}

void Partition::GrowTo(int64_t end, uint64_t end_bytes) {
  const MutexLock lock(&mutex_);
  extent_.offsets.end = end;
  extent_.end_bytes = end_bytes;
  if (waiting_ > 0) grown_.SignalAll();
}

void Partition::BeginAt(int64_t begin, uint64_t begin_bytes) {
  const MutexLock lock(&mutex_);
  extent_.offsets.begin = begin;
  extent_.begin_bytes = begin_bytes;
}

bool Partition::WaitFor(int64_t offset, absl::Duration timeout) {
  using std::chrono::steady_clock;
  const steady_clock::time_point start = steady_clock::now();
  const MutexLock lock(&mutex_);
  ++waiting_;
  absl::Duration left = timeout;
  while (extent_.offsets.end <= offset && left > absl::ZeroDuration()) {
    grown_.WaitFor(&mutex_, left);
    left = timeout - absl::FromChrono(steady_clock::now() - start);
  }
  --waiting_;
  return extent_.offsets.end > offset;
}

Topic* TopicTable::Add(const layout::TopicRow& row) {
  auto topic = std::make_unique<Topic>();
  topic->id = row.id;
  topic->spec = row.spec;
  for (int i = 0; i < row.spec.partitions; ++i) {
    topic->partitions.push_back(std::make_unique<Partition>(
        layout::PartitionId{row.id, static_cast<uint32_t>(i)}, i, row.spec));
  }
  Topic* added = topic.get();
  const MutexLock lock(&mutex_);
  next_id_ = std::max(next_id_, row.id + 1);
  partition_count_ += topic->partitions.size();
  topics_[row.spec.name] = std::move(topic);
  return added;
}

absl::StatusOr<Topic*> TopicTable::FindTopic(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto found = topics_.find(name);
  if (found == topics_.end()) {
    return Error(REASON_CODE_NOT_FOUND,
                 absl::StrCat("no topic ", name.substr(0, 300),
                              " on this bus: create it first"));
  }
  return found->second.get();
}

absl::StatusOr<Partition*> TopicTable::FindPartition(
    const TopicPartition& name) const {
  ASSIGN_OR_RETURN(const Topic* topic, FindTopic(name.topic));
  if (name.partition < 0 || name.partition >= topic->spec.partitions) {
    return Error(
        REASON_CODE_NOT_FOUND,
        absl::StrCat("topic ", name.topic, " has no partition ", name.partition,
                     ", only 0 to ", topic->spec.partitions - 1));
  }
  return topic->partitions[static_cast<size_t>(name.partition)].get();
}

std::vector<Topic*> TopicTable::All() const {
  const MutexLock lock(&mutex_);
  std::vector<Topic*> all;
  all.reserve(topics_.size());
  for (const auto& [name, topic] : topics_) all.push_back(topic.get());
  return all;
}

uint32_t TopicTable::NextId() const {
  const MutexLock lock(&mutex_);
  return next_id_;
}

size_t TopicTable::PartitionCount() const {
  const MutexLock lock(&mutex_);
  return partition_count_;
}

}  // namespace sluice::bus
