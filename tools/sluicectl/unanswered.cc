#include "tools/sluicectl/unanswered.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "tools/sluicectl/names.h"

namespace sluice::sluicectl {

absl::Status ExplainUnanswered(
    const absl::Status& failure, const std::string& agreement,
    agreement::v1::AgreementState wanted,
    const absl::StatusOr<agreement::v1::AgreementState>& found) {
  if (!found.ok()) {
    return Annotate(
        failure,
        absl::StrCat("whether ", agreement, " is ", NameOf(wanted),
                     " is not known, for no broker tells: look with "
                     "`sluicectl agreement show` once one answers, and do the "
                     "same again where it is not"));
  }
  if (*found == wanted) {
    return Annotate(
        failure,
        absl::StrCat(agreement, " is ", NameOf(wanted),
                     ", and it is not confirmed yet that every broker goes by "
                     "that: one that is cut off starts no write after its "
                     "lease, a minute at most; `sluicectl broker list` tells "
                     "who has a lease and how far each has come"));
  }
  return Annotate(
      failure,
      absl::StrCat(agreement, " is still ", NameOf(*found),
                   ", and the command may be on its way: look again with "
                   "`sluicectl agreement show`, and do the same again if it "
                   "stays so"));
}

}  // namespace sluice::sluicectl
