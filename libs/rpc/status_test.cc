#include "libs/rpc/status.h"

#include <catch2/catch.hpp>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "libs/base/status.h"

namespace sluice::rpc {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("code, message, reason and field survive the way through gRPC") {
  const absl::Status sent = FieldError(status::v1::REASON_CODE_PURPOSE_MISMATCH,
                                       "start.purpose", "another purpose");
  const grpc::Status wire = ToGrpc(sent);
  CHECK(wire.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  const absl::Status received = FromGrpc(wire);
  CHECK(received.code() == sent.code());
  CHECK(received.message() == sent.message());
  CHECK(ReasonOf(received) == status::v1::REASON_CODE_PURPOSE_MISMATCH);
  CHECK(FieldOf(received) == "start.purpose");
}

TEST_CASE("the details are those any gRPC client library knows") {
  const grpc::Status wire =
      ToGrpc(Error(status::v1::REASON_CODE_NO_AGREEMENT, "none"));
  google::rpc::Status details;
  REQUIRE(details.ParseFromString(wire.error_details()));
  REQUIRE(details.details_size() == 1);
  google::rpc::ErrorInfo info;
  REQUIRE(details.details(0).UnpackTo(&info));
  CHECK(info.reason() == "NO_AGREEMENT");
  CHECK(info.domain() == "sluice");
}

TEST_CASE("OK stays OK in both directions") {
  CHECK(ToGrpc(absl::OkStatus()).ok());
  CHECK(FromGrpc(grpc::Status::OK).ok());
}

TEST_CASE("a failed connection says what to check") {
  const absl::Status status = FromGrpc(grpc::Status(
      grpc::StatusCode::UNAVAILABLE, "failed to connect to all addresses"));
  CHECK_THAT(std::string(status.message()), Contains("check that the broker"));
}

TEST_CASE("details that do not parse are left out") {
  const absl::Status status = FromGrpc(
      grpc::Status(grpc::StatusCode::NOT_FOUND, "none", "\xFF\xFF garbage"));
  CHECK(absl::IsNotFound(status));
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_UNSPECIFIED);
}

}  // namespace
}  // namespace sluice::rpc
