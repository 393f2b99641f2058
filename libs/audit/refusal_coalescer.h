// Writes refusals so that they cannot flood the trail: equal ones (same peer,
// method, agreement and reason) within a second become one entry with a count.
#ifndef SLUICE_LIBS_AUDIT_REFUSAL_COALESCER_H_
#define SLUICE_LIBS_AUDIT_REFUSAL_COALESCER_H_

#include <cstddef>
#include <cstdint>
#include <list>
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
  // `log` and `clock` outlive it. The first refusal of a kind is written at
  // once, so that a single one is never late; those that follow within `window`
  // are counted and written as one when it has passed, and so on window by
  // window.
  RefusalCoalescer(AuditLog* log, Clock* clock,
                   absl::Duration window = absl::Seconds(1));
  // As Flush.
  ~RefusalCoalescer();
  RefusalCoalescer(const RefusalCoalescer&) = delete;
  RefusalCoalescer& operator=(const RefusalCoalescer&) = delete;

  // `refusal.count` is set here. `registry_offset` as in Entry; a counted entry
  // has the newest. Never blocks. Strings the caller chose are cut at
  // kTextBytesMax.
  //
  // When kKindsMax kinds are counted, the oldest is written early. A peer that
  // is refused for kKindsPerPeerMax kinds within a window has further ones
  // counted together per method and reason, without agreement and purpose:
  // asking for ever new names must not get round the coalescing.
  //
  // A refusal that the trail cannot take is logged and dropped: while that is
  // so, nothing is disclosed.
  void Record(v1::Refusal refusal, uint64_t registry_offset);

  // Writes the counts whose window has passed. Call at least once per window.
  void Tick();

  // Writes all pending counts.
  void Flush();

  static constexpr size_t kKindsMax = 4096;
  static constexpr size_t kKindsPerPeerMax = 64;
  static constexpr size_t kTextBytesMax = 512;

 private:
  // Peer, method, agreement, reason.
  using Kind = std::tuple<std::string, std::string, std::string, int>;
  struct Pending {
    Kind kind;
    // The last refusal; its count is that of the window so far, and may be 0.
    v1::Entry entry;
    absl::Time window_start;
  };
  // From the oldest window.
  using Windows = std::list<Pending>;

  bool PassedLocked(const Pending& pending, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Writes what passed windows counted. A kind that was refused in its window
  // starts another one; a kind that was not is forgotten.
  void EndPassedWindowsLocked(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetLocked(Windows::iterator window)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Nothing if its count is 0.
  void WriteLocked(const v1::Entry& entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  AuditLog* const log_;
  Clock* const clock_;
  const absl::Duration window_;

  Mutex mutex_;
  Windows windows_ ABSL_GUARDED_BY(mutex_);
  std::map<Kind, Windows::iterator> by_kind_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, size_t> kinds_of_peer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::audit

#endif  // SLUICE_LIBS_AUDIT_REFUSAL_COALESCER_H_
