// The masks: parts of a text hidden, the rest left in its place. Each takes
// STRING columns and yields STRING columns.
#ifndef SLUICE_LIBS_DESENSITIZE_MASK_OPERATORS_H_
#define SLUICE_LIBS_DESENSITIZE_MASK_OPERATORS_H_

#include <cstddef>
#include <memory>

#include "libs/desensitize/address_cut.h"
#include "libs/desensitize/mask_symbol.h"
#include "libs/desensitize/operator.h"

namespace sluice::desensitize {

// Hides all but the first `first` and last `last` characters; all of a text
// that has no more than these. Nothing is untreatable.
std::unique_ptr<const Operator> NewKeepEndsMask(size_t first, size_t last,
                                                MaskSymbol symbol);

// Hides all but the family name. Nothing is untreatable.
std::unique_ptr<const Operator> NewNameMask(MaskSymbol symbol);

// Hides the digits 4 to 7 of a mobile number; all else is untreatable.
std::unique_ptr<const Operator> NewPhoneMask(MaskSymbol symbol);

// Cuts an address behind `level`; one where the level is not found is
// untreatable.
std::unique_ptr<const Operator> NewAddressMask(AddressLevel level);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_MASK_OPERATORS_H_
