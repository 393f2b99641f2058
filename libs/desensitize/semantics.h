// What a bare `mask: {}` stands for.
#ifndef SLUICE_LIBS_DESENSITIZE_SEMANTICS_H_
#define SLUICE_LIBS_DESENSITIZE_SEMANTICS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "sluice/agreement/v1/treatment.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::desensitize {

// The mask that is customary for values of this meaning, without a symbol; none
// where no rule is.
//   RESIDENT_ID  keep_ends 6 and 4: hides the birth date (110105********002X)
//   USCC         keep_ends 2 and 4: leaves the kind of body
//   PERSON_NAME  name
//   PHONE        phone
//   ADDRESS      address, DISTRICT
//   BANK_CARD    bank_card
//   EMAIL        email
//   PLATE        plate
//   PASSPORT     keep_ends 1 and 2
//   ICD10        keep_ends 1 and 0: leaves the chapter's letter
std::optional<agreement::v1::Mask> DefaultMask(catalog::v1::SemanticType type);

// "PERSON_NAME"; "UNSPECIFIED" where there is none.
absl::string_view SemanticTypeName(catalog::v1::SemanticType type);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SEMANTICS_H_
