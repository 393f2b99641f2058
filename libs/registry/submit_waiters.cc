#include "libs/registry/submit_waiters.h"

#include <utility>

#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::registry {

void SubmitWaiters::Add(const std::string& key) {
  const MutexLock lock(&mutex_);
  waiting_[key] = std::nullopt;
}

void SubmitWaiters::Remove(const std::string& key) {
  const MutexLock lock(&mutex_);
  waiting_.erase(key);
}

void SubmitWaiters::Resolve(const std::string& key,
                            const Submitted& submitted) {
  const MutexLock lock(&mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  found->second = submitted;
  changed_.SignalAll();
}

void SubmitWaiters::FailAll(const absl::Status& status) {
  const MutexLock lock(&mutex_);
  failed_ = status;
  changed_.SignalAll();
}

absl::StatusOr<Submitted> SubmitWaiters::Wait(const std::string& key,
                                              absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  const MutexLock lock(&mutex_);
  const auto found = waiting_.find(key);
  bool timed_out = false;
  while (!found->second.has_value() && failed_.ok() && !timed_out) {
    changed_.WaitFor(&mutex_, deadline - absl::Now());
    timed_out = absl::Now() >= deadline;
  }
  const std::optional<Submitted> submitted = std::move(found->second);
  waiting_.erase(found);
  if (submitted.has_value()) return *submitted;
  if (!failed_.ok()) return failed_;
  return Error(status::v1::REASON_CODE_STORAGE_FAILED,
               "the command was not applied in time, and may be applied yet: "
               "submit the same bytes again");
}

}  // namespace sluice::registry
