// Who is told of each accepted command.
#ifndef SLUICE_LIBS_REGISTRY_LISTENERS_H_
#define SLUICE_LIBS_REGISTRY_LISTENERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <thread>

#include "libs/base/mutex.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

// Thread-safe; one thread at a time calls Call.
class Listeners {
 public:
  using Listener =
      std::function<void(uint64_t offset, const v1::Command& command)>;

  uint64_t Add(Listener listener);

  // When it returns, the listener is not running and is not called any more,
  // unless it is the listener itself that removes it. An unknown id is no
  // error.
  void Remove(uint64_t id);

  // Calls each listener in the order they were added, without a lock held: it
  // may add and remove listeners.
  void Call(uint64_t offset, const v1::Command& command);

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
