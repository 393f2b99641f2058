#include "libs/rpc/byte_buffer.h"

#include <cstring>
#include <memory>
#include <utility>

#include "grpcpp/support/slice.h"
#include "libs/base/status.h"

namespace sluice::rpc {
namespace {

// Below this, gRPC's inlined slices are cheaper than a reference count.
constexpr size_t kCopyBytesMax = 256;

grpc::Slice ToSlice(const SharedBytes& piece) {
  if (piece.size() <= kCopyBytesMax) {
    return grpc::Slice(piece.data(), piece.size());
  }
  auto* owner = new SharedBytes(piece);
  return grpc::Slice(
      const_cast<char*>(piece.data()), piece.size(),
      [](void* user_data) { delete static_cast<SharedBytes*>(user_data); },
      owner);
}

}  // namespace

grpc::ByteBuffer ToByteBuffer(const std::vector<SharedBytes>& pieces) {
  std::vector<grpc::Slice> slices;
  slices.reserve(pieces.size());
  for (const SharedBytes& piece : pieces) {
    if (!piece.empty()) slices.push_back(ToSlice(piece));
  }
  return grpc::ByteBuffer(slices.data(), slices.size());
}

SharedBytes ToSharedBytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return SharedBytes();
  if (slices.size() == 1) {
    auto owner = std::make_shared<const grpc::Slice>(std::move(slices[0]));
    const absl::string_view view(reinterpret_cast<const char*>(owner->begin()),
                                 owner->size());
    return SharedBytes(std::move(owner), view);
  }
  std::string joined;
  joined.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    joined.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return SharedBytes::Own(std::move(joined));
}

absl::Status ParseByteBuffer(const grpc::ByteBuffer& buffer,
                             google::protobuf::MessageLite* message) {
  const SharedBytes bytes = ToSharedBytes(buffer);
  if (message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::OkStatus();
  }
  return Error(status::v1::REASON_CODE_MALFORMED,
               absl::string_view("the request is no message of the type the "
                                 "method takes"));
}

}  // namespace sluice::rpc
