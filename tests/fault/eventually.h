// Waiting for what another process does and tells nobody.
#ifndef SLUICE_TESTS_FAULT_EVENTUALLY_H_
#define SLUICE_TESTS_FAULT_EVENTUALLY_H_

#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice::fault {

// Asks until it is so, `patience` long at most; whether it came to be so. Where
// a file tells, FileTail is better.
inline bool Eventually(const std::function<bool()>& is_so,
                       absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  while (!is_so()) {
    if (absl::Now() >= until) return false;
    absl::SleepFor(absl::Milliseconds(25));
  }
  return true;
}

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_EVENTUALLY_H_
