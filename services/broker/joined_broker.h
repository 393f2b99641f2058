// A start that ends when the broker can deliver, where it soon can.
#ifndef SLUICE_SERVICES_BROKER_AWAIT_LEASE_H_
#define SLUICE_SERVICES_BROKER_AWAIT_LEASE_H_

#include "libs/registry/lease.h"

namespace sluice::broker {

// Returns when the lease runs, which takes one heartbeat, or after five seconds
// without one: the broker serves what needs none, and goes on by itself.
void AwaitLease(const registry::Lease& lease);

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_AWAIT_LEASE_H_
