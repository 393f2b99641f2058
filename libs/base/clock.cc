#include "libs/base/clock.h"

#include "absl/time/clock.h"

namespace sluice {
namespace {

class SystemClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace

Clock* Clock::System() {
  static SystemClock* const clock = new SystemClock;
  return clock;
}

absl::Time ManualClock::Now() const {
  MutexLock lock(&mutex_);
  return now_;
}

void ManualClock::Set(absl::Time now) {
  MutexLock lock(&mutex_);
  now_ = now;
}

void ManualClock::Advance(absl::Duration by) {
  MutexLock lock(&mutex_);
  now_ += by;
}

}  // namespace sluice
