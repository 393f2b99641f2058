// What the consumer acknowledged: receipts in the audit trail, commits behind
// them.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/delivery/stream.h"

namespace sluice::delivery {

void Stream::Acknowledge(uint64_t delivery_id) {
  MutexLock lock(&mutex_);
  // Of ids that are not outstanding nothing is kept, so that this stays
  // bounded.
  const auto found = unacknowledged_.find(delivery_id);
  if (found == unacknowledged_.end()) return;
  uint64_t& highest = acknowledged_[found->second.from];
  highest = std::max(highest, delivery_id);
  SchedulePumpLocked();
}

absl::Status Stream::TakeAcknowledgements() {
  std::vector<Commit> settled;
  std::vector<Commit> recorded;
  {
    MutexLock lock(&mutex_);
    // It may be another topic by now, where they would pass over what is new.
    if (!inquiry_.suspected()) recorded.swap(commits_);
    settled = SettleLocked();
    receipts_in_flight_ += static_cast<int>(settled.size());
  }
  for (Commit& commit : settled) RecordReceipt(std::move(commit));
  for (size_t i = 0; i < recorded.size(); ++i) {
    const Commit& commit = recorded[i];
    const auto owned = owned_.find(commit.partition);
    if (owned == owned_.end() || owned->second != commit.ownership) continue;
    const absl::Status status = CommitTo(commit.partition, commit.offset);
    if (status.ok()) continue;
    // What was acknowledged waits for the bus too.
    MutexLock lock(&mutex_);
    commits_.insert(commits_.begin(),
                    std::next(recorded.begin(), static_cast<ptrdiff_t>(i)),
                    recorded.end());
    return status;
  }
  return CommitPassedOver();
}

std::vector<Stream::Commit> Stream::SettleLocked() {
  std::vector<Commit> settled;
  for (const auto& [partition, highest] : acknowledged_) {
    const auto found = unacknowledged_.find(highest);
    if (found == unacknowledged_.end()) continue;
    settled.push_back({partition, found->second.commit_offset,
                       found->second.ownership, highest});
  }
  const size_t before = unacknowledged_.size();
  std::erase_if(unacknowledged_, [this](const auto& entry) {
    mutex_.AssertHeld();
    const auto found = acknowledged_.find(entry.second.from);
    return found != acknowledged_.end() && entry.first <= found->second;
  });
  options_.counters->acknowledged_batches += before - unacknowledged_.size();
  acknowledged_.clear();
  return settled;
}

void Stream::RecordReceipt(Commit commit) {
  if (options_.audit == nullptr) {
    OnReceipt(absl::OkStatus(), commit);
    return;
  }
  audit::v1::Entry entry;
  audit::v1::Receipt* receipt = entry.mutable_receipt();
  *receipt->mutable_peer() = options_.peer;
  receipt->set_agreement(options_.agreement);
  receipt->set_stream_id(options_.id);
  receipt->set_delivery_id(commit.delivery_id);
  options_.audit->Append(
      std::move(entry), [self = shared_from_this(), commit = std::move(commit)](
                            const absl::StatusOr<uint64_t>& index) {
        self->OnReceipt(index.status(), commit);
      });
}

void Stream::OnReceipt(const absl::Status& status, const Commit& commit) {
  {
    MutexLock lock(&mutex_);
    --receipts_in_flight_;
    if (status.ok()) commits_.push_back(commit);
    SchedulePumpLocked();
  }
  if (!status.ok()) End(status);
}

absl::Status Stream::CommitPassedOver() {
  // Once for what one fetch brought.
  if (passed_over_.empty() || !fetched_.empty() || inquiry_.suspected()) {
    return absl::OkStatus();
  }
  std::set<bus::TopicPartition> outstanding;
  {
    MutexLock lock(&mutex_);
    if (receipts_in_flight_ > 0 || !commits_.empty()) return absl::OkStatus();
    for (const auto& [id, entry] : unacknowledged_) {
      outstanding.insert(entry.from);
    }
    for (const Pending& pending : pipeline_) outstanding.insert(pending.from);
  }
  for (auto passed = passed_over_.begin(); passed != passed_over_.end();) {
    if (outstanding.count(passed->first) != 0) {
      ++passed;
      continue;
    }
    RETURN_IF_ERROR(CommitTo(passed->first, passed->second));
    passed = passed_over_.erase(passed);
  }
  return absl::OkStatus();
}

absl::Status Stream::CommitTo(const bus::TopicPartition& partition,
                              int64_t offset) {
  absl::Status status = member_->Commit(partition, offset);
  if (ReasonOf(status) == status::v1::REASON_CODE_FENCED) {
    return absl::OkStatus();
  }
  if (status.ok()) committed_[partition] = offset;
  return status;
}

absl::Status Stream::CommitAgain() {
  for (const auto& [partition, offset] : committed_) {
    absl::Status status = member_->Commit(partition, offset);
    if (status.ok() || ReasonOf(status) == status::v1::REASON_CODE_FENCED) {
      continue;
    }
    return status;
  }
  return absl::OkStatus();
}

}  // namespace sluice::delivery
