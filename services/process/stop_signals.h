// SIGINT and SIGTERM of a process that serves.
#ifndef SLUICE_SERVICES_PROCESS_STOP_SIGNALS_H_
#define SLUICE_SERVICES_PROCESS_STOP_SIGNALS_H_

#include <csignal>

#include "libs/base/mutex.h"

namespace sluice::process {

// Until the process serves both signals end it at once: to apply a long log
// takes its time, and a start that is cut off is gone on with by the next one.
// Make it before any other thread, which inherits that they are blocked, and
// never destroy it: its thread waits for as long as the process runs.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // From here on a signal is for Wait. Call before anyone is told that the
  // process serves.
  void Serving();

  // The first signal.
  int Wait();

 private:
  void Receive();

  sigset_t signals_;
  Mutex mutex_;
  CondVar changed_;
  bool serving_ ABSL_GUARDED_BY(mutex_) = false;
  int received_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_STOP_SIGNALS_H_
