// Steps 2 to 4 and the entry of step 6: verify, desensitize, describe for the
// audit trail. One agreement's policy at work.
#ifndef SLUICE_LIBS_DELIVERY_POLICY_PROCESSOR_H_
#define SLUICE_LIBS_DELIVERY_POLICY_PROCESSOR_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "libs/delivery/batch_verifier.h"
#include "libs/delivery/caller.h"
#include "libs/delivery/plan.h"
#include "libs/delivery/processor.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

// Counts that operators watch. Thread-safe; each only grows.
struct DeliveryCounters {
  std::atomic<uint64_t> rejected_messages = 0;
  std::atomic<uint64_t> untreatable_values = 0;
  std::atomic<uint64_t> delivered_batches = 0;
  std::atomic<uint64_t> delivered_records = 0;
  std::atomic<uint64_t> delivered_bytes = 0;
  std::atomic<uint64_t> acknowledged_batches = 0;
};

struct PolicyContext {
  Caller caller;
  audit::v1::Asserted asserted;
  registry::Registry::AgreementPtr agreement;
  const registry::Registry* registry = nullptr;
  DeliveryCounters* counters = nullptr;
  // The plan for a schema version; called when a batch brings one that is new
  // to the stream.
  std::function<absl::StatusOr<std::shared_ptr<const Plan>>(uint32_t)> plan_for;
};

class PolicyProcessor : public Processor {
 public:
  explicit PolicyProcessor(PolicyContext context);

  absl::StatusOr<std::optional<Prepared>> Process(
      const bus::TopicPartition& from, const bus::Message& message) override;
  void Begin(const bus::TopicPartition& partition,
             const StartPoint& start) override;

 private:
  BatchVerifier* VerifierOf(const bus::TopicPartition& partition);
  absl::StatusOr<Prepared> PrepareBatch(
      const records::OpenedEnvelope& envelope);
  absl::StatusOr<std::shared_ptr<const Plan>> PlanFor(uint32_t schema_version);
  audit::v1::Entry Announce(const records::OpenedEnvelope& envelope,
                            const Plan& plan, const TreatedBatch& treated,
                            const Prepared& prepared) const;

  const PolicyContext context_;
  // What every entry of the stream says alike.
  audit::v1::Disclosure disclosure_base_;
  std::map<uint32_t, BatchVerifier> verifiers_;
  std::map<uint32_t, std::shared_ptr<const Plan>> plans_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_POLICY_PROCESSOR_H_
