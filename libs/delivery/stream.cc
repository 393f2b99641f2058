#include "libs/delivery/stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status.h"

namespace sluice::delivery {
namespace {

// Most that one fetch takes: a few batches, so that streams take turns on the
// pool.
constexpr size_t kFetchBytesMax = size_t{2} << 20;

absl::Status ConnectionLost() {
  return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
               "the connection to the consumer is gone");
}

Frame CaughtUpFrame() {
  exchange::v1::SubscribeResponse response;
  const absl::Time now = absl::Now();
  auto* as_of = response.mutable_caught_up()->mutable_as_of();
  as_of->set_seconds(absl::ToUnixSeconds(now));
  as_of->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(
      now - absl::FromUnixSeconds(absl::ToUnixSeconds(now)))));
  return FrameResponse(response);
}

}  // namespace

Stream::Stream(StreamOptions options) : options_(std::move(options)) {}

std::shared_ptr<Stream> Stream::Create(StreamOptions options) {
  auto member = std::move(options.member);
  auto processor = std::move(options.processor);
  std::shared_ptr<Stream> stream(new Stream(std::move(options)));
  stream->member_ = std::move(member);
  stream->processor_ = std::move(processor);
  stream->position_.resource = stream->options_.resource;
  stream->member_->OnWakeup([weak = stream->weak_from_this()] {
    if (auto self = weak.lock()) self->SchedulePump();
  });
  return stream;
}

void Stream::Run(const exchange::v1::Started& started) {
  exchange::v1::SubscribeResponse response;
  *response.mutable_started() = started;
  MutexLock lock(&mutex_);
  running_ = true;
  PushFrameLocked(FrameResponse(response));
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
  if (unacknowledged_.count(delivery_id) == 0) return;
  acknowledged_.push_back(delivery_id);
  if (acknowledged_.size() > kUnacknowledgedMax)
    acknowledged_.erase(acknowledged_.begin());
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
  auto pass = options_.enter_gate();
  if (!pass.ok()) End(pass.status());
  SchedulePump();
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
  RETURN_IF_ERROR(TakeAcknowledgements());
  {
    MutexLock lock(&mutex_);
    if (half_closed_) {
      // Nobody reads any more; what is acknowledged is still recorded.
      if (receipts_in_flight_ > 0 || !commits_.empty()) return false;
      ended_ = true;
      end_status_ = absl::OkStatus();
      return true;
    }
  }
  const size_t room = RoomBytes();
  if (fetched_.empty()) {
    RETURN_IF_ERROR(Fetch(std::min(room, kFetchBytesMax)));
    if (fetched_.empty()) {
      if (room > 0 && !owned_.empty() && !caught_up_) {
        caught_up_ = true;
        MutexLock lock(&mutex_);
        PushFrameLocked(CaughtUpFrame());
      }
      return false;
    }
  }
  if (room == 0) return false;
  return PrepareNext();
}

size_t Stream::RoomBytes() {
  MutexLock lock(&mutex_);
  if (ended_ || credit_batches_ == 0 || credit_bytes_ <= 0 ||
      pipeline_.size() >= kPipelineBatchesMax ||
      unacknowledged_.size() >= kUnacknowledgedMax) {
    return 0;
  }
  return static_cast<size_t>(credit_bytes_);
}

absl::Status Stream::Fetch(size_t bytes_max) {
  ASSIGN_OR_RETURN(bus::PollResult polled, member_->Poll(bytes_max));
  for (const bus::TopicPartition& partition : polled.lost) Lose(partition);
  for (const bus::TopicPartition& partition : polled.gained) {
    RETURN_IF_ERROR(Gain(partition));
  }
  if (!polled.gained.empty()) {
    assigned_once_ = true;
    // Where to fetch from is known only now.
    SchedulePump();
  }
  for (bus::PollResult::Fetched& part : polled.fetched) {
    for (bus::Message& message : part.messages) {
      fetched_.push_back({part.from, std::move(message)});
    }
  }
  return absl::OkStatus();
}

void Stream::Lose(const bus::TopicPartition& partition) {
  owned_.erase(partition);
  processor_->Forget(partition);
  position_.partitions.erase(static_cast<uint32_t>(partition.partition));
  std::erase_if(fetched_, [&](const FetchedMessage& fetched) {
    return fetched.from == partition;
  });
  MutexLock lock(&mutex_);
  for (Pending& pending : pipeline_) {
    if (!pending.prepared.has_value() || pending.from != partition) continue;
    pending.lost = true;
    ++credit_batches_;
    credit_bytes_ += static_cast<int64_t>(pending.prepared->batch_bytes);
  }
  std::erase_if(unacknowledged_, [&](const auto& entry) {
    return entry.second.from == partition;
  });
}

absl::Status Stream::Gain(const bus::TopicPartition& partition) {
  ASSIGN_OR_RETURN(
      const StartPoint start,
      ResolveStart(options_.log, options_.group, partition, options_.start,
                   /*regained=*/assigned_once_));
  RETURN_IF_ERROR(member_->Seek(partition, start.offset));
  owned_.insert(partition);
  caught_up_ = false;
  if (start.before.sequence > 0) {
    position_.partitions[static_cast<uint32_t>(partition.partition)] =
        start.before;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Stream::PrepareNext() {
  FetchedMessage& next = fetched_.front();
  auto prepared = processor_->Process(next.from, next.message);
  if (!prepared.ok()) {
    if (ReasonOf(prepared.status()) ==
        status::v1::REASON_CODE_KEY_NOT_YET_KNOWN) {
      return false;  // Tick asks again.
    }
    return prepared.status();
  }
  caught_up_ = false;
  if (prepared->has_value()) Enqueue(next, **std::move(prepared));
  fetched_.pop_front();
  return true;
}

void Stream::Enqueue(const FetchedMessage& fetched, Prepared prepared) {
  exchange::v1::Delivery& delivery = prepared.delivery;
  position_.partitions[delivery.partition()] = {delivery.generation(),
                                                delivery.sequence()};
  delivery.set_position(EncodePosition(position_));
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
    pending.offset = fetched.message.offset;
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

void Stream::PushFrameLocked(Frame frame) {
  Pending pending;
  pending.number = ++last_number_;
  pending.frame = std::move(frame);
  pending.durable = true;
  pipeline_.push_back(std::move(pending));
  ScheduleWritesLocked();
}

absl::Status Stream::TakeAcknowledgements() {
  std::vector<Commit> settled;
  std::vector<Commit> recorded;
  uint64_t newest = 0;
  {
    MutexLock lock(&mutex_);
    recorded.swap(commits_);
    for (uint64_t id : acknowledged_) newest = std::max(newest, id);
    settled = SettleLocked(acknowledged_);
    acknowledged_.clear();
    if (!settled.empty()) ++receipts_in_flight_;
  }
  if (!settled.empty()) RecordReceipt(newest, std::move(settled));
  for (const Commit& commit : recorded) {
    const absl::Status status =
        member_->Commit(commit.partition, commit.offset);
    if (ReasonOf(status) == status::v1::REASON_CODE_FENCED) continue;
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

std::vector<Stream::Commit> Stream::SettleLocked(
    const std::vector<uint64_t>& acknowledged) {
  std::map<bus::TopicPartition, uint64_t> up_to;
  for (uint64_t id : acknowledged) {
    const auto found = unacknowledged_.find(id);
    if (found == unacknowledged_.end()) continue;
    uint64_t& highest = up_to[found->second.from];
    highest = std::max(highest, id);
  }
  std::vector<Commit> settled;
  for (const auto& [partition, highest] : up_to) {
    settled.push_back({partition, unacknowledged_[highest].offset + 1});
  }
  const size_t before = unacknowledged_.size();
  std::erase_if(unacknowledged_, [&](const auto& entry) {
    const auto found = up_to.find(entry.second.from);
    return found != up_to.end() && entry.first <= found->second;
  });
  options_.counters->acknowledged_batches += before - unacknowledged_.size();
  return settled;
}

void Stream::RecordReceipt(uint64_t delivery_id, std::vector<Commit> commits) {
  if (options_.audit == nullptr) {
    OnReceipt(absl::OkStatus(), commits);
    return;
  }
  audit::v1::Entry entry;
  audit::v1::Receipt* receipt = entry.mutable_receipt();
  *receipt->mutable_peer() = options_.peer;
  receipt->set_agreement(options_.agreement);
  receipt->set_stream_id(options_.id);
  receipt->set_delivery_id(delivery_id);
  options_.audit->Append(
      std::move(entry),
      [self = shared_from_this(),
       commits = std::move(commits)](const absl::StatusOr<uint64_t>& index) {
        self->OnReceipt(index.status(), commits);
      });
}

void Stream::OnReceipt(const absl::Status& status,
                       const std::vector<Commit>& commits) {
  {
    MutexLock lock(&mutex_);
    --receipts_in_flight_;
    if (status.ok()) {
      commits_.insert(commits_.end(), commits.begin(), commits.end());
    }
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
    pipeline_.clear();
  }
  if (!finished_) {
    finished_ = true;
    options_.sink->Finish(status);
  }
  fetched_.clear();
  // What the consumer acknowledged before the end still counts.
  const absl::Status taken = TakeAcknowledgements();
  if (!taken.ok()) {
    LogWarning("acknowledgements of a stream that ended were not committed",
               {{"stream", options_.id}, {"why", taken}});
  }
  {
    MutexLock lock(&mutex_);
    if (receipts_in_flight_ > 0 || !commits_.empty()) return false;
  }
  member_.reset();
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
  if (in_writer_ || writing_ || pipeline_.empty() ||
      !pipeline_.front().durable) {
    return;
  }
  options_.pool->Schedule([self = shared_from_this()] { self->WriteReady(); });
}

void Stream::OnWritten(bool ok) {
  if (!ok) End(ConnectionLost());
  {
    MutexLock lock(&mutex_);
    writing_ = false;
  }
  WriteReady();
}

void Stream::WriteReady() {
  {
    MutexLock lock(&mutex_);
    if (in_writer_) return;
    in_writer_ = true;
  }
  Pending next;
  while (TakeReady(&next)) WriteOne(std::move(next));
}

bool Stream::TakeReady(Pending* next) {
  MutexLock lock(&mutex_);
  while (!ended_ && !pipeline_.empty() && pipeline_.front().lost &&
         pipeline_.front().durable) {
    pipeline_.pop_front();
    SchedulePumpLocked();
  }
  if (ended_ || writing_ || pipeline_.empty() || !pipeline_.front().durable) {
    in_writer_ = false;
    if (ended_) SchedulePumpLocked();
    return false;
  }
  *next = std::move(pipeline_.front());
  pipeline_.pop_front();
  writing_ = true;
  if (pipeline_.size() + 1 == kPipelineBatchesMax) SchedulePumpLocked();
  return true;
}

void Stream::WriteOne(Pending next) {
  if (!next.prepared.has_value()) {
    options_.sink->Write(std::move(next.frame));
    return;
  }
  const Prepared& prepared = *next.prepared;
  Frame frame = FrameDelivery(prepared.delivery, prepared.batch);
  const auto pass = options_.enter_gate();
  if (!pass.ok()) {
    End(pass.status());
    return;
  }
  {
    MutexLock lock(&mutex_);
    unacknowledged_[prepared.delivery.delivery_id()] = {next.from, next.offset};
  }
  ++options_.counters->delivered_batches;
  options_.counters->delivered_bytes += prepared.batch_bytes;
  options_.counters->delivered_records += prepared.row_count;
  options_.sink->Write(std::move(frame));
}

}  // namespace sluice::delivery
