// A client's way to a broker: client.yaml, certificates, the channel, and calls
// whose errors say what to do.
#ifndef SLUICE_LIBS_CLIENT_CONNECTION_H_
#define SLUICE_LIBS_CLIENT_CONNECTION_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "libs/identity/certificate.h"
#include "sluice/agreement/v1/agreement_service.grpc.pb.h"
#include "sluice/audit/v1/audit_service.grpc.pb.h"
#include "sluice/catalog/v1/catalog_service.grpc.pb.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/registry/v1/registry_service.grpc.pb.h"

namespace sluice::client {

// How long a call may take, unless it says otherwise.
inline constexpr absl::Duration kCallDeadline = absl::Seconds(10);
// Largest message taken from a broker: a page of audit entries of the largest
// size. A batch is far smaller.
inline constexpr int kMessageBytesMax = 72 << 20;

// client.yaml, with paths relative to it made whole. The errors of
// ReadYamlConfig.
absl::StatusOr<config::v1::ClientConfig> ReadClientConfig(
    const std::string& path);

// Thread-safe.
class Connection {
 public:
  // Checks the certificate files, so that what is wrong with them is said here
  // and not by a failed handshake. Nothing is sent yet; gRPC connects at the
  // first call.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      config::v1::ClientConfig config);

  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Who this client is, by its certificate.
  const identity::Identity& identity() const { return identity_; }
  const config::v1::ClientConfig& config() const { return config_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  registry::v1::RegistryService::Stub* registry() { return registry_.get(); }
  catalog::v1::CatalogService::Stub* catalog() { return catalog_.get(); }
  agreement::v1::AgreementService::Stub* agreements() {
    return agreements_.get();
  }
  audit::v1::AuditService::Stub* audit() { return audit_.get(); }

  // One unary call:
  //
  //   connection->Call(connection->registry(),
  //                    &registry::v1::RegistryService::Stub::GetGenesis,
  //                    request)
  //
  // The broker's refusal with its reason; UNAVAILABLE or DEADLINE_EXCEEDED with
  // the address; UNKNOWN_IDENTITY if who answered is no broker.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(
      Stub* stub,
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request, absl::Duration deadline = kCallDeadline) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
    Response response;
    absl::Status status =
        Judge((stub->*method)(&context, request, &response), context, deadline);
    if (!status.ok()) return status;
    return response;
  }

  // What came of a call that is over: as Call.
  absl::Status Judge(const grpc::Status& status,
                     const grpc::ClientContext& context,
                     absl::Duration deadline) const;

  // UNKNOWN_IDENTITY unless the server of a call that it has answered showed a
  // broker's certificate of this client's trust domain.
  absl::Status CheckServer(const grpc::ClientContext& context) const;

 private:
  Connection(config::v1::ClientConfig config,
             const identity::CheckedCertificate& certificate);

  const config::v1::ClientConfig config_;
  const identity::Identity identity_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<registry::v1::RegistryService::Stub> registry_;
  const std::unique_ptr<catalog::v1::CatalogService::Stub> catalog_;
  const std::unique_ptr<agreement::v1::AgreementService::Stub> agreements_;
  const std::unique_ptr<audit::v1::AuditService::Stub> audit_;
};

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_CONNECTION_H_
