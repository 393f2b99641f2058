// A stream that outlives the brokers it comes from: when one fails, it goes on
// at the next from where it was, and whoever reads it sees one stream.
#ifndef SLUICE_LIBS_CLIENT_RESUMING_SUBSCRIPTION_H_
#define SLUICE_LIBS_CLIENT_RESUMING_SUBSCRIPTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/client/connection.h"
#include "libs/client/retry.h"
#include "libs/client/subscription.h"

namespace sluice::client {

// A broker that failed under a stream.
struct Failover {
  std::string from;
  // Where it is tried next, which is the same where there is one broker.
  std::string to;
  absl::Status why;
  absl::Duration wait;
};

struct ResumeOptions {
  Window window;
  // How long no broker may let the stream begin until it ends with what the
  // last one said; before its first `Started`, and after that. Zero: the first
  // failure ends it.
  absl::Duration first_outage_max = absl::Seconds(5);
  absl::Duration outage_max = absl::Minutes(10);
  // Called in Next, before it waits and tries another broker.
  std::function<void(const Failover&)> on_failover;
};

// Next, Ack and the destructor belong to one thread; HalfClose and Cancel may
// be called from any.
//
// Goes on after what may pass (retry.h) and after a call that the broker broke
// off, behind what Next gave last (START_FROM_RESUME): a delivery, or that the
// stream has caught up. So the
// caller sees no delivery twice and none left out; what it has not acknowledged
// comes again only to who begins anew, or to another of its group that has the
// partition then. A stream that began at the end and broke
// before either ends: what was published meanwhile is not known.
class ResumingSubscription {
 public:
  // As Subscription::Open.
  static std::unique_ptr<ResumingSubscription> Open(Connection* connection,
                                                    exchange::v1::Start start,
                                                    ResumeOptions options);

  ~ResumingSubscription() = default;
  ResumingSubscription(const ResumingSubscription&) = delete;
  ResumingSubscription& operator=(const ResumingSubscription&) = delete;

  // As Subscription::Next. A further Started comes if the agreement lets
  // something else through than before. Delivery ids go on across brokers.
  SubscriptionEvent Next();

  // As Subscription::Ack. The acknowledgement of a delivery of a broker that
  // has failed goes nowhere; that of a later one covers it.
  void Ack(uint64_t delivery_id);

  // As those of Subscription. While no broker is reached, both end the stream
  // with CANCELLED.
  void HalfClose();
  void Cancel();

 private:
  ResumingSubscription(Connection* connection, exchange::v1::Start start,
                       ResumeOptions options);

  // Whether another stream is open; if not, `status` says why not.
  bool GoOn(absl::Status* status);
  bool MayGoOn(absl::Status* status);
  exchange::v1::Start NextStart() const;
  bool OpenNext();
  bool IsNews(const exchange::v1::Started& started);

  Connection* const connection_;
  const exchange::v1::Start start_;
  const ResumeOptions options_;

  // Of the thread that reads.
  Backoff backoff_;
  std::optional<exchange::v1::Started> started_;
  std::optional<StreamEnd> end_;
  // Of the last Delivery or CaughtUp that Next gave; empty before the first.
  std::string position_;
  // Delivery ids of the current stream begin behind this one.
  uint64_t id_base_ = 0;
  uint64_t last_id_ = 0;
  // Since when nothing has come; past while something does.
  std::optional<absl::Time> outage_since_;
  size_t failures_ = 0;

  Mutex mutex_;
  CondVar stop_;
  // Set by the thread that reads; it calls it without the lock.
  std::shared_ptr<Subscription> current_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_RESUMING_SUBSCRIPTION_H_
