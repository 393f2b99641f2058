#include "libs/bus/wakeup.h"

#include <utility>

namespace sluice::bus {

void Wakeup::Set(std::function<void()> callback) {
  bool missed = false;
  {
    const MutexLock lock(&mutex_);
    callback_ = std::move(callback);
    missed = !armed_;
    armed_ = true;
  }
  if (missed) Fire();
}

void Wakeup::Arm() {
  const MutexLock lock(&mutex_);
  armed_ = true;
}

void Wakeup::Fire() {
  std::function<void()> callback;
  {
    const MutexLock lock(&mutex_);
    if (!armed_ || closed_) return;
    armed_ = false;
    if (!callback_) return;
    ++running_;
    callback = callback_;
  }
  callback();
  const MutexLock lock(&mutex_);
  if (--running_ == 0) idle_.SignalAll();
}

void Wakeup::Close() {
  const MutexLock lock(&mutex_);
  closed_ = true;
  while (running_ > 0) idle_.Wait(&mutex_);
}

}  // namespace sluice::bus
