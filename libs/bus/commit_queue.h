// Group commit: whoever comes while a write is on its way is written together
// with the next one, so that many small appends share one sync of the disk.
#ifndef SLUICE_LIBS_BUS_COMMIT_QUEUE_H_
#define SLUICE_LIBS_BUS_COMMIT_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/bus/topic_table.h"

namespace sluice::bus {

// Who appends, where only one may have the name at a time.
struct ProducerIdentity {
  std::string id;
  uint64_t epoch = 0;
};

// One Append on its way. It lives on the stack of the thread that appends.
struct AppendRequest {
  // Null: anyone, never fenced.
  const ProducerIdentity* producer = nullptr;
  const std::vector<Outgoing>* messages = nullptr;
  // Where each message goes, in step with `messages`.
  std::vector<Partition*> partitions;
  size_t bytes = 0;

  // The outcome.
  absl::Status status;
  std::vector<int64_t> offsets;

 private:
  friend class CommitQueue;
  bool done_ = false;
  CondVar turn_;
};

// Thread-safe. There is no thread of its own: the first who waits commits for
// all. As many requests wait as there are threads in Submit.
class CommitQueue {
 public:
  // Values in one write, unless a single request has more.
  static constexpr size_t kGroupBytesMax = size_t{8} << 20;

  // Sets the outcome of each request. Called by one thread at a time, without
  // lock.
  using Commit = std::function<void(const std::vector<AppendRequest*>&)>;

  explicit CommitQueue(Commit commit);

  // Returns when `request` has its outcome. Requests are committed in the order
  // of their Submit.
  void Submit(AppendRequest* request);

 private:
  const Commit commit_;

  Mutex mutex_;
  std::deque<AppendRequest*> queue_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_COMMIT_QUEUE_H_
