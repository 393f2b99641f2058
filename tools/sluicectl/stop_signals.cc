#include "tools/sluicectl/stop_signals.h"

#include <pthread.h>

#include <utility>

namespace sluice::sluicectl {
namespace {

// Sent to the thread by the destructor.
constexpr int kWakeSignal = SIGUSR1;

}  // namespace

StopSignals::StopSignals(std::function<void(int)> on_signal) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, kWakeSignal);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this, on_signal = std::move(on_signal)] {
    int signal = 0;
    for (int count = 1;
         sigwait(&signals_, &signal) == 0 && signal != kWakeSignal; ++count) {
      on_signal(count);
    }
  });
}

StopSignals::~StopSignals() {
  pthread_kill(thread_.native_handle(), kWakeSignal);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace sluice::sluicectl
