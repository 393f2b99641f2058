// A fixed number of threads that run short tasks in the order they came.
#ifndef SLUICE_LIBS_BASE_WORKER_POOL_H_
#define SLUICE_LIBS_BASE_WORKER_POOL_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/mutex.h"

namespace sluice {

// Thread-safe. The queue has no bound of its own: who schedules bounds its
// tasks (a stream has at most one in the queue).
class WorkerPool {
 public:
  // Starts `threads` (at least 1) threads named "<name>/<n>" (15 characters
  // show).
  WorkerPool(const std::string& name, int threads);

  // As Stop.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `task` on one of the threads. False, and `task` is dropped, after
  // Stop.
  bool Schedule(std::function<void()> task);

  // Runs what is queued, then ends the threads. Not to be called from a task.
  void Stop();

 private:
  void Run(const std::string& thread_name);

  // Constant after construction, joined by the one Stop that gets there first.
  std::vector<std::thread> threads_;

  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_WORKER_POOL_H_
