// What must hold at the start of every write of a stream.
#ifndef SLUICE_LIBS_DELIVERY_WRITE_GATE_H_
#define SLUICE_LIBS_DELIVERY_WRITE_GATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/delivery/admission.h"
#include "libs/delivery/caller.h"
#include "libs/delivery/gate.h"
#include "libs/registry/lease.h"
#include "libs/registry/quota.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

// Whether this broker may deliver at all.
struct Standing {
  const registry::Registry* registry = nullptr;
  // Null: no other broker can be at this bus, so there is nothing to prove.
  const registry::Lease* lease = nullptr;

  // LEASE_LOST.
  absl::Status CheckLease() const {
    return lease == nullptr ? absl::OkStatus() : lease->Check();
  }
  // LEASE_LOST, or what is wrong with the registry.
  absl::Status Check() const;
};

// The gate of one stream: that of its agreement version, and all else that may
// end while the stream runs. Used by one thread at a time for writes, and by
// the exchange's ticker beside it.
class WriteGate {
 public:
  // `standing` must outlive it. `grant` is what the stream began with.
  WriteGate(const Standing* standing, std::shared_ptr<Gate> gate,
            const Grant& grant, Caller caller);

  // The stream's place among those that the agreement allows. Before the first
  // Enter; none is held where there is no limit.
  void Hold(std::unique_ptr<registry::Quota::StreamPlace> place);

  // A pass to start one write with. `publisher_key` signed what is to be
  // written; empty: nothing is. Errors: as Standing::Check, CheckLive,
  // CheckCertificate and CheckEntry; why the gate is closed; LIMIT_REACHED: the
  // place was lost; SHUTTING_DOWN: the publisher's key was revoked.
  absl::StatusOr<std::unique_ptr<Gate::Pass>> Enter(
      const std::string& publisher_key);

  // Gives the place back, when the stream has ended.
  void Release();

 private:
  absl::Status CheckPlace();
  absl::Status CheckPublisherKey(const std::string& key_id) const;

  const Standing* const standing_;
  const std::shared_ptr<Gate> gate_;
  const registry::Registry::AgreementPtr agreement_;
  const Caller caller_;
  // Version of the catalog entry that was looked at last.
  std::atomic<uint32_t> entry_version_;

  Mutex mutex_;
  std::unique_ptr<registry::Quota::StreamPlace> place_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_WRITE_GATE_H_
