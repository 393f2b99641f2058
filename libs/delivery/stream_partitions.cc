// The bus: partitions that come and go, where to begin in them, and what to
// make of its errors.
#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/delivery/position.h"
#include "libs/delivery/stream.h"

namespace sluice::delivery {
namespace {

absl::Status TopicDeleted(const std::string& resource) {
  return Error(status::v1::REASON_CODE_NOT_FOUND,
               absl::StrCat("the records of ", resource,
                            " are gone from the bus, for their topic was "
                            "deleted: ask the provider to publish them again, "
                            "then start from the beginning"));
}

// What a consumer reads when the bus has nothing for it any more.
absl::Status ExplainBusError(const absl::Status& why,
                             const std::string& resource) {
  switch (ReasonOf(why)) {
    case status::v1::REASON_CODE_NOT_FOUND:
      return TopicDeleted(resource);
    case status::v1::REASON_CODE_POSITION_EXPIRED:
      return Annotate(
          why, absl::StrCat("retention has removed records of ", resource,
                            " that this group has not had: start from the "
                            "beginning, which for a STATE resource includes "
                            "a baseline"));
    default:
      return why;
  }
}

// `token` for a consumer that stands at `progress` in `partition`.
std::string WithProgress(const std::string& token, const std::string& resource,
                         uint32_t partition,
                         const PartitionProgress& progress) {
  absl::StatusOr<Position> position =
      DecodePosition(AsView(token), AsView(resource));
  // It was encoded here.
  if (!position.ok()) return token;
  position->partitions[partition] = progress;
  return EncodePosition(*position);
}

}  // namespace

absl::Status Stream::WaitForBus(const absl::Status& why) {
  if (ReasonOf(why) == status::v1::REASON_CODE_NOT_FOUND) {
    inquiry_.Suspect();
  } else if (ReasonOf(why) != status::v1::REASON_CODE_STORAGE_FAILED) {
    return ExplainBusError(why, options_.resource);
  }
  const absl::Time now = options_.clock->Now();
  if (!bus_failing_since_.has_value()) {
    bus_failing_since_ = now;
    LogWarning("stream waits for the bus",
               {{"stream", options_.id}, {"why", why}});
  }
  return now - *bus_failing_since_ > options_.pause_max
             ? ExplainBusError(why, options_.resource)
             : absl::OkStatus();
}

absl::Status Stream::LookForTopic() {
  if (!inquiry_.suspected()) return absl::OkStatus();
  {
    MutexLock lock(&mutex_);
    if (!std::exchange(may_inquire_, false)) return absl::OkStatus();
  }
  std::optional<bus::TopicPartition> witness;
  if (!owned_.empty()) witness = owned_.begin()->first;
  switch (inquiry_.Look(witness)) {
    case TopicInquiry::Verdict::kOpen:
      return absl::OkStatus();
    case TopicInquiry::Verdict::kGone:
      return TopicDeleted(options_.resource);
    case TopicInquiry::Verdict::kThere:
      break;
  }
  const absl::Status again = CommitAgain();
  return again.ok() ? again : WaitForBus(again);
}

absl::Status Stream::Fetch(size_t bytes_max) {
  ASSIGN_OR_RETURN(bus::PollResult polled, member_->Poll(bytes_max));
  at_end_ = polled.at_end;
  for (const bus::TopicPartition& partition : polled.lost) Lose(partition);
  gaining_.insert(gaining_.end(), polled.gained.begin(), polled.gained.end());
  for (bus::PollResult::Fetched& part : polled.fetched) {
    for (bus::Message& message : part.messages) {
      fetched_.push_back({part.from, std::move(message)});
    }
  }
  return absl::OkStatus();
}

void Stream::Lose(const bus::TopicPartition& partition) {
  owned_.erase(partition);
  committed_.erase(partition);
  if (!gaining_.empty() && gaining_.front() == partition) BreakOffLookup();
  passed_over_.erase(partition);
  std::erase(gaining_, partition);
  processor_->Leave(partition);
  if (!fetched_.empty() && fetched_.front().from == partition) current_.reset();
  std::erase_if(fetched_, [&](const FetchedMessage& fetched) {
    return fetched.from == partition;
  });
  const auto position =
      position_.partitions.find(static_cast<uint32_t>(partition.partition));
  MutexLock lock(&mutex_);
  // Where the consumer stands in the partition without what it does not get.
  std::optional<PartitionProgress> behind;
  for (Pending& pending : pipeline_) {
    if (pending.lost) continue;
    std::string* const said =
        pending.prepared.has_value()
            ? pending.prepared->delivery.mutable_position()
        : pending.response.has_caught_up()
            ? pending.response.mutable_caught_up()->mutable_position()
            : nullptr;
    if (!pending.prepared.has_value() || pending.from != partition) {
      // It was to come after what is lost, and says so.
      if (behind.has_value() && said != nullptr) {
        *said =
            WithProgress(*said, options_.resource,
                         static_cast<uint32_t>(partition.partition), *behind);
      }
      continue;
    }
    pending.lost = true;
    if (!behind.has_value()) behind = pending.before;
    credit_batches_ =
        std::min<uint64_t>(credit_batches_ + 1, kCreditBatchesMax);
    credit_bytes_ += static_cast<int64_t>(pending.prepared->batch_bytes);
  }
  if (behind.has_value() && position != position_.partitions.end()) {
    position->second = *behind;
  }
  std::erase_if(unacknowledged_, [&](const auto& entry) {
    return entry.second.from == partition;
  });
  acknowledged_.erase(partition);
}

absl::StatusOr<bool> Stream::Gain() {
  const absl::StatusOr<bool> gained = TryGain();
  if (!gained.ok()) {
    gain_failing_ = true;
    // It is asked again, and another one before it.
    std::rotate(gaining_.begin(), std::next(gaining_.begin()), gaining_.end());
    MutexLock lock(&mutex_);
    may_gain_ = false;
  } else if (*gained || gaining_.empty()) {
    gain_failing_ = false;
  }
  if (gaining_.empty() && !owned_.empty()) assigned_once_ = true;
  return gained;
}

absl::StatusOr<bool> Stream::TryGain() {
  if (gaining_.empty()) return false;
  const bus::TopicPartition partition = gaining_.front();
  if (lookup_ == nullptr) {
    {
      MutexLock lock(&mutex_);
      if (!may_gain_) return false;
    }
    lookup_ = StartLookup::Find(QuestionAbout(partition), options_.bus_threads,
                                PumpWakeup());
    return false;
  }
  const auto found = lookup_->Take();
  if (!found.has_value()) return false;
  lookup_.reset();
  const bool has_moved_back = std::exchange(moving_back_, false);
  RETURN_IF_ERROR(found->status());
  const StartPoint& start = **found;
  const bool group_has_committed = start.committed || start.moves_back;
  const auto number = static_cast<uint32_t>(partition.partition);
  if (inquiry_.was_suspected() && assigned_once_ && !group_has_committed &&
      position_.partitions.count(number) > 0) {
    // The group has committed at least where this stream began: as TopicInquiry
    // says.
    End(TopicDeleted(options_.resource));
    return false;
  }
  if (!start.committed && !has_moved_back) {
    // The group begins here: whoever has the partition next, before anything
    // was acknowledged, must not begin later, nor pass over what the group was
    // asked to get again.
    absl::Status begun = member_->Commit(partition, start.offset);
    if (!begun.ok() && ReasonOf(begun) != status::v1::REASON_CODE_FENCED) {
      return begun;
    }
    if (begun.ok()) committed_[partition] = start.offset;
    // A client that resumes takes the later of its position and the group's
    // commit, so nothing may be sent of a partition while that commit is still
    // the one that the client asked to go behind.
    if (begun.ok() && start.moves_back) {
      moving_back_ = true;
      lookup_ = StartLookup::AwaitMovedBack(QuestionAbout(partition), start,
                                            options_.bus_threads, PumpWakeup());
      return false;
    }
  }
  RETURN_IF_ERROR(Place(partition, start));
  gaining_.pop_front();
  return true;
}

StartLookup::Question Stream::QuestionAbout(
    const bus::TopicPartition& partition) const {
  StartLookup::Question question;
  question.log = options_.log;
  question.group = options_.group;
  question.partition = partition;
  question.start = options_.start;
  question.regained = assigned_once_;
  question.wants_history = processor_->NeedsHistory(StartPoint());
  const auto had =
      position_.partitions.find(static_cast<uint32_t>(partition.partition));
  // Who says where to begin keeps count; who goes by what the group has
  // committed gets again what is not in it.
  if (assigned_once_ &&
      options_.start.from != exchange::v1::START_FROM_COMMITTED &&
      had != position_.partitions.end()) {
    question.had = had->second;
  }
  return question;
}

std::function<void()> Stream::PumpWakeup() {
  return [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->SchedulePump();
  };
}

void Stream::BreakOffLookup() {
  if (lookup_ != nullptr) lookup_->BreakOff();
  lookup_.reset();
  moving_back_ = false;
}

absl::Status Stream::Place(const bus::TopicPartition& partition,
                           const StartPoint& start) {
  const absl::Status placed =
      member_->Seek(partition, start.history_from.value_or(start.offset));
  // Taken away again already: the next Poll says so.
  if (ReasonOf(placed) == status::v1::REASON_CODE_NOT_FOUND) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(placed);
  owned_[partition] = ++last_ownership_;
  processor_->Begin(partition, start);
  caught_up_ = false;
  const auto number = static_cast<uint32_t>(partition.partition);
  if (start.before.sequence > 0) {
    position_.partitions[number] = start.before;
  } else {
    position_.partitions.erase(number);
  }
  starts_within_.erase(number);
  if (start.before.row > 0) starts_within_[number] = start.before;
  return absl::OkStatus();
}

}  // namespace sluice::delivery
