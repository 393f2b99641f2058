// Where calls wait until a test lets them pass, as for a bus that does not
// answer.
#ifndef SLUICE_LIBS_DELIVERY_TURNSTILE_H_
#define SLUICE_LIBS_DELIVERY_TURNSTILE_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace sluice::delivery {

// Thread-safe.
class Turnstile {
 public:
  // Nobody passes before.
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.SignalAll();
  }

  void Pass() {
    MutexLock lock(&mutex_);
    ++arrived_;
    changed_.SignalAll();
    while (!open_) changed_.Wait(&mutex_);
    ++passed_;
  }

  // Until so many have come, whether they have passed or not. False if there
  // are fewer after a minute.
  bool WaitForArrived(int count) {
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    MutexLock lock(&mutex_);
    while (arrived_ < count && absl::Now() < deadline) {
      changed_.WaitFor(&mutex_, deadline - absl::Now());
    }
    return arrived_ >= count;
  }

  int passed() const {
    MutexLock lock(&mutex_);
    return passed_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  int arrived_ ABSL_GUARDED_BY(mutex_) = 0;
  int passed_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_TURNSTILE_H_
