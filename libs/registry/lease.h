// What says that a broker may deliver now: that it has applied, not long ago,
// all that the registry held.
#ifndef SLUICE_LIBS_REGISTRY_LEASE_H_
#define SLUICE_LIBS_REGISTRY_LEASE_H_

#include "absl/status/status.h"

namespace sluice::registry {

// Thread-safe.
class Lease {
 public:
  virtual ~Lease() = default;

  // OK while the lease runs; otherwise LEASE_LOST and why. Asked before every
  // write, so it takes no lock and makes no call but for the time.
  virtual absl::Status Check() const = 0;
};

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_LEASE_H_
