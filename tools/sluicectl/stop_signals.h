// SIGINT and SIGTERM as calls to a function.
#ifndef SLUICE_TOOLS_SLUICECTL_STOP_SIGNALS_H_
#define SLUICE_TOOLS_SLUICECTL_STOP_SIGNALS_H_

#include <csignal>
#include <functional>
#include <thread>

namespace sluice::sluicectl {

// While this object lives both signals are blocked in the threads started after
// it, and a thread of its own waits for them. Make it before any other thread
// starts, one at a time.
class StopSignals {
 public:
  // `on_signal(n)` is called for the n-th signal, from 1, in that thread.
  explicit StopSignals(std::function<void(int)> on_signal);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  sigset_t signals_;
  sigset_t before_;
  std::thread thread_;
};

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_STOP_SIGNALS_H_
