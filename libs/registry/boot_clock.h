// Time since the machine started, behind an interface so that a test can say
// how much has passed.
#ifndef SLUICE_LIBS_REGISTRY_BOOT_CLOCK_H_
#define SLUICE_LIBS_REGISTRY_BOOT_CLOCK_H_

#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace sluice::registry {

// Thread-safe.
class BootClock {
 public:
  virtual ~BootClock() = default;

  // Goes on while the process is stopped and while the machine is suspended;
  // nobody can set it. Means nothing on another machine.
  virtual absl::Duration Now() const = 0;

  // The machine's; lives as long as the program.
  static const BootClock* System();
};

// Stands still until it is told to move.
class ManualBootClock : public BootClock {
 public:
  absl::Duration Now() const override {
    const MutexLock lock(&mutex_);
    return now_;
  }
  void Advance(absl::Duration by) {
    const MutexLock lock(&mutex_);
    now_ += by;
  }

 private:
  mutable Mutex mutex_;
  absl::Duration now_ ABSL_GUARDED_BY(mutex_) = absl::Hours(1);
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_BOOT_CLOCK_H_
