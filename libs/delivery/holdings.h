// What the consumer of a filtered stream has of one partition: it decides what
// becomes a delete. Where a stream goes on in the middle, that follows from the
// messages before, its history, which are read for nothing else.
#ifndef SLUICE_LIBS_DELIVERY_HOLDINGS_H_
#define SLUICE_LIBS_DELIVERY_HOLDINGS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/delivery/batch_verifier.h"
#include "libs/delivery/held_keys.h"
#include "libs/delivery/plan.h"
#include "libs/delivery/start_point.h"
#include "libs/records/envelope.h"

namespace sluice::delivery {

// Follows the partition message by message. Not thread-safe.
class Holdings {
 public:
  // `partition` names it in errors. For the others see HeldKeys.
  explicit Holdings(std::string partition, ByteBudget* budget = nullptr,
                    size_t keys_max = HeldKeys::kKeysMax)
      : partition_(std::move(partition)), keys_(budget, keys_max) {}

  // The plan for a schema version.
  using PlanFor =
      std::function<absl::StatusOr<std::shared_ptr<const Plan>>(uint32_t)>;

  // Before the first message, which is the partition's first: those before
  // `start` are history.
  void ReadHistory(const StartPoint& start);

  // Whether history may still come.
  bool reads_history() const { return history_.has_value(); }

  // By its place on the bus: of a message that is not verified, too.
  bool IsHistoryAt(int64_t offset) const {
    return history_.has_value() && offset < history_->offset;
  }
  // By its place in the chain, where the consumer said one.
  bool IsHistory(uint64_t sequence, int64_t offset) const {
    if (!history_.has_value() || history_->after == 0) {
      return IsHistoryAt(offset);
    }
    return sequence <= history_->after;
  }

  // Takes a message of the history into account. An error that passes, or that
  // ends the stream, and none for a batch that could not be delivered: then
  // what the consumer has is not known.
  absl::Status Recall(const records::OpenedEnvelope& envelope,
                      const PlanFor& plan_for);

  // Something of the history is missing: what the consumer has is not known
  // until a baseline is complete.
  void Forget();

  // All of the history that is on the bus was read, and perhaps the message
  // behind it; `seen` is of the chain up to there. POSITION_EXPIRED if that
  // does not say what the consumer has. Where the chain may be yet to begin,
  // reads_history stays as it is: the first message will tell.
  absl::Status EndHistory(BatchVerifier::Seen seen);

  // What a consumer does at a baseline's marks.
  void Mark(records::v1::MessageKind kind);

  // Of the history, then of what leaves.
  HeldKeys* keys() { return &keys_; }

 private:
  struct History {
    // The first message that is not of it: behind this sequence, or, if that is
    // 0, from this offset on.
    uint64_t after = 0;
    int64_t offset = 0;
    // Whether there may be none, for nothing was removed and nothing is known
    // of the consumer but a place on the bus.
    bool may_be_empty = false;
    // Something of it is missing, even if the chain is not; and whether there
    // was a whole baseline since, which says all that the consumer has.
    bool misses_something = false;
    bool has_baseline = false;
  };

  // False if the batch cannot be delivered under the agreement, ever.
  absl::StatusOr<bool> RecallBatch(const records::OpenedEnvelope& envelope,
                                   const PlanFor& plan_for);

  const std::string partition_;
  HeldKeys keys_;
  std::optional<History> history_;
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_HOLDINGS_H_
