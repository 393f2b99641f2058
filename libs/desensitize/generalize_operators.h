// The generalizations: a value replaced by the class it falls in.
#ifndef SLUICE_LIBS_DESENSITIZE_GENERALIZE_OPERATORS_H_
#define SLUICE_LIBS_DESENSITIZE_GENERALIZE_OPERATORS_H_

#include <cstddef>
#include <memory>

#include "libs/desensitize/operator.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// DATE and TIMESTAMP to the first day of the `unit`, in UTC; the type stays.
// What has no such day within the type's range is untreatable.
std::unique_ptr<const Operator> NewDateGeneralization(
    agreement::v1::DatePart::Unit unit);

// A division code to its first `digits` digits. One that is shorter, longer
// than kDivisionCodeDigitsMax or not of digits is untreatable.
std::unique_ptr<const Operator> NewDivisionGeneralization(size_t digits);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_GENERALIZE_OPERATORS_H_
