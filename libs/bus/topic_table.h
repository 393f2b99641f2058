// The topics of one embedded log and where each partition begins and ends, in
// memory.
#ifndef SLUICE_LIBS_BUS_TOPIC_TABLE_H_
#define SLUICE_LIBS_BUS_TOPIC_TABLE_H_

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
#include "libs/bus/layout.h"

namespace sluice::bus {

// What the log keeps in memory of one partition. Thread-safe, but for `tail`.
class Partition {
 public:
  Partition(layout::PartitionId id, int number, const TopicSpec& spec);

  layout::PartitionId id() const { return id_; }
  const TopicPartition& name() const { return name_; }
  Cleanup cleanup() const { return cleanup_; }
  uint64_t retention_bytes() const { return retention_bytes_; }

  // What there is to read, and the bytes of all values ever appended before its
  // beginning and before its end.
  struct Extent {
    OffsetRange offsets;
    uint64_t begin_bytes = 0;
    uint64_t end_bytes = 0;
  };
  Extent extent() const;
  OffsetRange offsets() const { return extent().offsets; }

  // Makes messages below `end` visible and wakes who waits for them.
  void GrowTo(int64_t end, uint64_t end_bytes);
  void BeginAt(int64_t begin, uint64_t begin_bytes);

  // Waits until the partition has an offset of at least `offset`. False when
  // `timeout` has passed before.
  bool WaitFor(int64_t offset, absl::Duration timeout);

  // What the next append goes on from; the append path alone touches it.
  layout::EndRow tail;

 private:
  const layout::PartitionId id_;
  const TopicPartition name_;
  const Cleanup cleanup_;
  const uint64_t retention_bytes_;

  mutable Mutex mutex_;
  CondVar grown_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  Extent extent_ ABSL_GUARDED_BY(mutex_);
};

// Immutable but for what its partitions hold.
struct Topic {
  uint32_t id = 0;
  TopicSpec spec;
  std::vector<std::unique_ptr<Partition>> partitions;
};

// Thread-safe. Topics are never removed: pointers live as long as the table.
class TopicTable {
 public:
  // Partitions of all topics together, a bound on memory.
  static constexpr size_t kPartitionsMax = 100'000;

  // Adds a topic that is not there yet.
  Topic* Add(const layout::TopicRow& row);

  // NOT_FOUND.
  absl::StatusOr<Topic*> FindTopic(const std::string& name) const;
  absl::StatusOr<Partition*> FindPartition(const TopicPartition& name) const;

  std::vector<Topic*> All() const;
  uint32_t NextId() const;
  size_t PartitionCount() const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Topic>> topics_ ABSL_GUARDED_BY(mutex_);
  uint32_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  size_t partition_count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_TOPIC_TABLE_H_
