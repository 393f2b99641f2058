// absl::Status <-> grpc::Status, with the reason and the field path carried in
// the standard google.rpc details. The one place where gRPC's errors are
// translated.
#ifndef SLUICE_LIBS_RPC_STATUS_H_
#define SLUICE_LIBS_RPC_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace sluice::rpc {

grpc::Status ToGrpc(const absl::Status& status);

// Details that do not parse are left out. A failed connection gains advice:
// gRPC's own words name neither what was tried nor what to do.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace sluice::rpc

#endif  // SLUICE_LIBS_RPC_STATUS_H_
