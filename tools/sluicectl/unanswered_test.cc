#include "tools/sluicectl/unanswered.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/status.h"

namespace sluice::sluicectl {
namespace {

using agreement::v1::AGREEMENT_STATE_APPROVED;
using agreement::v1::AGREEMENT_STATE_REVOKED;
using Catch::Matchers::Contains;

const absl::Status kNoAnswer =
    absl::DeadlineExceededError("no answer from the broker at b1");

std::string Explain(
    const absl::StatusOr<agreement::v1::AgreementState>& found) {
  const absl::Status explained = ExplainUnanswered(
      kNoAnswer, "grid-people@2", AGREEMENT_STATE_REVOKED, found);
  CHECK(absl::IsDeadlineExceeded(explained));
  CHECK_THAT(std::string(explained.message()),
             Contains("no answer from the broker at b1"));
  return std::string(explained.message());
}

TEST_CASE("a revocation that is in force is not reported as one that is not") {
  CHECK_THAT(Explain(AGREEMENT_STATE_REVOKED),
             Contains("grid-people@2 is revoked") &&
                 Contains("not confirmed") && Contains("broker list"));
  CHECK_THAT(Explain(AGREEMENT_STATE_APPROVED),
             Contains("grid-people@2 is still approved") &&
                 Contains("agreement show"));
  CHECK_THAT(Explain(kNoAnswer), Contains("is not known"));
}

}  // namespace
}  // namespace sluice::sluicectl
