#include "services/process/stop_signals.h"

#include <pthread.h>

#include <thread>

namespace sluice::process {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::thread([this] { Receive(); }).detach();
}

void StopSignals::Serving() {
  MutexLock lock(&mutex_);
  serving_ = true;
}

int StopSignals::Wait() {
  MutexLock lock(&mutex_);
  while (received_ == 0) changed_.Wait(&mutex_);
  return received_;
}

void StopSignals::Receive() {
  pthread_setname_np(pthread_self(), "signals");
  int number = 0;
  sigwait(&signals_, &number);
  MutexLock lock(&mutex_);
  if (!serving_) {
    // With its default action, so that who sent it sees it taken.
    pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
    raise(number);
  }
  received_ = number;
  changed_.SignalAll();
}

}  // namespace sluice::process
