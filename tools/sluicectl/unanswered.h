// What is known of a change to an agreement that no broker has answered to in
// time.
#ifndef SLUICE_TOOLS_SLUICECTL_UNANSWERED_H_
#define SLUICE_TOOLS_SLUICECTL_UNANSWERED_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sluice/agreement/v1/agreement.pb.h"

namespace sluice::sluicectl {

// `failure`, and before it what the agreement's state, asked for afterwards,
// says of it and how to look further. `agreement` is "<id>@<version>", `wanted`
// the state that the change was to lead to.
absl::Status ExplainUnanswered(
    const absl::Status& failure, const std::string& agreement,
    agreement::v1::AgreementState wanted,
    const absl::StatusOr<agreement::v1::AgreementState>& found);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_UNANSWERED_H_
