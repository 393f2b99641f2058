#include "libs/delivery/stream.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/delivery/position.h"

namespace sluice::delivery {
namespace {

// Most that one fetch takes: a few batches, so that streams take turns on the
// pool.
constexpr size_t kFetchBytesMax = size_t{2} << 20;

absl::Status ConnectionLost() {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
               "the connection to the consumer is gone");
}

// What passes by itself, as far as one can tell.
bool MayPass(const absl::Status& why) {
  const ReasonCode reason = ReasonOf(why);
  return reason == status::v1::REASON_CODE_LEASE_LOST ||
         reason == status::v1::REASON_CODE_STORAGE_FAILED;
}

std::string TopicOf(const std::string& resource) {
  return absl::StrCat("records.", resource);
}

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

exchange::v1::SubscribeResponse CaughtUpAt(absl::Time now,
                                           const Position& position) {
  exchange::v1::SubscribeResponse response;
  response.mutable_caught_up()->set_position(EncodePosition(position));
  auto* as_of = response.mutable_caught_up()->mutable_as_of();
  as_of->set_seconds(absl::ToUnixSeconds(now));
  as_of->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(
      now - absl::FromUnixSeconds(absl::ToUnixSeconds(now)))));
  return response;
}

}  // namespace

Stream::Stream(StreamOptions options)
    : options_(std::move(options)),
      inquiry_(options_.log, TopicOf(options_.resource), options_.group,
               options_.bus_threads) {}

std::shared_ptr<Stream> Stream::Create(StreamOptions options) {
  auto member = std::move(options.member);
  auto processor = std::move(options.processor);
  std::shared_ptr<Stream> stream(new Stream(std::move(options)));
  stream->member_ = std::move(member);
  stream->processor_ = std::move(processor);
  // Of partitions that it does not have yet, or never gets, tokens go on to say
  // what the consumer said.
  stream->position_ = stream->options_.start.position;
  stream->position_.resource = stream->options_.resource;
  stream->member_->OnWakeup(stream->PumpWakeup());
  return stream;
}

void Stream::Run(const exchange::v1::Started& started) {
  exchange::v1::SubscribeResponse response;
  *response.mutable_started() = started;
  MutexLock lock(&mutex_);
  running_ = true;
  PushLocked(std::move(response));
  SchedulePumpLocked();
}

void Stream::AddCredit(const exchange::v1::Credit& credit) {
  MutexLock lock(&mutex_);
  credit_batches_ =
      std::min<uint64_t>(credit_batches_ + credit.batches(), kCreditBatchesMax);
  // A negative balance is what the last batch overdrew.
  const auto bytes_max = static_cast<int64_t>(kCreditBytesMax);
  const auto added =
      static_cast<int64_t>(std::min<uint64_t>(credit.bytes(), kCreditBytesMax));
  credit_bytes_ = std::min(credit_bytes_ + added, bytes_max);
  SchedulePumpLocked();
}

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

void Stream::HalfClose() {
  MutexLock lock(&mutex_);
  half_closed_ = true;
  SchedulePumpLocked();
}

void Stream::End(const absl::Status& status) {
  MutexLock lock(&mutex_);
  if (ended_) return;
  ended_ = true;
  end_status_ = status;
  SchedulePumpLocked();
}

void Stream::Tick() {
  {
    // The pass is given back at once: nothing is written here.
    const auto pass = options_.enter_gate(/*publisher_key=*/"");
    if (pass.ok()) {
      Resume();
    } else if (MayPass(pass.status())) {
      Pause(pass.status(), /*leaves_writer=*/false);
    } else {
      End(pass.status());
    }
  }
  MutexLock lock(&mutex_);
  ticked_ = true;
  may_gain_ = true;
  may_inquire_ = true;
  SchedulePumpLocked();
}

void Stream::Pause(const absl::Status& why, bool leaves_writer) {
  const absl::Time now = options_.clock->Now();
  bool is_new = false;
  bool too_long = false;
  {
    MutexLock lock(&mutex_);
    if (leaves_writer) {
      in_writer_ = false;
      if (ended_) SchedulePumpLocked();
    }
    if (ended_) return;
    is_new = !paused_since_.has_value();
    if (is_new) {
      paused_since_ = now;
      ++options_.counters->pauses;
      ++options_.counters->paused_streams;
    }
    too_long = now - *paused_since_ > options_.pause_max;
  }
  if (is_new) {
    LogWarning("stream paused", {{"stream", options_.id}, {"why", why}});
  }
  if (too_long) End(why);
}

void Stream::Resume() {
  {
    MutexLock lock(&mutex_);
    if (!paused_since_.has_value()) return;
    paused_since_.reset();
    --options_.counters->paused_streams;
    ScheduleWritesLocked();
  }
  LogInfo("stream goes on", {{"stream", options_.id}});
}

// ---------------------------------------------------------------- the pump

void Stream::SchedulePump() {
  MutexLock lock(&mutex_);
  SchedulePumpLocked();
}

void Stream::SchedulePumpLocked() {
  if (!running_) return;
  switch (pump_) {
    case Pump::kIdle:
      pump_ = Pump::kScheduled;
      options_.pool->Schedule([self = shared_from_this()] { self->RunPump(); });
      return;
    case Pump::kRunning:
      pump_ = Pump::kRunAgain;
      return;
    case Pump::kScheduled:
    case Pump::kRunAgain:
    case Pump::kDone:
      return;
  }
}

void Stream::RunPump() {
  bool ended;
  {
    MutexLock lock(&mutex_);
    pump_ = Pump::kRunning;
    ended = ended_;
  }
  bool more = false;
  bool done = false;
  if (ended) {
    done = WindDown();
  } else {
    const absl::StatusOr<bool> round = PumpOnce();
    if (!round.ok()) End(round.status());
    more = round.ok() && *round;
  }
  MutexLock lock(&mutex_);
  if (done) {
    pump_ = Pump::kDone;
    return;
  }
  const bool again = more || pump_ == Pump::kRunAgain;
  pump_ = Pump::kIdle;
  if (again) SchedulePumpLocked();
}

absl::StatusOr<bool> Stream::PumpOnce() {
  RETURN_IF_ERROR(LookForTopic());
  const absl::Status taken = TakeAcknowledgements();
  if (!taken.ok()) {
    RETURN_IF_ERROR(WaitForBus(taken));
    return false;
  }
  if (EndIfHalfClosed() || SayDayUsedUp()) return true;
  const size_t room = RoomBytes();
  // Also without room: what was fetched from a partition that is lost by now
  // must not go out.
  const size_t fetch_max =
      fetched_.empty() ? std::min(room, kFetchBytesMax) : 0;
  const absl::Status fetched = Fetch(fetch_max);
  if (!fetched.ok()) {
    RETURN_IF_ERROR(WaitForBus(fetched));
    return false;
  }
  const absl::StatusOr<bool> gained = Gain();
  if (!gained.ok()) {
    RETURN_IF_ERROR(WaitForBus(gained.status()));
  } else if (*gained) {
    return true;
  }
  if (!gain_failing_) bus_failing_since_.reset();
  bool went_on = false;
  if (NeedsRecount()) {
    went_on = Recount();
  } else if (room > 0 && assigned_once_ && !fetched_.empty()) {
    ASSIGN_OR_RETURN(went_on, PrepareNext());
  } else if (room > 0 && at_end_ && gaining_.empty() && !inquiry_.suspected()) {
    RETURN_IF_ERROR(SayCaughtUp());
  }
  if (!went_on) UnpinIfTicked();
  return went_on;
}

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

void Stream::UnpinIfTicked() {
  {
    MutexLock lock(&mutex_);
    if (!std::exchange(ticked_, false)) return;
  }
  for (FetchedMessage& fetched : fetched_) {
    if (!std::exchange(fetched.pinned, false)) continue;
    fetched.message.value =
        SharedBytes::Own(std::string(fetched.message.value.view()));
    if (current_.has_value() && &fetched == &fetched_.front()) {
      // Its columns may lie in the message.
      for (SharedBytes& piece : current_->prepared.batch) {
        piece = SharedBytes::Own(std::string(piece.view()));
      }
    }
  }
}

bool Stream::SayDayUsedUp() {
  {
    MutexLock lock(&mutex_);
    if (!draining_ || !pipeline_.empty() || writing_ || in_writer_) {
      return false;
    }
  }
  return CallOnDayUsedUp();
}

bool Stream::CallOnDayUsedUp() {
  if (std::exchange(said_day_used_up_, true)) return false;
  options_.on_day_used_up([weak = weak_from_this()](const absl::Status& why) {
    if (const auto self = weak.lock()) self->End(why);
  });
  return true;
}

bool Stream::EndIfHalfClosed() {
  MutexLock lock(&mutex_);
  // Nobody asks for more; what is acknowledged is still recorded.
  if (!half_closed_ || !acknowledged_.empty() || receipts_in_flight_ > 0 ||
      !commits_.empty()) {
    return false;
  }
  ended_ = true;
  end_status_ = absl::OkStatus();
  return true;
}

absl::Status Stream::SayCaughtUp() {
  if (owned_.empty() || (caught_up_ && !MaySayPosition())) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(processor_->ReachEnd());
  caught_up_ = true;
  passed_said_position_ = false;
  const absl::Time now = options_.clock->Now();
  may_say_position_ = now + kSayPositionEvery;
  MutexLock lock(&mutex_);
  PushLocked(CaughtUpAt(now, position_));
  return absl::OkStatus();
}

bool Stream::MaySayPosition() {
  // At times that do not depend on when something was passed over.
  const absl::Time now = options_.clock->Now();
  if (now < may_say_position_) return false;
  may_say_position_ = now + kSayPositionEvery;
  return passed_said_position_;
}

size_t Stream::RoomBytes() {
  MutexLock lock(&mutex_);
  if (ended_ || half_closed_ || draining_ || credit_batches_ == 0 ||
      credit_bytes_ <= 0 || pipeline_.size() >= kPipelineBatchesMax ||
      unacknowledged_.size() >= kUnacknowledgedMax) {
    return 0;
  }
  return static_cast<size_t>(credit_bytes_);
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
  current_.emplace();
  current_->prepared = **std::move(prepared);
  current_->selection = current_->prepared.selection;
  current_->row_count = current_->selection == nullptr
                            ? current_->prepared.row_count
                            : current_->selection->source_rows;
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

uint32_t Stream::TakeRecords(uint32_t wanted) {
  taken_day_end_ = absl::InfiniteFuture();
  if (wanted == 0 || !options_.take_records) return wanted;
  uint32_t taken = 0;
  bool day_used_up = false;
  bool later = false;
  // What is left of a day may be less than is wanted: halving finds it to the
  // last record.
  for (uint32_t ask = wanted; ask > 0 && !later;) {
    const registry::Quota::Taking taking = options_.take_records(ask);
    switch (taking.answer) {
      case Answer::kTaken:
        taken += ask;
        taken_day_end_ = std::min(taken_day_end_, taking.day_end);
        ask = std::min(ask, wanted - taken);
        break;
      case Answer::kDayUsedUp:
        day_used_up = true;
        ask /= 2;
        break;
      case Answer::kLater:
        later = true;
        break;
    }
  }
  if (taken > 0 || later || !day_used_up) {
    SetQuotaWaiting(taken == 0);
    return taken;
  }
  NoteDayUsedUp();
  if (options_.on_day_used_up) {
    MutexLock lock(&mutex_);
    draining_ = true;
    SchedulePumpLocked();
  }
  return taken;
}

void Stream::NoteDayUsedUp() {
  if (!quota_waiting_) {
    ++options_.counters->days_used_up;
    LogInfo("the day's records are used up",
            {{"stream", options_.id}, {"agreement", options_.agreement}});
  }
  SetQuotaWaiting(true);
}

bool Stream::NeedsRecount() {
  MutexLock lock(&mutex_);
  needs_recount_ = needs_recount_ || recounting_;
  return needs_recount_;
}

std::vector<Stream::Counted> Stream::PreparedCounts() {
  std::vector<Counted> prepared;
  MutexLock lock(&mutex_);
  prepared.reserve(pipeline_.size());
  for (const Pending& pending : pipeline_) {
    if (pending.lost || pending.records == 0) continue;
    prepared.push_back({pending.number, pending.records, pending.day_end});
  }
  return prepared;
}

bool Stream::Recount() {
  if (said_day_used_up_) return false;
  const std::vector<Counted> prepared = PreparedCounts();
  Answer answer = Answer::kTaken;
  size_t counted = 0;
  for (; counted < prepared.size(); ++counted) {
    answer = RecountOne(prepared[counted]);
    if (answer != Answer::kTaken) break;
  }
  needs_recount_ = counted < prepared.size();
  if (answer == Answer::kDayUsedUp) NoteDayUsedUp();
  SetQuotaWaiting(needs_recount_);
  if (needs_recount_ && counted == 0) {
    // What is prepared does not count in this day, so it is not sent either.
    if (answer == Answer::kDayUsedUp && options_.on_day_used_up) {
      CallOnDayUsedUp();
    }
    return false;
  }
  // The writer goes as far as it may, and says so where it may not.
  MutexLock lock(&mutex_);
  recounting_ = false;
  ScheduleWritesLocked();
  return !needs_recount_;
}

Stream::Answer Stream::RecountOne(const Counted& prepared) {
  if (options_.day_lasts(prepared.day_end)) return Answer::kTaken;
  const registry::Quota::Taking taking =
      options_.take_records(prepared.records);
  if (taking.answer != Answer::kTaken) return taking.answer;
  MutexLock lock(&mutex_);
  for (Pending& pending : pipeline_) {
    if (pending.number == prepared.number) pending.day_end = taking.day_end;
  }
  return Answer::kTaken;
}

void Stream::SetQuotaWaiting(bool waiting) {
  if (std::exchange(quota_waiting_, waiting) == waiting) return;
  options_.counters->quota_waiting_streams += waiting ? 1 : -1;
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

bool Stream::WindDown() {
  absl::Status status;
  {
    MutexLock lock(&mutex_);
    if (in_writer_) return false;  // It schedules the pump when it leaves.
    status = end_status_;
    // They are not sent any more, and nothing behind them may be committed.
    for (const Pending& pending : pipeline_) passed_over_.erase(pending.from);
    pipeline_.clear();
    if (paused_since_.has_value()) --options_.counters->paused_streams;
    paused_since_.reset();
  }
  if (!finished_) {
    finished_ = true;
    SetQuotaWaiting(false);
    options_.sink->Finish(status);
  }
  current_.reset();
  fetched_.clear();
  BreakOffLookup();
  gaining_.clear();
  // What the consumer acknowledged before the end still counts.
  const absl::Status taken = TakeAcknowledgements();
  if (!taken.ok()) {
    LogWarning("acknowledgements of a stream that ended were not committed",
               {{"stream", options_.id}, {"why", taken}});
  }
  {
    MutexLock lock(&mutex_);
    if (!taken.ok() || inquiry_.suspected()) commits_.clear();
    if (receipts_in_flight_ > 0 || !commits_.empty()) return false;
  }
  if (options_.retire) {
    options_.retire(std::move(member_));
  } else {
    member_.reset();
  }
  processor_.reset();
  options_.on_end(status);
  return true;
}

// -------------------------------------------------------------- the writer

void Stream::OnDurable(uint64_t number, const absl::StatusOr<uint64_t>& index) {
  if (!index.ok()) {
    End(index.status());
    return;
  }
  MutexLock lock(&mutex_);
  if (ended_ || pipeline_.empty()) return;
  Pending& pending = pipeline_[number - pipeline_.front().number];
  pending.durable = true;
  pending.prepared->delivery.set_audit_id(options_.audit->AuditId(*index));
  ScheduleWritesLocked();
}

void Stream::ScheduleWritesLocked() {
  // Who is in the writer, or ends a write, looks again.
  if (in_writer_ || writing_ || recounting_ || paused_since_.has_value() ||
      pipeline_.empty() || !pipeline_.front().durable) {
    return;
  }
  in_writer_ = true;
  options_.pool->Schedule(
      [self = shared_from_this()] { self->WriteAllReady(); });
}

void Stream::OnWritten(bool ok) {
  if (!ok) End(ConnectionLost());
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (in_writer_) return;
    in_writer_ = true;
  }
  WriteAllReady();
}

void Stream::WriteAllReady() {
  Ready ready;
  while (HasReady(&ready)) {
    // Before it is taken: what must wait here can still be lost with its
    // partition.
    const auto pass = options_.enter_gate(ready.publisher_key);
    if (!pass.ok() && MayPass(pass.status())) {
      Pause(pass.status(), /*leaves_writer=*/true);
      return;
    }
    if (!pass.ok()) {
      End(pass.status());
      continue;
    }
    // Behind the look at the lease, which bounds how late the log's time is.
    if (ready.day_end != absl::InfiniteFuture() &&
        !options_.day_lasts(ready.day_end)) {
      LeaveToRecount();
      return;
    }
    Pending next;
    if (TakeReady(&next)) WriteOne(std::move(next));
  }
}

bool Stream::HasReady(Ready* ready) {
  MutexLock lock(&mutex_);
  while (!ended_ && !pipeline_.empty() && pipeline_.front().lost &&
         pipeline_.front().durable) {
    pipeline_.pop_front();
    SchedulePumpLocked();
  }
  if (ended_ || writing_ || pipeline_.empty() || !pipeline_.front().durable) {
    in_writer_ = false;
    if (ended_ || draining_) SchedulePumpLocked();
    return false;
  }
  const Pending& next = pipeline_.front();
  ready->publisher_key = next.prepared.has_value() && !next.lost
                             ? next.prepared->publisher_key
                             : std::string();
  ready->day_end = next.lost ? absl::InfiniteFuture() : next.day_end;
  return true;
}

void Stream::LeaveToRecount() {
  MutexLock lock(&mutex_);
  in_writer_ = false;
  recounting_ = true;
  SchedulePumpLocked();
}

bool Stream::TakeReady(Pending* next) {
  MutexLock lock(&mutex_);
  if (ended_ || pipeline_.empty() || pipeline_.front().lost) return false;
  *next = std::move(pipeline_.front());
  pipeline_.pop_front();
  writing_ = true;
  if (next->prepared.has_value()) {
    unacknowledged_[next->prepared->delivery.delivery_id()] = {
        next->from, next->commit_offset, next->ownership};
  }
  if (pipeline_.size() + 1 == kPipelineBatchesMax) SchedulePumpLocked();
  return true;
}

void Stream::WriteOne(Pending next) {
  if (!next.prepared.has_value()) {
    options_.sink->Write(FrameResponse(next.response));
    return;
  }
  const Prepared& prepared = *next.prepared;
  ++options_.counters->delivered_batches;
  options_.counters->delivered_bytes += prepared.batch_bytes;
  options_.counters->delivered_records += prepared.row_count;
  options_.sink->Write(FrameDelivery(prepared.delivery, prepared.batch));
}

}  // namespace sluice::delivery
