#include "services/broker/await_lease.h"

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/log.h"

namespace sluice::broker {
namespace {

constexpr absl::Duration kWaitMax = absl::Seconds(5);
constexpr absl::Duration kInterval = absl::Milliseconds(5);

}  // namespace

void AwaitLease(const registry::Lease& lease) {
  const absl::Time until = absl::Now() + kWaitMax;
  absl::Status held = lease.Check();
  while (!held.ok() && absl::Now() < until) {
    absl::SleepFor(kInterval);
    held = lease.Check();
  }
  if (!held.ok()) LogWarning("no lease yet", {{"error", held}});
}

}  // namespace sluice::broker
