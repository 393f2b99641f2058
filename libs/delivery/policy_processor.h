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
#include "libs/delivery/batch_cache.h"
#include "libs/delivery/batch_verifier.h"
#include "libs/delivery/byte_budget.h"
#include "libs/delivery/caller.h"
#include "libs/delivery/holdings.h"
#include "libs/delivery/plan.h"
#include "libs/delivery/processor.h"
#include "libs/registry/registry.h"

namespace sluice::delivery {

// Counts that operators watch. Thread-safe.
struct DeliveryCounters {
  std::atomic<uint64_t> rejected_messages = 0;
  std::atomic<uint64_t> untreatable_values = 0;
  std::atomic<uint64_t> delivered_batches = 0;
  std::atomic<uint64_t> delivered_records = 0;
  std::atomic<uint64_t> delivered_bytes = 0;
  std::atomic<uint64_t> acknowledged_batches = 0;
  // Times that a stream paused, for want of a lease or of the registry.
  std::atomic<uint64_t> pauses = 0;
  // Times that a stream came to the end of an agreement's day.
  std::atomic<uint64_t> days_used_up = 0;
  // Of batches that several streams read: those that were verified and opened
  // for another stream already, and those that were not.
  std::atomic<uint64_t> cache_hits = 0;
  std::atomic<uint64_t> cache_misses = 0;
  // Streams that are paused now, and that wait for records to be allowed: these
  // two fall again.
  std::atomic<int64_t> paused_streams = 0;
  std::atomic<int64_t> quota_waiting_streams = 0;
};

struct PolicyContext {
  Caller caller;
  audit::v1::Asserted asserted;
  registry::Registry::AgreementPtr agreement;
  const registry::Registry* registry = nullptr;
  DeliveryCounters* counters = nullptr;
  // Shared with other streams; null: none.
  BatchCache* cache = nullptr;
  // Of which streams under row filters keep count of what consumers have; null:
  // without bound.
  ByteBudget* held_keys = nullptr;
  // The plan for a schema version; called when a batch brings one that is new
  // to the stream.
  std::function<absl::StatusOr<std::shared_ptr<const Plan>>(uint32_t)> plan_for;
};

class PolicyProcessor : public Processor {
 public:
  explicit PolicyProcessor(PolicyContext context);

  absl::StatusOr<std::optional<Prepared>> Process(
      const bus::TopicPartition& from, const bus::Message& message) override;
  absl::StatusOr<Prepared> Part(
      const bus::Message& message,
      const std::shared_ptr<const RowSelection>& selection, uint32_t first_row,
      uint32_t row_count) override;
  bool NeedsHistory(const StartPoint& start) const override;
  void Begin(const bus::TopicPartition& partition,
             const StartPoint& start) override;
  absl::Status ReachEnd() override;
  void Leave(const bus::TopicPartition& partition) override;

 private:
  struct Partition {
    std::unique_ptr<BatchVerifier> verifier;
    // Null without a cache.
    std::unique_ptr<BatchCache::Reader> reader;
    // Kept up with follows_keys_.
    std::unique_ptr<Holdings> holdings;
  };

  Partition* PartitionOf(const bus::TopicPartition& partition);
  std::unique_ptr<BatchVerifier> MakeVerifier(uint32_t partition) const;
  // Verifies, also across a gap in what is only history.
  absl::StatusOr<std::optional<records::OpenedEnvelope>> Verify(
      const bus::Message& message, uint32_t number, const OpenedBatch* opened,
      Partition* partition);
  // Takes a message into account if it is history, and says whether it is;
  // nothing of one that is passed over is looked at. POSITION_EXPIRED behind
  // the last one, if it does not say what the consumer has.
  absl::StatusOr<bool> Recall(
      const bus::Message& message,
      const std::optional<records::OpenedEnvelope>& envelope,
      Partition* partition);
  Prepared PrepareMarker(const records::OpenedEnvelope& envelope,
                         Partition* partition) const;
  // Selects rows and treats them.
  absl::StatusOr<Prepared> Filter(const OpenedBatch& opened, const Plan& plan,
                                  Partition* partition);
  // Entries [begin, end) of `selection`, which were `source_rows` rows.
  absl::StatusOr<Prepared> TreatSelected(
      const OpenedBatch& opened, const Plan& plan,
      const std::shared_ptr<const RowSelection>& selection, size_t begin,
      size_t end, uint32_t source_rows) const;
  // `rows` are some or all of the batch's, ready to be sent, the first of them
  // its row number `first_row`.
  absl::StatusOr<Prepared> Treat(const OpenedBatch& opened, const Plan& plan,
                                 const records::Batch& rows,
                                 uint32_t first_row) const;
  absl::Status RecordTooLarge(const records::v1::EnvelopeHeader& header,
                              uint32_t row) const;
  absl::StatusOr<std::shared_ptr<const Plan>> PlanFor(uint32_t schema_version);
  audit::v1::Entry Announce(const records::OpenedEnvelope& envelope,
                            const Plan& plan, const TreatedBatch& treated,
                            const Prepared& prepared) const;

  const PolicyContext context_;
  // Whether what leaves depends on what the consumer has: a row filter on a
  // STATE resource.
  const bool follows_keys_;
  // What every entry of the stream says alike.
  audit::v1::Disclosure disclosure_base_;
  std::map<uint32_t, Partition> partitions_;
  std::map<uint32_t, std::shared_ptr<const Plan>> plans_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_POLICY_PROCESSOR_H_
