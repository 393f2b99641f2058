// Signs a checkpoint now and then, so that the trail's history is fixed soon
// after it is written.
#ifndef SLUICE_SERVICES_BROKER_CHECKPOINT_TIMER_H_
#define SLUICE_SERVICES_BROKER_CHECKPOINT_TIMER_H_

#include <thread>

#include "absl/time/time.h"
#include "libs/audit/audit_log.h"
#include "libs/base/mutex.h"

namespace sluice::broker {

class CheckpointTimer {
 public:
  // `log` must outlive this. Signs every `interval` in which something was
  // written.
  CheckpointTimer(audit::AuditLog* log, absl::Duration interval);
  ~CheckpointTimer();
  CheckpointTimer(const CheckpointTimer&) = delete;
  CheckpointTimer& operator=(const CheckpointTimer&) = delete;

 private:
  void Run();

  audit::AuditLog* const log_;
  const absl::Duration interval_;
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_CHECKPOINT_TIMER_H_
