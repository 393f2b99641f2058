// One treatment or the other, by a condition on the record. Internal to
// libs/desensitize.
#ifndef SLUICE_LIBS_DESENSITIZE_CONDITIONAL_OPERATOR_H_
#define SLUICE_LIBS_DESENSITIZE_CONDITIONAL_OPERATOR_H_

#include <memory>

#include "libs/desensitize/operator.h"
#include "libs/predicate/predicate.h"

namespace sluice::desensitize {

// `then` where `when` is true, `otherwise` where it is false; where it is
// unknown a value is untreatable. Each sees its own rows alone. Both yield
// columns of type `after`.
std::unique_ptr<const Operator> NewConditional(
    std::unique_ptr<const predicate::Predicate> when,
    std::unique_ptr<const Operator> then,
    std::unique_ptr<const Operator> otherwise, records::DataType after);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CONDITIONAL_OPERATOR_H_
