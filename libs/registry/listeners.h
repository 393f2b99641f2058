// Who is told of what is applied.
#ifndef SLUICE_LIBS_REGISTRY_LISTENERS_H_
#define SLUICE_LIBS_REGISTRY_LISTENERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "libs/base/mutex.h"

namespace sluice::registry {

// Listeners that are called with `Args`. Thread-safe; one thread at a time
// calls Call.
template <typename... Args>
class Listeners {
 public:
  using Listener = std::function<void(Args...)>;

  uint64_t Add(Listener listener) {
    const MutexLock lock(&mutex_);
    const uint64_t id = next_id_++;
    listeners_[id] = std::make_shared<const Listener>(std::move(listener));
    return id;
  }

  // When it returns, the listener is not running and is not called any more,
  // unless it is the listener itself that removes it. An unknown id is no
  // error.
  void Remove(uint64_t id) {
    const MutexLock lock(&mutex_);
    listeners_.erase(id);
    while (running_id_ == id && running_in_ != std::this_thread::get_id()) {
      call_ended_.Wait(&mutex_);
    }
  }

  // Calls each listener in the order they were added, without a lock held: it
  // may add and remove listeners.
  void Call(Args... args) {
    uint64_t last_id = 0;
    while (true) {
      std::shared_ptr<const Listener> listener;
      {
        const MutexLock lock(&mutex_);
        const auto next = listeners_.upper_bound(last_id);
        if (next == listeners_.end()) return;
        last_id = next->first;
        listener = next->second;
        running_id_ = last_id;
        running_in_ = std::this_thread::get_id();
      }
      (*listener)(args...);
      // What it captured may go with it, so before it counts as ended.
      listener.reset();
      const MutexLock lock(&mutex_);
      running_id_ = 0;
      call_ended_.SignalAll();
    }
  }

 private:
  Mutex mutex_;
  CondVar call_ended_;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, std::shared_ptr<const Listener>> listeners_
      ABSL_GUARDED_BY(mutex_);
  // The listener that runs now, and where; 0 for none.
  uint64_t running_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread::id running_in_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_LISTENERS_H_
