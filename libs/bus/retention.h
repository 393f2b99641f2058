// Lets old messages go.
#ifndef SLUICE_LIBS_BUS_RETENTION_H_
#define SLUICE_LIBS_BUS_RETENTION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/bus/layout.h"
#include "libs/bus/topic_table.h"
#include "libs/storage/database.h"

namespace sluice::bus {

// Of topics with Cleanup::kDelete. Thread-safe.
class Retention {
 public:
  // Bytes let go after which RocksDB is asked to give the space back at once.
  static constexpr uint64_t kReclaimBytes = uint64_t{64} << 20;

  explicit Retention(storage::Database* database) : database_(database) {}

  // Removes what `spec` allows to go from the partition: messages older than
  // spec.retention at `now`, and the oldest ones beyond spec.retention_bytes.
  // The newest message never goes for its size. One write batch: a crash leaves
  // all or nothing of it done.
  absl::Status Apply(const TopicSpec& spec, Partition* partition,
                     absl::Time now);

  // Gives disk space back if enough was removed since the last time.
  absl::Status Reclaim();

 private:
  absl::Status Remove(const storage::Database::Session& session,
                      layout::PartitionId id, int64_t new_begin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  storage::Database* const database_;

  // One removal at a time. Taken before a Session.
  Mutex mutex_;
  uint64_t removed_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_RETENTION_H_
