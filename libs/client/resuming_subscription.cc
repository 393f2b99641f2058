#include "libs/client/resuming_subscription.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/base/status.h"

namespace sluice::client {
namespace {

constexpr absl::Duration kFirstWait = absl::Milliseconds(100);
constexpr absl::Duration kWaitMax = absl::Seconds(3);

// A broker that goes away cancels the calls it cannot end.
bool IsBrokenOff(const absl::Status& status) {
  return absl::IsCancelled(status) &&
         ReasonOf(status) == status::v1::REASON_CODE_UNSPECIFIED;
}

}  // namespace

std::unique_ptr<ResumingSubscription> ResumingSubscription::Open(
    Connection* connection, exchange::v1::Start start, ResumeOptions options) {
  return std::unique_ptr<ResumingSubscription>(new ResumingSubscription(
      connection, std::move(start), std::move(options)));
}

ResumingSubscription::ResumingSubscription(Connection* connection,
                                           exchange::v1::Start start,
                                           ResumeOptions options)
    : connection_(connection),
      start_(std::move(start)),
      options_(std::move(options)),
      backoff_(kFirstWait, kWaitMax) {
  OpenNext();
}

SubscriptionEvent ResumingSubscription::Next() {
  while (!end_.has_value()) {
    std::shared_ptr<Subscription> current;
    {
      MutexLock lock(&mutex_);
      current = current_;
    }
    SubscriptionEvent event = current->Next();
    if (auto* end = std::get_if<StreamEnd>(&event)) {
      absl::Status status = end->status;
      if (!GoOn(&status)) end_ = StreamEnd{status};
      continue;
    }
    if (const auto* started = std::get_if<exchange::v1::Started>(&event)) {
      if (!IsNews(*started)) continue;
      return event;
    }
    // A stream that only begins, again and again, is no end of the outage.
    outage_since_.reset();
    failures_ = 0;
    backoff_.Reset();
    if (auto* received = std::get_if<ReceivedDelivery>(&event)) {
      last_id_ = id_base_ + received->delivery.delivery_id();
      received->delivery.set_delivery_id(last_id_);
      position_ = received->delivery.position();
    } else if (const auto* at_end =
                   std::get_if<exchange::v1::CaughtUp>(&event)) {
      position_ = at_end->position();
    }
    return event;
  }
  return *end_;
}

bool ResumingSubscription::IsNews(const exchange::v1::Started& started) {
  if (started_.has_value() &&
      google::protobuf::util::MessageDifferencer::Equals(*started_, started)) {
    return false;
  }
  started_ = started;
  return true;
}

bool ResumingSubscription::MayGoOn(absl::Status* status) {
  if (status->ok() || !(MayPass(*status) || IsBrokenOff(*status))) return false;
  if (start_.from() == exchange::v1::START_FROM_END && started_.has_value() &&
      position_.empty()) {
    *status = Annotate(
        *status,
        "the stream began at the end and broke before anything came, so what "
        "was published since is not known; subscribe again");
    return false;
  }
  if (!outage_since_.has_value()) outage_since_ = absl::Now();
  const absl::Duration outage_max =
      started_.has_value() ? options_.outage_max : options_.first_outage_max;
  return absl::Now() - *outage_since_ < outage_max;
}

bool ResumingSubscription::GoOn(absl::Status* status) {
  {
    MutexLock lock(&mutex_);
    if (stopped_) return false;
  }
  if (!MayGoOn(status)) return false;
  const Endpoint* failed = nullptr;
  {
    MutexLock lock(&mutex_);
    failed = current_->endpoint();
  }
  connection_->MoveOn(failed);
  // Each other broker at once, then all of them after a while.
  ++failures_;
  const absl::Duration wait = failures_ % connection_->endpoint_count() == 0
                                  ? backoff_.Next()
                                  : absl::ZeroDuration();
  if (options_.on_failover) {
    options_.on_failover(
        {failed->address(), connection_->endpoint()->address(), *status, wait});
  }
  {
    MutexLock lock(&mutex_);
    const absl::Time until = absl::Now() + wait;
    while (!stopped_ && absl::Now() < until) {
      stop_.WaitFor(&mutex_, until - absl::Now());
    }
  }
  id_base_ = last_id_;
  if (OpenNext()) return true;
  *status = absl::CancelledError(
      absl::StrCat("stopped while no broker was reached: ", status->message()));
  return false;
}

bool ResumingSubscription::OpenNext() {
  MutexLock lock(&mutex_);
  if (stopped_) return false;
  current_ = Subscription::Open(connection_, NextStart(), options_.window);
  return true;
}

exchange::v1::Start ResumingSubscription::NextStart() const {
  exchange::v1::Start start = start_;
  // Before anything came it is not known whether the group is where the caller
  // wanted it, and the same start is asked for again.
  if (!position_.empty()) {
    start.set_from(exchange::v1::START_FROM_RESUME);
    start.set_position(position_);
  }
  return start;
}

void ResumingSubscription::Ack(uint64_t delivery_id) {
  if (delivery_id <= id_base_) return;
  std::shared_ptr<Subscription> current;
  {
    MutexLock lock(&mutex_);
    current = current_;
  }
  current->Ack(delivery_id - id_base_);
}

void ResumingSubscription::HalfClose() {
  std::shared_ptr<Subscription> current;
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    stop_.SignalAll();
    current = current_;
  }
  current->HalfClose();
}

void ResumingSubscription::Cancel() {
  std::shared_ptr<Subscription> current;
  {
    MutexLock lock(&mutex_);
    stopped_ = true;
    stop_.SignalAll();
    current = current_;
  }
  current->Cancel();
}

}  // namespace sluice::client
