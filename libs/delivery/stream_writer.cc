// The gate before each write, and the writer behind it.
#include <string>
#include <utility>

#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/delivery/stream.h"

namespace sluice::delivery {
namespace {

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

}  // namespace

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
