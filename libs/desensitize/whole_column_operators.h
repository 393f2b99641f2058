// The treatments that look at no value.
#ifndef SLUICE_LIBS_DESENSITIZE_WHOLE_COLUMN_OPERATORS_H_
#define SLUICE_LIBS_DESENSITIZE_WHOLE_COLUMN_OPERATORS_H_

#include <memory>

#include "libs/desensitize/operator.h"

namespace sluice::desensitize {

// The column itself, its buffers shared. Takes every type.
std::unique_ptr<const Operator> NewKeep();

// A column of the same type whose every value is null. Takes every type.
std::unique_ptr<const Operator> NewWithhold();

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_WHOLE_COLUMN_OPERATORS_H_
