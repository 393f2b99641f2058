// Who asks for records, as the certificate of the connection proves.
#ifndef SLUICE_LIBS_DELIVERY_CALLER_H_
#define SLUICE_LIBS_DELIVERY_CALLER_H_

#include <string>

#include "absl/time/time.h"
#include "libs/crypto/sha256.h"
#include "sluice/audit/v1/entry.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::delivery {

struct Caller {
  std::string spiffe_id;
  std::string department;
  registry::v1::Role role = registry::v1::ROLE_UNSPECIFIED;
  // SHA-256 of the certificate in DER form.
  crypto::Digest certificate_digest = {};
  // gRPC looks at a certificate only during the handshake; a delivery looks
  // again before each write.
  absl::Time certificate_not_after = absl::InfinitePast();
};

// The caller as the audit trail names it.
audit::v1::Peer PeerOf(const Caller& caller);

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_CALLER_H_
