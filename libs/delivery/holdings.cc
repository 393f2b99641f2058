#include "libs/delivery/holdings.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/delivery/batch_cache.h"

namespace sluice::delivery {
namespace {

// False where a batch does not fit the agreement; otherwise the error.
absl::StatusOr<bool> UnlessUnfit(const absl::Status& why) {
  const ReasonCode reason = ReasonOf(why);
  if (reason == status::v1::REASON_CODE_TREATMENT_TOO_WEAK ||
      TraitsOf(reason).code == absl::StatusCode::kInvalidArgument) {
    return false;
  }
  return why;
}

absl::Status Unknown(const std::string& partition) {
  return Error(
      status::v1::REASON_CODE_POSITION_EXPIRED,
      absl::StrCat("of ", partition,
                   " what is left on the bus before this place does not say "
                   "which records the consumer has, and under a row filter "
                   "that decides what becomes a delete: start from the "
                   "beginning, which includes a baseline"));
}

}  // namespace

void Holdings::ReadHistory(const StartPoint& start) {
  history_ = History{start.after, start.offset};
  history_->may_be_empty =
      start.after == 0 && start.history_from.value_or(start.offset) == 0;
}

absl::Status Holdings::Recall(const records::OpenedEnvelope& envelope,
                              const PlanFor& plan_for) {
  if (envelope.header.kind() != records::v1::MESSAGE_KIND_BATCH) {
    Mark(envelope.header.kind());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool fits, RecallBatch(envelope, plan_for));
  // It was never delivered under this version of the agreement; what the
  // consumer has of it by another one is not known.
  if (!fits) Forget();
  return absl::OkStatus();
}

absl::StatusOr<bool> Holdings::RecallBatch(
    const records::OpenedEnvelope& envelope, const PlanFor& plan_for) {
  const auto opened = OpenBatch(envelope);
  if (!opened.ok()) return UnlessUnfit(opened.status());
  const records::Batch& batch = (*opened)->batch;
  const auto plan = plan_for(batch.schema_version);
  if (!plan.ok()) return UnlessUnfit(plan.status());
  absl::Status selected = (*plan)->Select(batch, &keys_).status();
  if (selected.ok()) return true;
  // That there is too much to keep count of is not the batch's fault.
  if (ReasonOf(selected) == status::v1::REASON_CODE_TOO_LARGE) return selected;
  return UnlessUnfit(selected);
}

void Holdings::Forget() {
  keys_.Clear();
  history_->misses_something = true;
  history_->has_baseline = false;
}

absl::Status Holdings::EndHistory(BatchVerifier::Seen seen) {
  if (seen == BatchVerifier::Seen::kNothing && history_->may_be_empty) {
    return absl::OkStatus();
  }
  const bool is_complete =
      history_->has_baseline || (seen == BatchVerifier::Seen::kFromTheFirst &&
                                 !history_->misses_something);
  history_.reset();
  return is_complete ? absl::OkStatus() : Unknown(partition_);
}

void Holdings::Mark(records::v1::MessageKind kind) {
  if (kind == records::v1::MESSAGE_KIND_BASELINE_BEGIN) {
    keys_.BeginBaseline();
  } else if (keys_.EndBaseline() && history_.has_value()) {
    history_->has_baseline = true;
  }
}

}  // namespace sluice::delivery
