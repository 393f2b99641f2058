#include "libs/base/reason.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

namespace sluice {
namespace {

using absl::StatusCode;

// reason.proto's groups by number, written down a second time.
std::map<int, ReasonTraits> ExpectedTraits() {
  std::map<int, ReasonTraits> expected;
  const auto range = [&expected](int first, int last, StatusCode code,
                                 bool retriable) {
    for (int number = first; number <= last; ++number) {
      expected[number] = {code, retriable};
    }
  };
  range(0, 0, StatusCode::kInternal, false);
  range(1, 7, StatusCode::kInvalidArgument, false);
  range(20, 21, StatusCode::kUnauthenticated, false);
  range(22, 22, StatusCode::kPermissionDenied, false);
  range(23, 25, StatusCode::kInvalidArgument, false);
  range(26, 27, StatusCode::kPermissionDenied, false);
  range(28, 28, StatusCode::kInvalidArgument, false);
  range(40, 49, StatusCode::kPermissionDenied, false);
  range(50, 50, StatusCode::kFailedPrecondition, false);
  range(51, 51, StatusCode::kPermissionDenied, false);
  range(52, 52, StatusCode::kResourceExhausted, true);
  range(60, 60, StatusCode::kNotFound, false);
  range(61, 61, StatusCode::kAlreadyExists, false);
  range(62, 62, StatusCode::kAborted, false);
  range(63, 63, StatusCode::kAlreadyExists, false);
  range(64, 65, StatusCode::kFailedPrecondition, false);
  range(80, 80, StatusCode::kInvalidArgument, false);
  range(81, 81, StatusCode::kDataLoss, false);
  range(82, 82, StatusCode::kUnavailable, true);
  range(83, 83, StatusCode::kFailedPrecondition, false);
  range(100, 103, StatusCode::kUnavailable, true);
  range(104, 104, StatusCode::kInvalidArgument, false);
  range(105, 105, StatusCode::kResourceExhausted, true);
  range(106, 106, StatusCode::kAborted, false);
  range(107, 107, StatusCode::kDataLoss, false);
  range(108, 108, StatusCode::kInternal, false);
  return expected;
}

TEST_CASE("Every reason has the code and the retriability its group states") {
  const auto expected = ExpectedTraits();
  const auto* all = status::v1::ReasonCode_descriptor();
  REQUIRE(all->value_count() == static_cast<int>(expected.size()));
  for (int i = 0; i < all->value_count(); ++i) {
    CAPTURE(all->value(i)->name());
    const int number = all->value(i)->number();
    REQUIRE(expected.count(number) == 1);
    const ReasonTraits traits = TraitsOf(static_cast<ReasonCode>(number));
    CHECK(traits.code == expected.at(number).code);
    CHECK(traits.retriable == expected.at(number).retriable);
  }
}

TEST_CASE("Only the real INTERNAL and no reason at all map to INTERNAL") {
  const auto* all = status::v1::ReasonCode_descriptor();
  for (int i = 0; i < all->value_count(); ++i) {
    const auto reason = static_cast<ReasonCode>(all->value(i)->number());
    const bool may_be_internal = reason == status::v1::REASON_CODE_INTERNAL ||
                                 reason == status::v1::REASON_CODE_UNSPECIFIED;
    CAPTURE(all->value(i)->name());
    CHECK((TraitsOf(reason).code == StatusCode::kInternal) == may_be_internal);
    CHECK(TraitsOf(reason).code != StatusCode::kOk);
  }
}

TEST_CASE("Names go there and back for every reason") {
  const auto* all = status::v1::ReasonCode_descriptor();
  for (int i = 0; i < all->value_count(); ++i) {
    const auto reason = static_cast<ReasonCode>(all->value(i)->number());
    const std::string name(ReasonName(reason));
    CAPTURE(name);
    CHECK("REASON_CODE_" + name == all->value(i)->name());
    CHECK(ReasonFromName(name) == reason);
  }
  CHECK(ReasonName(status::v1::REASON_CODE_AGREEMENT_REVOKED) ==
        "AGREEMENT_REVOKED");
}

TEST_CASE("What this build does not know is neither OK nor retriable") {
  const auto unknown = static_cast<ReasonCode>(9999);
  CHECK(ReasonName(unknown) == "UNKNOWN");
  CHECK(TraitsOf(unknown).code == StatusCode::kInternal);
  CHECK_FALSE(TraitsOf(unknown).retriable);
  CHECK(ReasonFromName("NO_SUCH_REASON") ==
        status::v1::REASON_CODE_UNSPECIFIED);
  CHECK(ReasonFromName("") == status::v1::REASON_CODE_UNSPECIFIED);
  CHECK(ReasonFromName("REASON_CODE_MALFORMED") ==
        status::v1::REASON_CODE_UNSPECIFIED);
}

}  // namespace
}  // namespace sluice
