#include "libs/registry/listeners.h"

#include <utility>

namespace sluice::registry {

uint64_t Listeners::Add(Listener listener) {
  const MutexLock lock(&mutex_);
  const uint64_t id = next_id_++;
  listeners_[id] = std::make_shared<const Listener>(std::move(listener));
  return id;
}

void Listeners::Remove(uint64_t id) {
  const MutexLock lock(&mutex_);
  listeners_.erase(id);
  while (running_id_ == id && running_in_ != std::this_thread::get_id()) {
    call_ended_.Wait(&mutex_);
  }
}

void Listeners::Call(uint64_t offset, const v1::Command& command) {
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
    (*listener)(offset, command);
    // What it captured may go with it, so before it counts as ended.
    listener.reset();
    const MutexLock lock(&mutex_);
    running_id_ = 0;
    call_ended_.SignalAll();
  }
}

}  // namespace sluice::registry
