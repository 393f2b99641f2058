#include "services/broker/exchange_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/config/bounds.h"
#include "libs/delivery/stream.h"
#include "libs/rpc/byte_buffer.h"
#include "libs/rpc/status.h"

namespace sluice::broker {
namespace {

using exchange::v1::SubscribeRequest;

// One call. gRPC owns it from construction until OnDone, which is after Finish
// and after every read and write has been answered.
class SubscribeReactor
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
      public delivery::Sink {
 public:
  SubscribeReactor(ExchangeServiceImpl::Opener* opener, delivery::Caller caller,
                   absl::Duration last_write_max,
                   grpc::CallbackServerContext* context)
      : opener_(opener),
        caller_(std::move(caller)),
        last_write_max_(last_write_max),
        context_(context) {
    StartRead(&incoming_);
  }

  // From the client.

  void OnReadDone(bool ok) override {
    if (!ok) {
      OnClientDone();
      return;
    }
    SubscribeRequest request;
    absl::Status taken = rpc::ParseByteBuffer(incoming_, &request);
    if (taken.ok()) taken = config::CheckBounds(request);
    const bool is_start = request.has_start() && stream() == nullptr;
    if (taken.ok()) taken = is_start ? TakeStart(request) : Take(request);
    if (!taken.ok()) {
      Abort(taken);
      return;
    }
    // What comes behind a start is read once the stream is open.
    if (!is_start) StartRead(&incoming_);
  }

  void OnCancel() override {
    // Without a stream, either the read that is waited for fails, which ends
    // the call, or the stream is ended as soon as it is open.
    std::shared_ptr<delivery::Stream> stream;
    {
      MutexLock lock(&mutex_);
      cancelled_ = true;
      stream = stream_;
    }
    if (stream != nullptr) stream->End(Cancelled());
  }

  void OnWriteDone(bool ok) override {
    std::optional<absl::Status> finish;
    {
      MutexLock lock(&mutex_);
      writing_ = false;
      // It finishes the call itself once it has cancelled it.
      if (patience_ == Patience::kLost) return;
      finish = std::exchange(finish_after_write_, std::nullopt);
    }
    if (finish.has_value()) {
      FinishNow(*finish);
    } else {
      stream()->OnWritten(ok);
    }
  }

  void OnDone() override {
    {
      MutexLock lock(&mutex_);
      done_ = true;
      if (patience_ != Patience::kNone) {
        alarm_.Cancel();
        return;
      }
    }
    delete this;
  }

  // From the stream.

  void Write(delivery::Frame frame) override {
    // gRPC reads the buffer until OnWriteDone, and there is one write at a
    // time.
    outgoing_ = rpc::ToByteBuffer(frame);
    {
      MutexLock lock(&mutex_);
      writing_ = true;
    }
    StartWrite(&outgoing_);
  }

  void Finish(const absl::Status& status) override {
    // A consumer that does not read would hold the write for ever: what is to
    // be stopped must not go on because of it, though why has no way to the
    // consumer then. Without the lock, for gRPC may call back from here; this
    // object stays, as nothing has finished it yet.
    if (!status.ok() && !MayBeToldLater(status) && IsWriting() &&
        !context_->IsCancelled()) {
      context_->TryCancel();
    }
    {
      MutexLock lock(&mutex_);
      if (writing_) {
        finish_after_write_ = status;
        patience_ = Patience::kRunning;
        alarm_.Set(absl::ToChronoTime(absl::Now() + last_write_max_),
                   [this](bool expired) { OnPatienceEnded(expired); });
        return;
      }
    }
    FinishNow(status);
  }

 private:
  // With a write under way at the stream's end: how long it is waited for.
  enum class Patience {
    kNone,
    kRunning,
    // The consumer does not read; the call is being cancelled.
    kLost,
  };

  // Called once for each alarm set, also if it was cancelled. Until it is, this
  // object stays.
  void OnPatienceEnded(bool expired) {
    bool cancel;
    {
      MutexLock lock(&mutex_);
      cancel = expired && finish_after_write_.has_value();
      if (cancel) patience_ = Patience::kLost;
    }
    // Without the lock, for gRPC may call back from here. The context is there
    // as long as nothing has finished the call.
    if (cancel) context_->TryCancel();
    std::optional<absl::Status> finish;
    bool done;
    {
      MutexLock lock(&mutex_);
      patience_ = Patience::kNone;
      if (!writing_) finish = std::exchange(finish_after_write_, std::nullopt);
      done = done_;
    }
    if (finish.has_value()) {
      FinishNow(*finish);
    } else if (done) {
      delete this;
    }
  }

  // Whether the write under way may come to its end first, for the consumer's
  // right stands and it is the data that cannot go on.
  static bool MayBeToldLater(const absl::Status& status) {
    switch (ReasonOf(status)) {
      case status::v1::REASON_CODE_VALUE_UNTREATABLE:
      case status::v1::REASON_CODE_BATCH_INVALID:
      case status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE:
      case status::v1::REASON_CODE_UNKNOWN_FIELD:
      case status::v1::REASON_CODE_TREATMENT_UNFIT:
      case status::v1::REASON_CODE_PREDICATE_UNFIT:
      case status::v1::REASON_CODE_TOO_LARGE:
      case status::v1::REASON_CODE_TOO_MANY:
      case status::v1::REASON_CODE_POSITION_INVALID:
      case status::v1::REASON_CODE_POSITION_EXPIRED:
      case status::v1::REASON_CODE_CHAIN_BROKEN:
        return true;
      default:
        return false;
    }
  }

  absl::Status Take(const SubscribeRequest& request) {
    const std::shared_ptr<delivery::Stream> stream = this->stream();
    if (request.has_credit() && stream != nullptr) {
      stream->AddCredit(request.credit());
      return absl::OkStatus();
    }
    if (request.has_ack() && stream != nullptr) {
      stream->Acknowledge(request.ack().delivery_id());
      return absl::OkStatus();
    }
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "the first request of a stream is `start`, each further one "
                 "`credit` or `ack`");
  }

  absl::Status TakeStart(const SubscribeRequest& request) {
    // Nothing finishes this object before OnOpened.
    return opener_->Open(
        caller_, request.start(), this,
        [this, credit = request.start().credit()](
            absl::StatusOr<delivery::Exchange::Opened> opened) {
          if (opened.ok()) {
            OnOpened(*opened, credit);
          } else {
            FinishNow(opened.status());
          }
        });
  }

  void OnOpened(const delivery::Exchange::Opened& opened,
                const exchange::v1::Credit& credit) {
    bool cancelled;
    {
      MutexLock lock(&mutex_);
      stream_ = opened.stream;
      cancelled = cancelled_;
    }
    opened.stream->AddCredit(credit);
    if (cancelled) opened.stream->End(Cancelled());
    StartRead(&incoming_);
    // From here on the stream may finish this object.
    opened.stream->Run(opened.started);
  }

  static absl::Status Cancelled() {
    return Error(status::v1::REASON_CODE_SHUTTING_DOWN,
                 "the consumer cancelled the call");
  }

  void OnClientDone() {
    if (const auto stream = this->stream()) {
      stream->HalfClose();
      return;
    }
    FinishNow(Error(status::v1::REASON_CODE_MALFORMED,
                    "the call ended before its `start`"));
  }

  // Ends the call; through the stream if there is one, which then calls Finish.
  void Abort(const absl::Status& status) {
    if (const auto stream = this->stream()) {
      stream->End(status);
    } else {
      FinishNow(status);
    }
  }

  bool IsWriting() {
    MutexLock lock(&mutex_);
    return writing_;
  }

  std::shared_ptr<delivery::Stream> stream() {
    MutexLock lock(&mutex_);
    return stream_;
  }

  void FinishNow(const absl::Status& status) {
    {
      MutexLock lock(&mutex_);
      if (finished_) return;
      finished_ = true;
    }
    ServerBidiReactor::Finish(rpc::ToGrpc(status));
  }

  ExchangeServiceImpl::Opener* const opener_;
  const delivery::Caller caller_;
  const absl::Duration last_write_max_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;

  Mutex mutex_;
  std::shared_ptr<delivery::Stream> stream_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> finish_after_write_ ABSL_GUARDED_BY(mutex_);
  Patience patience_ ABSL_GUARDED_BY(mutex_) = Patience::kNone;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
};

// Answers a call that is refused before it begins.
class RefusedReactor
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedReactor(const absl::Status& why) { Finish(rpc::ToGrpc(why)); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
ExchangeServiceImpl::Subscribe(grpc::CallbackServerContext* context) {
  auto caller = authenticate_(*context);
  if (!caller.ok()) return new RefusedReactor(caller.status());
  return new SubscribeReactor(&opener_, *std::move(caller), last_write_max_,
                              context);
}

absl::Status ExchangeServiceImpl::Opener::Open(
    const delivery::Caller& caller, const exchange::v1::Start& start,
    delivery::Sink* sink,
    std::function<void(absl::StatusOr<delivery::Exchange::Opened>)> done) {
  if (++opening_ > kOpeningMax) {
    --opening_;
    return Error(status::v1::REASON_CODE_TOO_MANY,
                 "too many streams wait to be opened at this broker: call "
                 "again in a moment, or use another broker");
  }
  // It is stopped after the server, whose calls end first.
  threads_.Schedule([this, caller, start, sink, done = std::move(done)] {
    auto opened = open_stream_(caller, start, sink);
    --opening_;
    done(std::move(opened));
  });
  return absl::OkStatus();
}

}  // namespace sluice::broker
