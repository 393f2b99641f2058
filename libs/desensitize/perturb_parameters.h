// What noise is drawn for. Internal to libs/desensitize.
#ifndef SLUICE_LIBS_DESENSITIZE_PERTURB_PARAMETERS_H_
#define SLUICE_LIBS_DESENSITIZE_PERTURB_PARAMETERS_H_

#include <string>

#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// The rule and how far it goes, "laplace:500", the same however its number is
// spelt. It is part of the key: were it not, a value treated by two rules would
// be off by two multiples of one number, and could be computed from both.
std::string PerturbParameters(const agreement::v1::Perturb& resolved);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_PERTURB_PARAMETERS_H_
