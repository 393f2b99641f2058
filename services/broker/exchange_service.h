// sluice.exchange.v1.ExchangeService over libs/delivery.
#ifndef SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_
#define SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_

#include <atomic>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "libs/base/worker_pool.h"
#include "libs/delivery/exchange.h"
#include "sluice/exchange/v1/exchange_service.grpc.pb.h"

namespace sluice::broker {

// Subscribe is served as bytes: a delivery's columns go to the transport as
// slices, where generated code would copy them into a message and again out of
// it.
//
// Opening a stream may wait for the bus and for other brokers, so a few threads
// of its own do that, and gRPC's threads never wait.
class ExchangeServiceImpl
    : public exchange::v1::ExchangeService::WithRawCallbackMethod_Subscribe<
          exchange::v1::ExchangeService::Service> {
  using Base = exchange::v1::ExchangeService::WithRawCallbackMethod_Subscribe<
      exchange::v1::ExchangeService::Service>;

 public:
  // The blocking form stays as the base has it: it answers "not implemented".
  using Base::Subscribe;

  // Who calls, if they may call at all.
  using Authenticate = std::function<absl::StatusOr<delivery::Caller>(
      const grpc::CallbackServerContext&)>;
  // As Exchange::Subscribe; called in one of the service's threads.
  using OpenStream = std::function<absl::StatusOr<delivery::Exchange::Opened>(
      const delivery::Caller&, const exchange::v1::Start&, delivery::Sink*)>;

  // How long a stream that cannot go on for its data waits until the consumer
  // has read what is being written, to be told why. Who reads later sees a
  // cancelled call.
  static constexpr absl::Duration kLastWriteMax = absl::Seconds(10);

  // What both refer to must outlive this object, and this object the server.
  ExchangeServiceImpl(Authenticate authenticate, OpenStream open_stream,
                      absl::Duration last_write_max = kLastWriteMax)
      : authenticate_(std::move(authenticate)),
        last_write_max_(last_write_max),
        opener_(std::move(open_stream)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext* context) override;

  // Streams that are being opened or wait for it.
  static constexpr int kOpeningMax = 512;
  static constexpr int kOpenerThreads = 4;

  // Opens streams in threads of its own. Thread-safe.
  class Opener {
   public:
    explicit Opener(OpenStream open_stream)
        : open_stream_(std::move(open_stream)) {}

    // `done` is called in one of the threads with what came of it. An error,
    // and `done` is not called, if too many wait already.
    absl::Status Open(
        const delivery::Caller& caller, const exchange::v1::Start& start,
        delivery::Sink* sink,
        std::function<void(absl::StatusOr<delivery::Exchange::Opened>)> done);

   private:
    const OpenStream open_stream_;
    std::atomic<int> opening_ = 0;
    // The last, so that its threads end first.
    WorkerPool threads_{"open", kOpenerThreads};
  };

 private:
  const Authenticate authenticate_;
  const absl::Duration last_write_max_;
  Opener opener_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_
