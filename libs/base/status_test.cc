#include "libs/base/status.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "google/rpc/error_details.pb.h"

namespace sluice {
namespace {

TEST_CASE("An error carries its reason, its code and its message") {
  const absl::Status status = Error(status::v1::REASON_CODE_AGREEMENT_REVOKED,
                                    "grid-people is revoked");
  CHECK(status.code() == absl::StatusCode::kPermissionDenied);
  CHECK(status.message() == "grid-people is revoked");
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_AGREEMENT_REVOKED);
  CHECK(FieldOf(status).empty());

  google::rpc::ErrorInfo info;
  REQUIRE(info.ParseFromString(
      std::string(status.GetPayload(kErrorInfoUrl).value())));
  CHECK(info.reason() == "AGREEMENT_REVOKED");
  CHECK(info.domain() == "sluice");
}

TEST_CASE("A field error names its field in message and details") {
  const absl::Status status = FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS,
                                         "fields[2].length", "is 99; use 64");
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(status.message() == "fields[2].length: is 99; use 64");
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_OUT_OF_BOUNDS);
  CHECK(FieldOf(status) == "fields[2].length");
}

TEST_CASE("An annotation goes in front and keeps the details") {
  const absl::Status status = Annotate(
      Annotate(FieldError(status::v1::REASON_CODE_MALFORMED, "id", "is empty"),
               "resource.yaml"),
      "adapter civil-affairs");
  CHECK(status.message() ==
        "adapter civil-affairs: resource.yaml: id: is empty");
  CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  CHECK(ReasonOf(status) == status::v1::REASON_CODE_MALFORMED);
  CHECK(FieldOf(status) == "id");
  CHECK(Annotate(absl::OkStatus(), "x").ok());
}

TEST_CASE("OK, foreign and damaged statuses have no reason") {
  CHECK(ReasonOf(absl::OkStatus()) == status::v1::REASON_CODE_UNSPECIFIED);
  CHECK(ReasonOf(absl::InternalError("x")) ==
        status::v1::REASON_CODE_UNSPECIFIED);
  absl::Status damaged = absl::InternalError("x");
  damaged.SetPayload(kErrorInfoUrl, absl::Cord("\xFF\xFF\xFF"));
  damaged.SetPayload(kBadRequestUrl, absl::Cord("\xFF\xFF\xFF"));
  CHECK(ReasonOf(damaged) == status::v1::REASON_CODE_UNSPECIFIED);
  CHECK(FieldOf(damaged).empty());
}

TEST_CASE(
    "A status is retriable by its reason, or by its code where it has none") {
  CHECK(IsRetriable(Error(status::v1::REASON_CODE_LEASE_LOST, "x")));
  CHECK_FALSE(IsRetriable(Error(status::v1::REASON_CODE_NO_AGREEMENT, "x")));
  CHECK(IsRetriable(absl::UnavailableError("x")));
  CHECK(IsRetriable(absl::ResourceExhaustedError("x")));
  CHECK_FALSE(IsRetriable(absl::InternalError("x")));
  CHECK_FALSE(IsRetriable(absl::OkStatus()));
  // The reason wins: this one's code alone would say otherwise.
  absl::Status status = absl::UnavailableError("x");
  google::rpc::ErrorInfo info;
  info.set_reason("FENCED");
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  CHECK_FALSE(IsRetriable(status));
}

absl::Status Fail() { return Error(status::v1::REASON_CODE_CORRUPT, "torn"); }

absl::StatusOr<int> Twice(const absl::StatusOr<int>& number, int* evaluated) {
  const auto get = [&] {
    ++*evaluated;
    return number;
  };
  ASSIGN_OR_RETURN(const int value, get());
  return 2 * value;
}

absl::Status Both(const absl::Status& first, const absl::Status& second) {
  RETURN_IF_ERROR(first);
  RETURN_IF_ERROR(second);
  return absl::OkStatus();
}

TEST_CASE(
    "The macros return the first error with its details and evaluate once") {
  int evaluated = 0;
  CHECK(Twice(21, &evaluated).value() == 42);
  CHECK(evaluated == 1);
  CHECK(ReasonOf(Twice(Fail(), &evaluated).status()) ==
        status::v1::REASON_CODE_CORRUPT);
  CHECK(evaluated == 2);
  CHECK(Both(absl::OkStatus(), absl::OkStatus()).ok());
  CHECK(Both(absl::OkStatus(), Fail()) == Fail());
  CHECK(Both(Fail(), absl::InternalError("x")) == Fail());
}

TEST_CASE("The macros move what cannot be copied") {
  const auto run = []() -> absl::StatusOr<std::unique_ptr<int>> {
    ASSIGN_OR_RETURN(
        std::unique_ptr<int> value,
        absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(7)));
    return value;
  };
  CHECK(*run().value() == 7);
}

}  // namespace
}  // namespace sluice
