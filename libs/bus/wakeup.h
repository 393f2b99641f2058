// A callback that another object may set off until its owner is gone.
#ifndef SLUICE_LIBS_BUS_WAKEUP_H_
#define SLUICE_LIBS_BUS_WAKEUP_H_

#include <functional>

#include "libs/base/mutex.h"

namespace sluice::bus {

// Armed by its owner, fired by anyone: between two Arms the callback runs at
// most once, so that a burst of appends costs one call. Thread-safe; armed from
// the beginning.
class Wakeup {
 public:
  // Called at most once, before the first Arm. A Fire that came before runs it
  // now.
  void Set(std::function<void()> callback);

  // The next Fire calls the callback.
  void Arm();

  // Runs the callback in this thread unless it ran since the last Arm. Call it
  // without a lock held.
  void Fire();

  // Returns when no callback is running; none runs afterwards. Not to be called
  // from the callback.
  void Close();

 private:
  Mutex mutex_;
  CondVar idle_;
  std::function<void()> callback_ ABSL_GUARDED_BY(mutex_);
  bool armed_ ABSL_GUARDED_BY(mutex_) = true;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_WAKEUP_H_
