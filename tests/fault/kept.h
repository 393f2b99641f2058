// What is kept of a delivery.
#ifndef SLUICE_TESTS_FAULT_KEPT_H_
#define SLUICE_TESTS_FAULT_KEPT_H_

#include "libs/client/subscription.h"
#include "tests/fault/journal.h"

namespace sluice::fault {

// Of a resource that Cluster::Offer made, all of whose fields are granted.
JournalDelivery Kept(const client::ReceivedDelivery& received);

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_KEPT_H_
