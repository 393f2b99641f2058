#include "libs/rpc/credentials.h"

namespace sluice::rpc {

std::shared_ptr<grpc::ServerCredentials> ServerTls(
    const TlsMaterial& material) {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = material.ca_bundle;
  options.pem_key_cert_pairs.push_back(
      {material.private_key, material.certificate});
  return grpc::SslServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ClientTls(
    const TlsMaterial& material) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = material.ca_bundle;
  options.pem_private_key = material.private_key;
  options.pem_cert_chain = material.certificate;
  return grpc::SslCredentials(options);
}

}  // namespace sluice::rpc
