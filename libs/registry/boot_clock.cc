#include "libs/registry/boot_clock.h"

#include <ctime>

namespace sluice::registry {
namespace {

class SystemBootClock : public BootClock {
 public:
  absl::Duration Now() const override {
    timespec now = {};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace

const BootClock* BootClock::System() {
  static const auto* const clock = new SystemBootClock;
  return clock;
}

}  // namespace sluice::registry
