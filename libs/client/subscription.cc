#include "libs/client/subscription.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/delivery/framing.h"
#include "libs/rpc/byte_buffer.h"

namespace sluice::client {
namespace {

using exchange::v1::SubscribeRequest;
using exchange::v1::SubscribeResponse;

constexpr char kSubscribeMethod[] =
    "/sluice.exchange.v1.ExchangeService/Subscribe";

absl::Status Malformed(absl::string_view what) {
  return Error(
      status::v1::REASON_CODE_MALFORMED,
      absl::StrCat("the broker sent ", what,
                   ": check that client and broker are of the same release"));
}

}  // namespace

std::unique_ptr<Subscription> Subscription::Open(Connection* connection,
                                                 exchange::v1::Start start,
                                                 const Window& window) {
  std::unique_ptr<Subscription> subscription(
      new Subscription(connection->endpoint(), window));
  start.mutable_credit()->set_batches(window.batches);
  start.mutable_credit()->set_bytes(window.bytes);
  SubscribeRequest request;
  *request.mutable_start() = std::move(start);
  subscription->Send(request);
  return subscription;
}

Subscription::Subscription(const Endpoint* endpoint, const Window& window)
    : endpoint_(endpoint), window_(window) {
  grpc::ChannelInterface* const channel = endpoint->channel().get();
  const grpc::internal::RpcMethod method(
      kSubscribeMethod, grpc::internal::RpcMethod::BIDI_STREAMING,
      endpoint->channel());
  stream_.reset(grpc::internal::ClientReaderWriterFactory<
                SubscribeRequest, grpc::ByteBuffer>::Create(channel, method,
                                                            &context_));
}

Subscription::~Subscription() {
  if (!end_.has_value()) EndWith(absl::CancelledError("abandoned"));
}

SubscriptionEvent Subscription::Next() {
  if (end_.has_value()) return *end_;
  ReturnCredit();
  grpc::ByteBuffer buffer;
  if (!stream_->Read(&buffer)) {
    const grpc::Status status = stream_->Finish();
    end_ =
        StreamEnd{endpoint_->Judge(status, context_, absl::InfiniteDuration())};
    return *end_;
  }
  if (!started_.has_value()) {
    const absl::Status checked = endpoint_->CheckServer(context_);
    if (!checked.ok()) return EndWith(checked);
  }
  auto event = Take(rpc::ToSharedBytes(buffer));
  if (!event.ok()) return EndWith(event.status());
  return *std::move(event);
}

absl::StatusOr<SubscriptionEvent> Subscription::Take(
    const SharedBytes& message) {
  ASSIGN_OR_RETURN(delivery::ReceivedResponse received,
                   delivery::Unframe(message));
  SubscribeResponse& response = received.response;
  if (response.has_started() == started_.has_value()) {
    return Malformed(started_.has_value() ? "a second `started`"
                                          : "something before `started`");
  }
  switch (response.response_case()) {
    case SubscribeResponse::kStarted:
      started_ = std::move(*response.mutable_started());
      return SubscriptionEvent(*started_);
    case SubscribeResponse::kDelivery:
      return TakeDelivery(std::move(*response.mutable_delivery()),
                          received.batch);
    case SubscribeResponse::kCaughtUp:
      return SubscriptionEvent(std::move(*response.mutable_caught_up()));
    case SubscribeResponse::RESPONSE_NOT_SET:
      break;
  }
  return Malformed("a response that this client does not know");
}

absl::StatusOr<SubscriptionEvent> Subscription::TakeDelivery(
    exchange::v1::Delivery delivery, const SharedBytes& batch) {
  taken_.set_batches(taken_.batches() + 1);
  taken_.set_bytes(taken_.bytes() + batch.size());
  ReceivedDelivery received;
  received.delivery = std::move(delivery);
  if (!batch.empty()) {
    ASSIGN_OR_RETURN(received.batch, records::ParseBatch(batch));
    RETURN_IF_ERROR(CheckColumns(*received.batch));
  }
  return SubscriptionEvent(std::move(received));
}

absl::Status Subscription::CheckColumns(const records::Batch& batch) const {
  // Both ascend by field id.
  int at = 0;
  for (const records::Column& column : batch.columns) {
    while (at < started_->fields_size() &&
           started_->fields(at).id() < column.field_id) {
      ++at;
    }
    if (at == started_->fields_size() ||
        started_->fields(at).id() != column.field_id ||
        started_->fields(at).type() != column.type) {
      return Error(
          status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE,
          absl::StrCat("the broker sent a batch whose column ", column.field_id,
                       " is not as the stream's start announced: subscribe "
                       "again"));
    }
  }
  return absl::OkStatus();
}

void Subscription::ReturnCredit() {
  // Half a window at a time: seldom enough to cost nothing, early enough that
  // the broker does not run dry.
  if (uint64_t{taken_.batches()} * 2 < window_.batches &&
      taken_.bytes() * 2 < window_.bytes) {
    return;
  }
  SubscribeRequest request;
  *request.mutable_credit() = taken_;
  taken_.Clear();
  Send(request);
}

void Subscription::Ack(uint64_t delivery_id) {
  SubscribeRequest request;
  request.mutable_ack()->set_delivery_id(delivery_id);
  Send(request);
}

void Subscription::Send(const SubscribeRequest& request) {
  MutexLock lock(&write_mutex_);
  // A write that fails ends the stream, which Next reports.
  if (!half_closed_) stream_->Write(request);
}

void Subscription::HalfClose() {
  MutexLock lock(&write_mutex_);
  if (half_closed_) return;
  half_closed_ = true;
  stream_->WritesDone();
}

void Subscription::Cancel() { context_.TryCancel(); }

StreamEnd Subscription::EndWith(const absl::Status& status) {
  context_.TryCancel();
  grpc::ByteBuffer dropped;
  while (stream_->Read(&dropped)) {
  }
  stream_->Finish();
  end_ = StreamEnd{status};
  return *end_;
}

}  // namespace sluice::client
