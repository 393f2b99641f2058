// Those who wait for their command to be applied.
#ifndef SLUICE_LIBS_REGISTRY_SUBMIT_WAITERS_H_
#define SLUICE_LIBS_REGISTRY_SUBMIT_WAITERS_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/registry/registry.h"

namespace sluice::registry {

// Holds one entry for each Submit that is under way. Thread-safe.
class SubmitWaiters {
 public:
  // Announces that someone will wait for the message with `key`; to be called
  // before it is appended, so that it cannot be applied unseen.
  void Add(const std::string& key);

  // Takes the entry back when the message was not appended.
  void Remove(const std::string& key);

  // The message with `key` is applied. Nothing happens if nobody waits for it.
  void Resolve(const std::string& key, const Submitted& submitted);

  // From now on every Wait that has no answer yet returns `status`.
  void FailAll(const absl::Status& status);

  // Waits for Resolve and takes the entry away. STORAGE_FAILED after `timeout`.
  absl::StatusOr<Submitted> Wait(const std::string& key,
                                 absl::Duration timeout);

 private:
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, std::optional<Submitted>> waiting_
      ABSL_GUARDED_BY(mutex_);
  absl::Status failed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_SUBMIT_WAITERS_H_
