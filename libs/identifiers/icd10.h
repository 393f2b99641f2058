// Codes of diagnoses: the form of ICD-10 (WHO) and of the longer codes that
// China's tables derive from it. By form alone: which codes exist changes with
// each release.
//
// | form        | example     | what it is                                    |
// | ----------- | ----------- | --------------------------------------------- |
// | LDD         | I10         | WHO's category: a letter and two digits       |
// | LDD.D       | J45.9       | WHO's subcategory                             |
// | LDD.DD      | M54.56      | with WHO's supplementary fifth character      |
// | LDD.cDD     | I10.x00     | six places, as GB/T 14396 extends WHO's four; |
// |             |             | c is a digit, or x where WHO has no fourth    |
// | LDD.cDDxDDD | I10.x00x002 | with the clinical extension of the national   |
// |             |             | tables in use (unconfirmed: not checked       |
// |             |             | against a standard's text)                    |
//
// A dagger or an asterisk may end a code: A17.0+, G01*. The clinical
// modifications of other countries (ICD-10-CM) are not known.
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_ICD10_H_
#define SLUICE_LIBS_IDENTIFIERS_ICD10_H_

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

// The x may be written X; the first letter is upper case, and the point may not
// be missing.
bool IsIcd10Code(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_ICD10_H_
