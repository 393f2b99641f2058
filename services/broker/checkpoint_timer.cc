#include "services/broker/checkpoint_timer.h"

#include <pthread.h>

#include <cstdint>

#include "libs/base/log.h"

namespace sluice::broker {

CheckpointTimer::CheckpointTimer(audit::AuditLog* log, absl::Duration interval)
    : log_(log), interval_(interval), thread_([this] { Run(); }) {}

CheckpointTimer::~CheckpointTimer() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stop_.SignalAll();
  }
  thread_.join();
}

void CheckpointTimer::Run() {
  pthread_setname_np(pthread_self(), "checkpoints");
  uint64_t signed_size = 0;
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (!stopping_) stop_.WaitFor(&mutex_, interval_);
      if (stopping_) return;
    }
    const uint64_t size = log_->size();
    if (size == signed_size) continue;
    const auto checkpoint = log_->SignedCheckpoint();
    if (checkpoint.ok()) {
      signed_size = size;
    } else {
      LogError("no checkpoint was signed", {{"why", checkpoint.status()}});
    }
  }
}

}  // namespace sluice::broker
