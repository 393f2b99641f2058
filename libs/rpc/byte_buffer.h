// Bytes into and out of gRPC without copying them into a message first.
#ifndef SLUICE_LIBS_RPC_BYTE_BUFFER_H_
#define SLUICE_LIBS_RPC_BYTE_BUFFER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/support/byte_buffer.h"
#include "libs/base/shared_bytes.h"

namespace sluice::rpc {

// A buffer of slices that refer to `pieces` and keep them alive.
grpc::ByteBuffer ToByteBuffer(const std::vector<SharedBytes>& pieces);

// The bytes of `buffer` in one piece: copied once unless they already are.
SharedBytes ToSharedBytes(const grpc::ByteBuffer& buffer);

// MALFORMED if the bytes are no such message.
absl::Status ParseByteBuffer(const grpc::ByteBuffer& buffer,
                             google::protobuf::MessageLite* message);

}  // namespace sluice::rpc

#endif  // SLUICE_LIBS_RPC_BYTE_BUFFER_H_
