// One broker as a client reaches it: its channel, and what is believed of it.
#ifndef SLUICE_LIBS_CLIENT_ENDPOINT_H_
#define SLUICE_LIBS_CLIENT_ENDPOINT_H_

#include <memory>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "libs/rpc/credentials.h"
#include "sluice/agreement/v1/agreement_service.grpc.pb.h"
#include "sluice/audit/v1/audit_service.grpc.pb.h"
#include "sluice/catalog/v1/catalog_service.grpc.pb.h"
#include "sluice/registry/v1/registry_service.grpc.pb.h"

namespace sluice::client {

// Largest message taken from a broker: a page of audit entries of the largest
// size. A batch is far smaller.
inline constexpr int kMessageBytesMax = 72 << 20;

// Immutable, and so thread-safe. gRPC connects at the first call, and again by
// itself after a failure.
class Endpoint {
 public:
  // `address` is `host:port`; a server that shows no broker's certificate of
  // `trust_domain` is not believed.
  Endpoint(std::string address, const rpc::TlsMaterial& tls,
           std::string trust_domain);

  const std::string& address() const { return address_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // `Stub` is RegistryService::Stub, CatalogService::Stub,
  // AgreementService::Stub or AuditService::Stub.
  template <typename Stub>
  Stub* stub() const {
    return std::get<std::unique_ptr<Stub>>(stubs_).get();
  }

  // What came of a call that is over: the broker's refusal with its reason;
  // UNAVAILABLE or DEADLINE_EXCEEDED with the address; UNKNOWN_IDENTITY if who
  // answered is no broker.
  absl::Status Judge(const grpc::Status& status,
                     const grpc::ClientContext& context,
                     absl::Duration deadline) const;

  // UNKNOWN_IDENTITY unless the server of a call that it has answered showed a
  // broker's certificate of the trust domain.
  absl::Status CheckServer(const grpc::ClientContext& context) const;

 private:
  const std::string address_;
  const std::string trust_domain_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::tuple<std::unique_ptr<registry::v1::RegistryService::Stub>,
                   std::unique_ptr<catalog::v1::CatalogService::Stub>,
                   std::unique_ptr<agreement::v1::AgreementService::Stub>,
                   std::unique_ptr<audit::v1::AuditService::Stub>>
      stubs_;
};

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_ENDPOINT_H_
