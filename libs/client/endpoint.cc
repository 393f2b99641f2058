#include "libs/client/endpoint.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/status.h"

namespace sluice::client {
namespace {

// A broker that was away is found again within this time of its return.
constexpr int kReconnectMsMax = 2'000;
constexpr int kReconnectMsFirst = 200;
// How long a connection may take until another broker is tried.
constexpr int kConnectMs = 3'000;
// A broker that is stopped or cut off, whose connection stays open, is given up
// after these. While a stream's reader is busy elsewhere, gRPC looks at what
// has come only every five seconds, and must find the answer then.
constexpr int kKeepaliveMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 15'000;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const rpc::TlsMaterial& tls) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kReconnectMsFirst);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMsMax);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  return grpc::CreateCustomChannel(address, rpc::ClientTls(tls), arguments);
}

}  // namespace

Endpoint::Endpoint(std::string address, const rpc::TlsMaterial& tls,
                   std::string trust_domain)
    : address_(std::move(address)),
      trust_domain_(std::move(trust_domain)),
      channel_(MakeChannel(address_, tls)),
      stubs_(registry::v1::RegistryService::NewStub(channel_),
             catalog::v1::CatalogService::NewStub(channel_),
             agreement::v1::AgreementService::NewStub(channel_),
             audit::v1::AuditService::NewStub(channel_)) {}

absl::Status Endpoint::Judge(const grpc::Status& status,
                             const grpc::ClientContext& context,
                             absl::Duration deadline) const {
  if (status.ok()) return CheckServer(context);
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return absl::DeadlineExceededError(
        absl::StrCat("no answer from the broker at ", address_, " within ",
                     absl::FormatDuration(deadline),
                     ": check that it runs and is reachable, then call again"));
  }
  absl::Status translated = rpc::FromGrpc(status);
  // A refusal speaks for itself; a failed transport must say where to.
  if (ReasonOf(translated) != status::v1::REASON_CODE_UNSPECIFIED) {
    return translated;
  }
  return Annotate(translated, absl::StrCat("calling the broker at ", address_));
}

absl::Status Endpoint::CheckServer(const grpc::ClientContext& context) const {
  const auto auth = context.auth_context();
  if (auth == nullptr) {
    return Error(
        status::v1::REASON_CODE_UNKNOWN_IDENTITY,
        absl::StrCat("the server at ", address_, " has shown no certificate"));
  }
  RETURN_IF_ERROR(Annotate(rpc::CheckServer(*auth), AsView(address_)));
  return rpc::CallerOf(*auth, AsView(trust_domain_)).status();
}

}  // namespace sluice::client
