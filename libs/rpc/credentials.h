// Mutual TLS: both sides show a certificate of the trust domain, or no byte is
// exchanged.
#ifndef SLUICE_LIBS_RPC_CREDENTIALS_H_
#define SLUICE_LIBS_RPC_CREDENTIALS_H_

#include <memory>
#include <string>

#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace sluice::rpc {

// PEM texts.
struct TlsMaterial {
  std::string certificate;
  std::string private_key;
  // The CAs whose certificates the other side may show.
  std::string ca_bundle;
};

// Refuses clients without a certificate of the CA.
std::shared_ptr<grpc::ServerCredentials> ServerTls(const TlsMaterial& material);

// Refuses servers whose certificate is not of the CA or not for the host
// called.
std::shared_ptr<grpc::ChannelCredentials> ClientTls(
    const TlsMaterial& material);

}  // namespace sluice::rpc

#endif  // SLUICE_LIBS_RPC_CREDENTIALS_H_
