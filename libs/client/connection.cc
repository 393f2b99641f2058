#include "libs/client/connection.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/rpc/credentials.h"
#include "libs/rpc/peer.h"
#include "libs/rpc/status.h"

namespace sluice::client {
namespace {

std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& server,
    const identity::CheckedCertificate& certificate) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  return grpc::CreateCustomChannel(
      server,
      rpc::ClientTls(
          {certificate.cert_pem, certificate.key_pem, certificate.ca_pem}),
      arguments);
}

}  // namespace

absl::StatusOr<config::v1::ClientConfig> ReadClientConfig(
    const std::string& path) {
  ASSIGN_OR_RETURN(config::v1::ClientConfig config,
                   config::ReadYamlConfig<config::v1::ClientConfig>(path));
  const auto resolve = [&path](std::string* file) {
    if (!file->empty()) *file = ResolvePath(path, *file);
  };
  resolve(config.mutable_ca_file());
  resolve(config.mutable_tls()->mutable_cert_file());
  resolve(config.mutable_tls()->mutable_key_file());
  resolve(config.mutable_signing_key_file());
  return config;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    config::v1::ClientConfig config) {
  ASSIGN_OR_RETURN(
      const identity::CheckedCertificate certificate,
      identity::CheckCertificateFiles(
          {config.tls().cert_file(), config.tls().key_file(), config.ca_file()},
          {}, absl::Now()));
  return std::unique_ptr<Connection>(
      new Connection(std::move(config), certificate));
}

Connection::Connection(config::v1::ClientConfig config,
                       const identity::CheckedCertificate& certificate)
    : config_(std::move(config)),
      identity_(certificate.certificate.identity),
      channel_(MakeChannel(config_.server(), certificate)),
      registry_(registry::v1::RegistryService::NewStub(channel_)),
      catalog_(catalog::v1::CatalogService::NewStub(channel_)),
      agreements_(agreement::v1::AgreementService::NewStub(channel_)),
      audit_(audit::v1::AuditService::NewStub(channel_)) {}

absl::Status Connection::Judge(const grpc::Status& status,
                               const grpc::ClientContext& context,
                               absl::Duration deadline) const {
  if (status.ok()) return CheckServer(context);
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return absl::DeadlineExceededError(
        absl::StrCat("no answer from the broker at ", config_.server(),
                     " within ", absl::FormatDuration(deadline),
                     ": check that it runs and is reachable, then call again"));
  }
  absl::Status translated = rpc::FromGrpc(status);
  // A refusal speaks for itself; a failed transport must say where to.
  if (ReasonOf(translated) != status::v1::REASON_CODE_UNSPECIFIED) {
    return translated;
  }
  return Annotate(translated,
                  absl::StrCat("calling the broker at ", config_.server()));
}

absl::Status Connection::CheckServer(const grpc::ClientContext& context) const {
  const auto auth = context.auth_context();
  if (auth == nullptr) {
    return Error(status::v1::REASON_CODE_UNKNOWN_IDENTITY,
                 absl::StrCat("the server at ", config_.server(),
                              " has shown no certificate"));
  }
  RETURN_IF_ERROR(Annotate(rpc::CheckServer(*auth), AsView(config_.server())));
  return rpc::CallerOf(*auth, AsView(identity_.trust_domain)).status();
}

}  // namespace sluice::client
