// The limits: records are taken before they are prepared, and again where the
// day ends before they are written.
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "libs/base/log.h"
#include "libs/delivery/stream.h"

namespace sluice::delivery {

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

void Stream::SetQuotaWaiting(bool waiting) {
  if (std::exchange(quota_waiting_, waiting) == waiting) return;
  options_.counters->quota_waiting_streams += waiting ? 1 : -1;
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

bool Stream::NeedsRecount() {
  MutexLock lock(&mutex_);
  needs_recount_ = needs_recount_ || recounting_;
  return needs_recount_;
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

}  // namespace sluice::delivery
