// Columns of values turned into columns of pseudonyms.
#ifndef SLUICE_LIBS_DESENSITIZE_PSEUDONYM_OPERATOR_H_
#define SLUICE_LIBS_DESENSITIZE_PSEUDONYM_OPERATOR_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "libs/desensitize/operator.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::desensitize {

// Takes STRING, BYTES, INT64 and DATE columns and yields STRING. `resolved` has
// its format and length. Nothing is untreatable.
std::unique_ptr<const Operator> NewPseudonym(
    const agreement::v1::Pseudonym& resolved, absl::string_view secret);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_PSEUDONYM_OPERATOR_H_
