// What a bare `mask: {}` stands for: the right thing for what a field's values
// mean and how sensitive they are.
#ifndef SLUICE_LIBS_DESENSITIZE_SEMANTICS_H_
#define SLUICE_LIBS_DESENSITIZE_SEMANTICS_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "sluice/agreement/v1/treatment.pb.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::desensitize {

// By semantic type, sensitivity and type of the column; docs/treatments.md has
// the table. Not resolved yet, without a symbol; nothing where no treatment is
// customary.
//
// Up to L3, and for a field without a level, it is the mask or generalization
// that is customary for the meaning: 138****5678, the year of a birth date. A
// sex, which has no part that could be hidden, is withheld.
//
// From L4 on, where no mask is strong enough, it is a pseudonym of what
// identifies (a number, a name, an address), so that records of one person
// still belong together, and nothing of what describes (a birth date, a
// diagnosis, an amount): of those the values are few, or their frequencies
// known, so that a pseudonym could be read. Never an fpe or a surrogate: what
// looks like a valid number or name will be taken for somebody's.
std::optional<agreement::v1::Treatment> DefaultTreatment(
    const catalog::v1::Field& field);

// "PERSON_NAME"; "UNSPECIFIED" where there is none.
absl::string_view SemanticTypeName(catalog::v1::SemanticType type);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SEMANTICS_H_
