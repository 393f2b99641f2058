// Family names of two characters.
#ifndef SLUICE_LIBS_DESENSITIZE_COMPOUND_SURNAMES_H_
#define SLUICE_LIBS_DESENSITIZE_COMPOUND_SURNAMES_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::desensitize {

// All of them, separated by spaces, simplified and traditional.
extern const absl::string_view kCompoundSurnames;

// Bytes of each: two characters of three bytes.
inline constexpr size_t kCompoundSurnameBytes = 6;

// Whether the kCompoundSurnameBytes at `text` are a compound surname.
bool IsCompoundSurname(const char* text);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_COMPOUND_SURNAMES_H_
