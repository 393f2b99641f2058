#include "libs/rpc/peer.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/support/string_ref.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/identity/certificate.h"
#include "libs/identity/spiffe_id.h"

namespace sluice::rpc {
namespace {

constexpr char kCertificateProperty[] = "x509_pem_cert";

absl::StatusOr<identity::Certificate> PeerCertificate(
    const grpc::AuthContext& context) {
  const std::vector<grpc::string_ref> pem =
      context.FindPropertyValues(kCertificateProperty);
  if (pem.size() != 1) {
    return Error(status::v1::REASON_CODE_UNKNOWN_IDENTITY,
                 "the connection shows no certificate: connect with one of the "
                 "trust domain");
  }
  return identity::ParseCertificate(AsView(pem[0]));
}

}  // namespace

absl::StatusOr<delivery::Caller> CallerOf(const grpc::AuthContext& context,
                                          absl::string_view trust_domain) {
  ASSIGN_OR_RETURN(const identity::Certificate certificate,
                   PeerCertificate(context));
  if (trust_domain != certificate.identity.trust_domain) {
    return Error(status::v1::REASON_CODE_UNKNOWN_IDENTITY,
                 absl::StrCat("the certificate is of trust domain ",
                              certificate.identity.trust_domain,
                              " and this broker of ", trust_domain));
  }
  delivery::Caller caller;
  caller.spiffe_id = identity::FormatSpiffeId(certificate.identity);
  caller.department = certificate.identity.department;
  caller.role = certificate.identity.role;
  caller.certificate_digest = certificate.fingerprint;
  caller.certificate_not_after = certificate.not_after;
  return caller;
}

absl::Status CheckServer(const grpc::AuthContext& context) {
  ASSIGN_OR_RETURN(const identity::Certificate certificate,
                   PeerCertificate(context));
  if (certificate.identity.role == registry::v1::ROLE_BROKER) {
    return absl::OkStatus();
  }
  return Error(status::v1::REASON_CODE_UNKNOWN_IDENTITY,
               absl::StrCat("the server shows the certificate of ",
                            identity::FormatSpiffeId(certificate.identity),
                            ", which is no broker's: check the address"));
}

}  // namespace sluice::rpc
