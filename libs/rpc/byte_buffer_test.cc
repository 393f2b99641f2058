#include "libs/rpc/byte_buffer.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "google/protobuf/wrappers.pb.h"

namespace sluice::rpc {
namespace {

TEST_CASE("pieces come out joined, in order") {
  const std::string large(100'000, 'x');
  const grpc::ByteBuffer buffer =
      ToByteBuffer({SharedBytes::Own("head"), SharedBytes(),
                    SharedBytes::Own(large), SharedBytes::Own("tail")});
  CHECK(buffer.Length() == large.size() + 8);
  CHECK(std::string(ToSharedBytes(buffer).view()) == "head" + large + "tail");
}

TEST_CASE("a large piece is kept alive by the buffer and released with it") {
  auto owner = std::make_shared<const std::string>(1000, 'y');
  const std::weak_ptr<const std::string> watch = owner;
  {
    grpc::ByteBuffer buffer;
    {
      const SharedBytes bytes(owner,
                              absl::string_view(owner->data(), owner->size()));
      owner.reset();
      buffer = ToByteBuffer({bytes});
    }
    CHECK_FALSE(watch.expired());
    CHECK(ToSharedBytes(buffer).size() == 1000);
  }
  CHECK(watch.expired());
}

TEST_CASE("an empty buffer is empty bytes") {
  CHECK(ToSharedBytes(ToByteBuffer({})).empty());
}

TEST_CASE("bytes that are no such message are malformed") {
  google::protobuf::StringValue value;
  value.set_value("text");
  google::protobuf::StringValue parsed;
  CHECK(
      ParseByteBuffer(
          ToByteBuffer({SharedBytes::Own(value.SerializeAsString())}), &parsed)
          .ok());
  CHECK(parsed.value() == "text");
  CHECK_FALSE(
      ParseByteBuffer(ToByteBuffer({SharedBytes::Own("\x0A\x7F")}), &parsed)
          .ok());
}

}  // namespace
}  // namespace sluice::rpc
