// Classes of ASCII characters, as constants: what stands behind a form that is
// checked a million times a second. Internal to libs/identifiers.
#ifndef SLUICE_LIBS_IDENTIFIERS_ASCII_CLASS_H_
#define SLUICE_LIBS_IDENTIFIERS_ASCII_CLASS_H_

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool IsLower(char c) { return c >= 'a' && c <= 'z'; }

inline bool AreAllDigits(absl::string_view text) {
  for (const char c : text) {
    if (!IsDigit(c)) return false;
  }
  return !text.empty();
}

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_ASCII_CLASS_H_
