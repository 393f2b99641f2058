// Every operator with what it declares of itself, for `sluicectl desensitizers`
// and for tests that hold each operator to it.
#ifndef SLUICE_LIBS_DESENSITIZE_OPERATOR_LIST_H_
#define SLUICE_LIBS_DESENSITIZE_OPERATOR_LIST_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "libs/desensitize/treatment.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// What of a column's values can still be seen behind an operator.
struct Preserved {
  // The number of characters, or of bytes of a number.
  bool length = false;
  // What comes out is a value of the same kind, wholly or in its form.
  bool format = false;
  // Different values stay different. (Equal ones stay equal, but under perturb
  // in a resource with a key.)
  bool equality = false;
  // A smaller value does not become the larger one.
  bool order = false;
};

struct OperatorDescription {
  // As in the audit trail: "mask.name".
  absl::string_view name;
  // A treatment as an agreement spells it, in JSON, for a field named `value`,
  // and a value for it.
  absl::string_view treatment;
  records::DataType type;
  absl::string_view value;
  Strength strength;
  Preserved preserved;
  // Whether a value may come out null: one that it cannot take, or every one.
  bool may_be_null;
};

// In the order of docs/treatments.md. Lives as long as the program.
const std::vector<OperatorDescription>& AllOperators();

// "plain", "reduced", "pseudonymous", "withheld".
absl::string_view StrengthWord(Strength strength);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_OPERATOR_LIST_H_
