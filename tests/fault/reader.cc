#include "tests/fault/reader.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/time/clock.h"
#include "tests/fault/kept.h"
#include "tests/integration/county.h"

namespace sluice::fault {
namespace {

exchange::v1::Start StartOf(const ReaderOptions& options) {
  exchange::v1::Start start;
  start.set_agreement(options.agreement);
  start.set_purpose(integration::County::kPurpose);
  start.set_group(options.group);
  start.set_from(options.from);
  return start;
}

}  // namespace

Reader::Reader(std::unique_ptr<client::Connection> connection,
               const ReaderOptions& options)
    : connection_(std::move(connection)),
      subscription_(client::Subscription::Open(
          connection_.get(), StartOf(options), {.batches = options.batches})),
      allowed_(options.allowed),
      thread_(
          [this, acknowledges = options.acknowledges] { Run(acknowledges); }) {}

Reader::~Reader() { Stop(); }

std::vector<JournalDelivery> Reader::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  subscription_->Cancel();
  if (thread_.joinable()) thread_.join();
  return deliveries();
}

void Reader::Hold() {
  MutexLock lock(&mutex_);
  allowed_ = 0;
  while (!waiting_ && !ended_) changed_.Wait(&mutex_);
}

void Reader::Allow(uint64_t deliveries) {
  MutexLock lock(&mutex_);
  allowed_ += deliveries;
  changed_.SignalAll();
}

void Reader::AckAllAndClose() {
  MutexLock lock(&mutex_);
  closing_ = true;
  changed_.SignalAll();
}

std::vector<JournalDelivery> Reader::deliveries() const {
  MutexLock lock(&mutex_);
  return deliveries_;
}

size_t Reader::count() const {
  MutexLock lock(&mutex_);
  return deliveries_.size();
}

bool Reader::started() const {
  MutexLock lock(&mutex_);
  return started_;
}

bool Reader::AwaitStarted(absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  MutexLock lock(&mutex_);
  while (!started_ && !ended_ && absl::Now() < until) {
    changed_.WaitFor(&mutex_, until - absl::Now());
  }
  return started_;
}

bool Reader::AwaitCount(size_t deliveries, absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  MutexLock lock(&mutex_);
  while (deliveries_.size() < deliveries && !ended_ && absl::Now() < until) {
    changed_.WaitFor(&mutex_, until - absl::Now());
  }
  return deliveries_.size() >= deliveries;
}

bool Reader::AwaitEnd(absl::Duration patience) {
  const absl::Time until = absl::Now() + patience;
  MutexLock lock(&mutex_);
  while (!ended_ && absl::Now() < until) {
    changed_.WaitFor(&mutex_, until - absl::Now());
  }
  return ended_;
}

absl::Status Reader::end() const {
  MutexLock lock(&mutex_);
  return end_;
}

void Reader::Run(bool acknowledges) {
  while (AwaitAllowed()) {
    const client::SubscriptionEvent event = subscription_->Next();
    const auto* received = std::get_if<client::ReceivedDelivery>(&event);
    if (received != nullptr) {
      ids_.push_back(received->delivery.delivery_id());
      if (acknowledges) subscription_->Ack(ids_.back());
    }
    MutexLock lock(&mutex_);
    if (received != nullptr) deliveries_.push_back(Kept(*received));
    if (std::holds_alternative<exchange::v1::Started>(event)) started_ = true;
    const auto* end = std::get_if<client::StreamEnd>(&event);
    if (end != nullptr) {
      ended_ = true;
      end_ = end->status;
    }
    changed_.SignalAll();
    if (end != nullptr) return;
  }
}

bool Reader::AwaitAllowed() {
  {
    MutexLock lock(&mutex_);
    while (!stopping_ && !closing_ && started_ &&
           deliveries_.size() >= allowed_) {
      waiting_ = true;
      changed_.SignalAll();
      changed_.Wait(&mutex_);
    }
    waiting_ = false;
    if (stopping_) return false;
    if (!closing_ || closed_) return true;
  }
  for (const uint64_t id : ids_) subscription_->Ack(id);
  subscription_->HalfClose();
  closed_ = true;
  return true;
}

}  // namespace sluice::fault
