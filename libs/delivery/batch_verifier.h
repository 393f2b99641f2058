// Step 2 of a delivery: is this message what its department published, here,
// now?
#ifndef SLUICE_LIBS_DELIVERY_BATCH_VERIFIER_H_
#define SLUICE_LIBS_DELIVERY_BATCH_VERIFIER_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/records/envelope.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

// Follows the chain of one partition. Not thread-safe.
class BatchVerifier {
 public:
  // Longest wait for the registry to bring a key that a message names.
  static constexpr absl::Duration kKeyWait = absl::Seconds(30);

  // `registry` and `rejected`, which counts rejected messages, must outlive
  // this.
  BatchVerifier(std::string resource, uint32_t partition,
                const registry::Registry* registry,
                std::atomic<uint64_t>* rejected);

  // The message taken apart, if it is genuine and next in the chain. The first
  // one may stand anywhere in the chain: a subscription can start in its
  // middle.
  //
  // Nothing, with an alarm in the log, if it is to be passed over: no envelope,
  // forged, replayed, signed by someone who may not publish this, damaged, or
  // under a revoked key. KEY_NOT_YET_KNOWN if it must be asked again with the
  // same message later. CHAIN_BROKEN if a genuine message is missing before it:
  // delivery must stop.
  absl::StatusOr<std::optional<records::OpenedEnvelope>> Verify(
      const bus::Message& message);

 private:
  // Why the key may not have signed this; OK if it may.
  absl::Status CheckPublisher(const registry::KnownKey& key,
                              const records::OpenedEnvelope& envelope) const;
  absl::Status CheckGenuine(const records::OpenedEnvelope& envelope);
  void Alarm(const bus::Message& message, const absl::Status& why);

  const std::string resource_;
  const std::string department_;
  const uint32_t partition_;
  const registry::Registry* const registry_;
  std::atomic<uint64_t>* const rejected_;
  std::optional<records::ChainHead> head_;
  // Since when a key is waited for.
  std::optional<absl::Time> waiting_since_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_BATCH_VERIFIER_H_
