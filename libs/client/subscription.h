// The reading side of ExchangeService.Subscribe: batches arrive as bytes and
// become columns without being copied into a message in between.
#ifndef SLUICE_LIBS_CLIENT_SUBSCRIPTION_H_
#define SLUICE_LIBS_CLIENT_SUBSCRIPTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"
#include "libs/base/mutex.h"
#include "libs/base/shared_bytes.h"
#include "libs/client/connection.h"
#include "libs/records/batch.h"
#include "sluice/exchange/v1/exchange_service.grpc.pb.h"

namespace sluice::client {

// What may be on its way to this client at once, which bounds its memory. Both
// at least 1; at most what the broker caps credit at.
struct Window {
  uint32_t batches = 16;
  uint64_t bytes = uint64_t{16} << 20;
};

struct ReceivedDelivery {
  // Without its batch.
  exchange::v1::Delivery delivery;
  // Absent in a baseline marker. Its columns are among those that `Started`
  // names, with the types it gives.
  std::optional<records::Batch> batch;
};

// The stream is over: OK after a half-close, CANCELLED after Cancel, otherwise
// why the broker or the connection ended it.
struct StreamEnd {
  absl::Status status;
};

using SubscriptionEvent = std::variant<exchange::v1::Started, ReceivedDelivery,
                                       exchange::v1::CaughtUp, StreamEnd>;

// One stream, of one broker. Next, Ack and the destructor belong to one thread;
// HalfClose and Cancel may be called from any. ResumingSubscription goes on at
// another broker when this one fails.
//
//   ASSIGN_OR_RETURN(auto subscription,
//                    Subscription::Open(connection, start, Window()));
//   while (true) {
//     SubscriptionEvent event = subscription->Next();
//     ...
//   }
class Subscription {
 public:
  // Starts the call at the broker that `connection` goes to now; `start.credit`
  // is set from `window`. Refusals come from Next. `connection` must outlive
  // the object.
  static std::unique_ptr<Subscription> Open(Connection* connection,
                                            exchange::v1::Start start,
                                            const Window& window);

  // Cancels the call if it has not ended.
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Waits for what comes next. The first event is Started or StreamEnd; after
  // StreamEnd each call gives it again. Calling Next says that the delivery
  // before needs no more memory: its credit goes back to the broker.
  SubscriptionEvent Next();

  // Everything up to this delivery is taken care of. Not waited for: a broken
  // stream shows in Next.
  void Ack(uint64_t delivery_id);

  // No more acknowledgements will come. The broker takes those that were sent
  // and ends the stream; Next gives what is still on its way, then StreamEnd.
  void HalfClose();

  // Ends the stream now. What was not acknowledged comes again to the next one.
  void Cancel();

  // The broker it was opened at.
  const Endpoint* endpoint() const { return endpoint_; }

 private:
  using RawStream = grpc::ClientReaderWriter<exchange::v1::SubscribeRequest,
                                             grpc::ByteBuffer>;

  Subscription(const Endpoint* endpoint, const Window& window);

  void Send(const exchange::v1::SubscribeRequest& request);
  void ReturnCredit();
  absl::StatusOr<SubscriptionEvent> Take(const SharedBytes& message);
  absl::StatusOr<SubscriptionEvent> TakeDelivery(
      exchange::v1::Delivery delivery, const SharedBytes& batch);
  absl::Status CheckColumns(const records::Batch& batch) const;
  StreamEnd EndWith(const absl::Status& status);

  const Endpoint* const endpoint_;
  const Window window_;

  // Synchronizes itself, for one reader and one writer.
  grpc::ClientContext context_;
  std::unique_ptr<RawStream> stream_;

  // Of the thread that reads.
  std::optional<exchange::v1::Started> started_;
  std::optional<StreamEnd> end_;
  // Taken by deliveries since credit was last returned.
  exchange::v1::Credit taken_;

  // Held while writing.
  Mutex write_mutex_;
  bool half_closed_ ABSL_GUARDED_BY(write_mutex_) = false;
};

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_SUBSCRIPTION_H_
