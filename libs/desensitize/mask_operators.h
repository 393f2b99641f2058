// The masks: parts of a text hidden, the rest left in its place. Each takes
// STRING columns and yields STRING columns.
#ifndef SLUICE_LIBS_DESENSITIZE_MASK_OPERATORS_H_
#define SLUICE_LIBS_DESENSITIZE_MASK_OPERATORS_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/desensitize/address_cut.h"
#include "libs/desensitize/mask_symbol.h"
#include "libs/desensitize/operator.h"
#include "sluice/agreement/v1/treatment.pb.h"

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

// Hides the characters `from` to `to`, counted from 1; a text that ends before
// `from` is untreatable.
std::unique_ptr<const Operator> NewHideRangeMask(size_t from, size_t to,
                                                 MaskSymbol symbol);

// Hides all others; all of a text that would leave whole. Nothing is
// untreatable.
std::unique_ptr<const Operator> NewKeepRangeMask(size_t from, size_t to,
                                                 MaskSymbol symbol);

// Hides what stands before the first or behind the last `character`; all of a
// text without it or with nothing to hide. Nothing is untreatable.
std::unique_ptr<const Operator> NewHideBeforeMask(absl::string_view character,
                                                  MaskSymbol symbol);
std::unique_ptr<const Operator> NewHideAfterMask(absl::string_view character,
                                                 MaskSymbol symbol);

// Hides every match of a valid RE2 expression; a text without one is
// untreatable.
std::unique_ptr<const Operator> NewPatternMask(const std::string& expression,
                                               MaskSymbol symbol);

// Each keeps what treatment.proto says; what is not of its form is untreatable.
std::unique_ptr<const Operator> NewEmailMask(MaskSymbol symbol);
std::unique_ptr<const Operator> NewBankCardMask(MaskSymbol symbol);
std::unique_ptr<const Operator> NewPlateMask(MaskSymbol symbol);

// Hides what FindSensitiveSpans finds. Nothing is untreatable.
std::unique_ptr<const Operator> NewFreeTextMask(MaskSymbol symbol);

// LABEL or REMOVE: what FindSensitiveItems finds becomes its label or nothing.
// Nothing is untreatable.
std::unique_ptr<const Operator> NewFreeTextWholeMask(
    agreement::v1::MaskFreeText::Form form);

// Each character but spaces and punctuation becomes the sign of its class; a
// text without any is untreatable.
std::unique_ptr<const Operator> NewClassesMask(MaskSymbol symbol);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_MASK_OPERATORS_H_
