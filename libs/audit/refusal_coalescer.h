// Writes refusals so that they cannot flood the trail: equal ones (same peer,
// method, agreement and reason) within a second become one entry with a count.
#ifndef SLUICE_LIBS_AUDIT_REFUSAL_COALESCER_H_
#define SLUICE_LIBS_AUDIT_REFUSAL_COALESCER_H_

#include <cstddef>
#include <map>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "libs/audit/audit_log.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "sluice/audit/v1/entry.pb.h"

namespace sluice::audit {

// Thread-safe.
class RefusalCoalescer {
 public:
  // The first refusal of a kind is written at once, so that a single one is never
  // late; those that follow within `window` are counted and written as one.
  RefusalCoalescer(AuditLog* log, Clock* clock,
                   absl::Duration window = absl::Seconds(1));
  // As Flush.
  ~RefusalCoalescer();

  // `refusal.count` is set here. `registry_offset` as in Entry. Never blocks. When
  // kKindsMax kinds are pending, the oldest is written early.
  void Record(v1::Refusal refusal, uint64_t registry_offset);

  // Writes the counts whose window has passed. Call at least once per window.
  void Tick();

  // Writes all pending counts.
  void Flush();

  static constexpr size_t kKindsMax = 4096;

 private:
  using Kind = std::tuple<std::string, std::string, std::string, int>;
  struct Pending {
    v1::Entry entry;
    absl::Time window_end;
  };

  void WriteLocked(Pending pending) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  AuditLog* const log_;
  Clock* const clock_;
  const absl::Duration window_;

  Mutex mutex_;
  std::map<Kind, Pending> pending_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_REFUSAL_COALESCER_H_
