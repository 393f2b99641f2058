// A client's way to the exchange: client.yaml, certificates, the brokers it
// names, and calls that go to whichever of them answers.
#ifndef SLUICE_LIBS_CLIENT_CONNECTION_H_
#define SLUICE_LIBS_CLIENT_CONNECTION_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "libs/base/mutex.h"
#include "libs/client/endpoint.h"
#include "libs/identity/certificate.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::client {

// How long a call may take with all that is tried for it, unless it says
// otherwise (see Connection::Call).
inline constexpr absl::Duration kCallDeadline = absl::Seconds(10);

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

  // The broker that calls go to now: the first of the configuration until
  // MoveOn. It lives as long as the connection.
  const Endpoint* endpoint() const;
  size_t endpoint_count() const { return endpoints_.size(); }

  // `failed` did not answer: if calls still go there, they go to the next of
  // the configuration from now on, after the last to the first.
  void MoveOn(const Endpoint* failed);

  // One unary call:
  //
  //   connection->Call(&registry::v1::RegistryService::Stub::GetGenesis,
  //                    registry::v1::GetGenesisRequest())
  //
  // All that Sluice's unary methods do may be asked twice. So a failure that
  // may pass (MayPass) is tried again: at once at each other broker, then with
  // growing waits, until half of `deadline` is over. A broker has a part of
  // `deadline` to answer in, and never less than `answer_max`: what it may
  // rightly take, where that is long. The errors of Endpoint::Judge.
  //
  // Each broker has an audit trail of its own: once the audit service has
  // answered, all calls stay with that broker.
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(
      grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                   Response*),
      const Request& request, absl::Duration deadline = kCallDeadline,
      absl::Duration answer_max = absl::ZeroDuration()) {
    Response response;
    absl::Status status = CallUntilAnswered(
        deadline, answer_max,
        [&](const Endpoint& endpoint, grpc::ClientContext* context) {
          return (endpoint.stub<Stub>()->*method)(context, request, &response);
        });
    if (!status.ok()) return status;
    if (std::is_same_v<Stub, audit::v1::AuditService::Stub>) Stay();
    return response;
  }

 private:
  using UnaryCall =
      std::function<grpc::Status(const Endpoint&, grpc::ClientContext*)>;

  Connection(config::v1::ClientConfig config,
             const identity::CheckedCertificate& certificate);

  absl::Status CallUntilAnswered(absl::Duration deadline,
                                 absl::Duration answer_max,
                                 const UnaryCall& call);
  void Stay();

  const config::v1::ClientConfig config_;
  const identity::Identity identity_;
  std::vector<std::unique_ptr<const Endpoint>> endpoints_;

  mutable Mutex mutex_;
  size_t current_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stays_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::client

#endif  // SLUICE_LIBS_CLIENT_CONNECTION_H_
