#include "libs/desensitize/perturb_parameters.h"

#include "absl/strings/str_cat.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/decimal_text.h"

namespace sluice::desensitize {

using agreement::v1::Perturb;

std::string PerturbParameters(const Perturb& resolved) {
  // No default: a rule that is new is missed by the compiler.
  switch (resolved.rule_case()) {
    case Perturb::kDateShift:
      return absl::StrCat("date_shift:", resolved.date_shift().days_max());
    case Perturb::kLaplace:
      return absl::StrCat("laplace:",
                          ShortestDecimal(AsView(resolved.laplace().scale())));
    case Perturb::kGaussian:
      return absl::StrCat("gaussian:",
                          ShortestDecimal(AsView(resolved.gaussian().scale())));
    case Perturb::kUniform:
      return absl::StrCat("uniform:",
                          ShortestDecimal(AsView(resolved.uniform().within())));
    case Perturb::RULE_NOT_SET:
      break;
  }
  return "";
}

}  // namespace sluice::desensitize
