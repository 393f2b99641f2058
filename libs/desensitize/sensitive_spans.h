// Numbers and addresses of persons inside prose.
#ifndef SLUICE_LIBS_DESENSITIZE_SENSITIVE_SPANS_H_
#define SLUICE_LIBS_DESENSITIZE_SENSITIVE_SPANS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// Writes `mark` at at[i] for each byte i of `text`, valid UTF-8, that is to be
// hidden: of a resident id all but the first 6 and last 4 characters, of a
// mobile number the four in the middle, of a bank card all but the first 6 and
// last 4, of an e-mail address what stands before the @ but its first
// character. Only ASCII is hidden. `at` is no part of `text`.
//
// The digits of a number may stand in groups with one space or hyphen between
// them, and a mobile number may have 86 before it. A number inside a longer one
// is not found.
void MarkSensitive(absl::string_view text, char mark, char* at);

// The same as a list: hidden[i] is 1 for a byte to hide, else 0.
void FindSensitiveSpans(absl::string_view text, std::vector<uint8_t>* hidden);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_SENSITIVE_SPANS_H_
