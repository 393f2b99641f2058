// An agreement whole, as text: what an approver has to see all of.
#ifndef SLUICE_TOOLS_SLUICECTL_AGREEMENT_TEXT_H_
#define SLUICE_TOOLS_SLUICECTL_AGREEMENT_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "sluice/agreement/v1/agreement.pb.h"

namespace sluice::sluicectl {

// The terms as YAML that ReadAgreementFile reads: what `sluicectl agreement
// request` makes of it for the same consumer are the same terms. Version and
// consumer, which a file does not say, are told in a comment, and so is a time
// that is no midnight. Fields go by their names. Control characters and those
// that turn the direction of what follows are escaped, so that it may be shown
// on a terminal whoever wrote the terms.
std::string AgreementYaml(const agreement::v1::Agreement& agreement);

// All of `record` as JSON on one line, with the names of its proto; bytes are
// base64. Escaped in the same way. INTERNAL if it holds what JSON cannot say.
absl::StatusOr<std::string> AgreementJson(
    const agreement::v1::AgreementRecord& record);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_AGREEMENT_TEXT_H_
