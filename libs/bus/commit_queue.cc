#include "libs/bus/commit_queue.h"

#include <utility>

namespace sluice::bus {

CommitQueue::CommitQueue(Commit commit) : commit_(std::move(commit)) {}

void CommitQueue::Submit(AppendRequest* request) {
  std::vector<AppendRequest*> group;
  {
    const MutexLock lock(&mutex_);
    queue_.push_back(request);
    while (!request->done_ && queue_.front() != request) {
      request->turn_.Wait(&mutex_);
    }
    if (request->done_) return;
    // This thread leads: who stays in the queue until it is done waits.
    size_t bytes = 0;
    for (AppendRequest* waiting : queue_) {
      bytes += waiting->bytes;
      if (!group.empty() && bytes > kGroupBytesMax) break;
      group.push_back(waiting);
    }
  }
  commit_(group);
  const MutexLock lock(&mutex_);
  for (AppendRequest* finished : group) {
    queue_.pop_front();
    if (finished == request) continue;
    finished->done_ = true;
    // Under the lock: the request is gone once its thread sees done_.
    finished->turn_.Signal();
  }
  if (!queue_.empty()) queue_.front()->turn_.Signal();
}

}  // namespace sluice::bus
