#include "libs/delivery/stream.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/delivery/position.h"

namespace sluice::delivery {
namespace {

// Most that one fetch takes: a few batches, so that streams take turns on the
// pool.
constexpr size_t kFetchBytesMax = size_t{2} << 20;

std::string TopicOf(const std::string& resource) {
  return absl::StrCat("records.", resource);
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

size_t Stream::RoomBytes() {
  MutexLock lock(&mutex_);
  if (ended_ || half_closed_ || draining_ || credit_batches_ == 0 ||
      credit_bytes_ <= 0 || pipeline_.size() >= kPipelineBatchesMax ||
      unacknowledged_.size() >= kUnacknowledgedMax) {
    return 0;
  }
  return static_cast<size_t>(credit_bytes_);
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

}  // namespace sluice::delivery
