// The treatments that look at no value.
#ifndef SLUICE_LIBS_DESENSITIZE_WHOLE_COLUMN_OPERATORS_H_
#define SLUICE_LIBS_DESENSITIZE_WHOLE_COLUMN_OPERATORS_H_

#include <memory>
#include <string>
#include <vector>

#include "libs/desensitize/operator.h"

namespace sluice::desensitize {

// The column itself, its buffers shared. Takes every type.
std::unique_ptr<const Operator> NewKeep();

// A column of the same type whose every value is null. Takes every type.
std::unique_ptr<const Operator> NewWithhold();

// A column of the same type whose every row, nulls too, has the value that
// ConstantOf gave as `bytes`. Takes every type.
std::unique_ptr<const Operator> NewConstant(std::string bytes);

// Each step on what the one before it made. Untreatable values add up.
std::unique_ptr<const Operator> NewChain(
    std::vector<std::unique_ptr<const Operator>> steps);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_WHOLE_COLUMN_OPERATORS_H_
