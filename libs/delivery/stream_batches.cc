// From a message to the deliveries that it goes out in.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/delivery/position.h"
#include "libs/delivery/stream.h"

namespace sluice::delivery {

uint32_t Stream::Current::LeavingLeft() const {
  if (selection == nullptr) return row_count - rows_done;
  return static_cast<uint32_t>(selection->rows.size() -
                               selection->CountBefore(rows_done));
}

uint32_t Stream::Current::RowsWith(uint32_t leaving) const {
  if (leaving == LeavingLeft()) return row_count - rows_done;
  if (selection == nullptr) return leaving;
  const size_t last = selection->CountBefore(rows_done) + leaving - 1;
  return selection->rows[last] + 1 - rows_done;
}

absl::StatusOr<bool> Stream::PrepareNext() {
  if (!current_.has_value()) {
    ASSIGN_OR_RETURN(const bool processed, Process());
    if (!processed) return false;  // Tick asks again.
    if (!current_.has_value()) return true;
  }
  return SendCurrent();
}

absl::StatusOr<bool> Stream::Process() {
  const FetchedMessage& next = fetched_.front();
  auto prepared = processor_->Process(next.from, next.message);
  if (ReasonOf(prepared.status()) ==
      status::v1::REASON_CODE_KEY_NOT_YET_KNOWN) {
    return false;
  }
  if (!prepared.ok()) return prepared.status();
  if (!prepared->has_value()) {
    fetched_.pop_front();
    return true;
  }
  Current current;
  current.prepared = **std::move(prepared);
  current.selection = current.prepared.selection;
  current.row_count = current.selection == nullptr
                          ? current.prepared.row_count
                          : current.selection->source_rows;
  current_ = std::move(current);
  RETURN_IF_ERROR(SkipRowsDone());
  return true;
}

absl::Status Stream::SkipRowsDone() {
  const exchange::v1::Delivery& delivery = current_->prepared.delivery;
  const auto within = starts_within_.find(delivery.partition());
  if (within == starts_within_.end()) return absl::OkStatus();
  const PartitionProgress done = within->second;
  starts_within_.erase(within);
  if (delivery.sequence() == done.sequence &&
      delivery.generation() == done.generation &&
      done.row < current_->row_count) {
    current_->rows_done = done.row;
    return absl::OkStatus();
  }
  return FieldError(
      status::v1::REASON_CODE_POSITION_INVALID, "position",
      absl::StrCat("partition ", delivery.partition(), " of ",
                   options_.resource, " has no row ", done.row, " in batch ",
                   done.sequence,
                   ", so the token is of another history: start from the "
                   "beginning"));
}

absl::StatusOr<bool> Stream::SendCurrent() {
  const FetchedMessage& next = fetched_.front();
  const uint32_t left = current_->LeavingLeft();
  if (left == 0 && current_->selection != nullptr) {
    PassOver(next);
    return true;
  }
  if (current_->taken == 0) current_->taken = TakeRecords(left);
  if (current_->taken == 0 && left > 0) return false;
  uint32_t rows = 0;
  ASSIGN_OR_RETURN(Prepared prepared, FillFrame(next, &rows));
  current_->taken -= prepared.row_count;
  Enqueue(next, std::move(prepared), rows);
  if (current_->rows_done == current_->row_count) {
    current_.reset();
    fetched_.pop_front();
  }
  return true;
}

absl::StatusOr<Prepared> Stream::FillFrame(const FetchedMessage& fetched,
                                           uint32_t* rows) {
  *rows =
      current_->RowsWith(std::min(current_->taken, current_->frame_records));
  Prepared prepared;
  if (*rows == current_->row_count) {
    prepared = std::move(current_->prepared);
  } else {
    ASSIGN_OR_RETURN(prepared,
                     processor_->Part(fetched.message, current_->selection,
                                      current_->rows_done, *rows));
    // From here on it goes in parts.
    current_->prepared = Prepared();
  }
  while (prepared.exceeds_frame) {
    current_->frame_records = prepared.row_count / 2;
    *rows = current_->RowsWith(current_->frame_records);
    ASSIGN_OR_RETURN(prepared,
                     processor_->Part(fetched.message, current_->selection,
                                      current_->rows_done, *rows));
  }
  return prepared;
}

void Stream::PassOver(const FetchedMessage& fetched) {
  const exchange::v1::Delivery& delivery = current_->prepared.delivery;
  position_.partitions[delivery.partition()] = {delivery.generation(),
                                                delivery.sequence(), 0};
  passed_over_[fetched.from] = fetched.message.offset + 1;
  passed_said_position_ = true;
  current_.reset();
  fetched_.pop_front();
}

void Stream::Enqueue(const FetchedMessage& fetched, Prepared prepared,
                     uint32_t rows) {
  exchange::v1::Delivery& delivery = prepared.delivery;
  PartitionProgress& progress = position_.partitions[delivery.partition()];
  PartitionProgress before = progress;
  if (before.sequence == 0) {
    before = {delivery.generation(), delivery.sequence() - 1, 0};
  }
  // Only what the consumer gets: it is not told when something else is
  // published.
  caught_up_ = false;
  passed_said_position_ = false;
  // Its own commit is behind them.
  passed_over_.erase(fetched.from);
  current_->rows_done += rows;
  const bool whole = current_->rows_done == current_->row_count;
  progress = {delivery.generation(), delivery.sequence(),
              whole ? 0 : current_->rows_done};
  delivery.set_position(EncodePosition(position_));
  options_.counters->untreatable_values += delivery.untreatable_values();
  std::optional<audit::v1::Entry> entry = std::move(prepared.entry);
  prepared.entry.reset();
  uint64_t number;
  {
    MutexLock lock(&mutex_);
    number = ++last_number_;
    delivery.set_delivery_id(++last_delivery_id_);
    --credit_batches_;
    credit_bytes_ -= static_cast<int64_t>(prepared.batch_bytes);
    if (entry.has_value() && entry->has_disclosure()) {
      entry->mutable_disclosure()->set_stream_id(options_.id);
      entry->mutable_disclosure()->set_delivery_id(delivery.delivery_id());
    }
    Pending pending;
    pending.number = number;
    pending.from = fetched.from;
    pending.before = before;
    // A batch of which rows are to come is fetched again by the next member.
    pending.commit_offset = fetched.message.offset + (whole ? 1 : 0);
    pending.ownership = owned_[fetched.from];
    pending.records = prepared.row_count;
    pending.day_end = taken_day_end_;
    pending.durable = !entry.has_value();
    pending.prepared = std::move(prepared);
    pipeline_.push_back(std::move(pending));
    ScheduleWritesLocked();
  }
  if (!entry.has_value()) return;
  options_.audit->Append(*std::move(entry),
                         [self = shared_from_this(),
                          number](const absl::StatusOr<uint64_t>& index) {
                           self->OnDurable(number, index);
                         });
}

void Stream::PushLocked(exchange::v1::SubscribeResponse response) {
  Pending pending;
  pending.number = ++last_number_;
  pending.response = std::move(response);
  pending.durable = true;
  pipeline_.push_back(std::move(pending));
  ScheduleWritesLocked();
}

}  // namespace sluice::delivery
