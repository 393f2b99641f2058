// Who is on the other side of a call, from its certificate and nothing else.
#ifndef SLUICE_LIBS_RPC_PEER_H_
#define SLUICE_LIBS_RPC_PEER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "grpcpp/security/auth_context.h"
#include "libs/delivery/caller.h"

namespace sluice::rpc {

// The caller of a server's method. UNKNOWN_IDENTITY if the certificate has no
// SPIFFE id of `trust_domain`.
absl::StatusOr<delivery::Caller> CallerOf(const grpc::AuthContext& context,
                                          absl::string_view trust_domain);

// For a client: OK if the server showed the certificate of a broker.
// UNKNOWN_IDENTITY otherwise.
absl::Status CheckServer(const grpc::AuthContext& context);

}  // namespace sluice::rpc

#endif  // SLUICE_LIBS_RPC_PEER_H_
