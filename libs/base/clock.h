// Wall-clock time, behind an interface so that a test can say what time it is.
#ifndef SLUICE_LIBS_BASE_CLOCK_H_
#define SLUICE_LIBS_BASE_CLOCK_H_

#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace sluice {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;

  // The machine's clock; lives as long as the program.
  static Clock* System();
};

// A clock that stands still until it is told to move.
class ManualClock : public Clock {
 public:
  explicit ManualClock(absl::Time now) : now_(now) {}

  absl::Time Now() const override;
  void Set(absl::Time now);
  void Advance(absl::Duration by);

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_CLOCK_H_
