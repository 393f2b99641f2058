// A broker's quota: reserves its parts of agreements' limits in the registry's
// log, in a thread of its own.
#ifndef SLUICE_LIBS_REGISTRY_BROKER_QUOTA_H_
#define SLUICE_LIBS_REGISTRY_BROKER_QUOTA_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/registry/boot_clock.h"
#include "libs/registry/membership.h"
#include "libs/registry/quota.h"
#include "libs/registry/registry.h"

namespace sluice::registry {

struct QuotaOptions {
  // These outlive the quota.
  Registry* registry = nullptr;
  bus::EventLog* log = nullptr;
  const crypto::SigningKey* key = nullptr;
  // Membership::incarnation(): what an earlier process had reserved is not this
  // one's.
  std::string incarnation;
  // The membership's. Within a lease of the end of a day nothing is taken or
  // sent: for as long a broker may not know that the log's day is over. Without
  // a membership, whose heartbeats keep the log's time moving, a day may not
  // end.
  absl::Duration lease = kLeaseDefault;
  const BootClock* clock = BootClock::System();
};

// Places taken from it may outlive it; they are not held any more then.
// STORAGE_FAILED.
absl::StatusOr<std::unique_ptr<Quota>> OpenQuota(QuotaOptions options);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_BROKER_QUOTA_H_
