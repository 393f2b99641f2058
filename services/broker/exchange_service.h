// sluice.exchange.v1.ExchangeService over libs/delivery.
#ifndef SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_
#define SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"
#include "libs/delivery/exchange.h"
#include "services/broker/access.h"
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

  // Both must outlive the server.
  ExchangeServiceImpl(delivery::Exchange* exchange, const Access* access)
      : exchange_(exchange), access_(access) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Subscribe(
      grpc::CallbackServerContext* context) override;

 private:
  delivery::Exchange* const exchange_;
  const Access* const access_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_EXCHANGE_SERVICE_H_
