// The one path on which messages get into the embedded log: fences producers,
// gives offsets and times, writes with one sync, then makes the messages
// visible.
#ifndef SLUICE_LIBS_BUS_APPEND_PATH_H_
#define SLUICE_LIBS_BUS_APPEND_PATH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/bus/commit_queue.h"
#include "libs/bus/event_log.h"
#include "libs/bus/topic_table.h"
#include "libs/storage/database.h"
#include "rocksdb/write_batch.h"

namespace sluice::bus {

// Thread-safe.
class AppendPath {
 public:
  static constexpr size_t kProducersMax = 100'000;

  // Called after messages became visible, without a lock held.
  using Appended = std::function<void(const std::vector<Partition*>&)>;

  // Nothing is owned; all of it outlives the path.
  AppendPath(storage::Database* database, TopicTable* topics, Clock* clock,
             Appended appended);

  // Reads the epochs of all producers. Before anything else.
  absl::Status Load();

  // The epoch of a new producer of this id; those before it are fenced.
  absl::StatusOr<uint64_t> OpenProducer(const std::string& producer_id);

  // As Producer::Append; without an identity, as Appender::Append.
  absl::StatusOr<std::vector<int64_t>> Append(
      const std::optional<ProducerIdentity>& producer,
      const std::vector<Outgoing>& messages);

  // Removes from a compacted partition the keys whose removal was appended
  // before `before`.
  absl::Status DropTombstones(Partition* partition, absl::Time before);

 private:
  // What a write in preparation changes; thrown away if it fails.
  struct Staged {
    rocksdb::WriteBatch batch;
    std::map<Partition*, layout::EndRow> tails;
    // Newest message of the keys that this write touches, in compacted topics.
    std::map<std::pair<Partition*, std::string>, layout::KeyRow> newest;
  };

  void Commit(const std::vector<AppendRequest*>& group);
  absl::Status CommitLocked(const std::vector<AppendRequest*>& group,
                            std::vector<Partition*>* grown)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Stage(const storage::Database::Session& session,
                     AppendRequest* request, int64_t now_micros,
                     Staged* staged);
  absl::Status StageIndex(const storage::Database::Session& session,
                          Partition* partition, const layout::EndRow& at,
                          Staged* staged);
  absl::Status StageKey(const storage::Database::Session& session,
                        Partition* partition, const Outgoing& message,
                        const layout::EndRow& at, Staged* staged);
  absl::Status CheckEpoch(const AppendRequest& request) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  storage::Database* const database_;
  TopicTable* const topics_;
  Clock* const clock_;
  const Appended appended_;

  CommitQueue queue_;

  // Held while anything is written that depends on what was written before:
  // appends, epochs, keys of compacted topics. Partition::tail belongs to its
  // holder. Taken before a Session, never after: a Session's holder must not
  // wait for one who asks for a Session.
  Mutex mutex_;
  std::map<std::string, uint64_t> epochs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_APPEND_PATH_H_
