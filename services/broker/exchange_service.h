// sluice.exchange.v1.ExchangeService over libs/delivery.
#ifndef SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_
#define SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "libs/delivery/exchange.h"
#include "sluice/exchange/v1/exchange_service.grpc.pb.h"

namespace sluice::broker {

// Subscribe is served as bytes: a delivery's columns go to the transport as
// slices, where generated code would copy them into a message and again out of
// it.
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
  // As Exchange::Subscribe.
  using OpenStream = std::function<absl::StatusOr<delivery::Exchange::Opened>(
      const delivery::Caller&, const exchange::v1::Start&, delivery::Sink*)>;

  // What both refer to must outlive the server.
  ExchangeServiceImpl(Authenticate authenticate, OpenStream open_stream)
      : authenticate_(std::move(authenticate)),
        open_stream_(std::move(open_stream)) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext* context) override;

 private:
  const Authenticate authenticate_;
  const OpenStream open_stream_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_
