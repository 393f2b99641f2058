// The value that stands for every other under `withhold`.
#ifndef SLUICE_LIBS_DESENSITIZE_CONSTANT_VALUE_H_
#define SLUICE_LIBS_DESENSITIZE_CONSTANT_VALUE_H_

#include <optional>
#include <string>

#include "sluice/agreement/v1/treatment.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::desensitize {

// The bytes of the constant or the placeholder: as in the column's data buffer;
// one byte, 0 or 1, of a BOOL. Nothing if the replacement is none that `field`
// can have.
std::optional<std::string> ConstantOf(const agreement::v1::Withhold& withhold,
                                      const catalog::v1::Field& field);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_CONSTANT_VALUE_H_
