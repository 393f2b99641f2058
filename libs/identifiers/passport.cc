#include "libs/identifiers/passport.h"

#include "libs/identifiers/ascii_class.h"

namespace sluice::identifiers {

bool IsPassportNumber(absl::string_view text) {
  if (text.size() < kPassportLengthMin || text.size() > kPassportLengthMax) {
    return false;
  }
  bool has_digit = false;
  for (const char c : text) {
    if (!IsDigit(c) && !IsUpper(c)) return false;
    has_digit = has_digit || IsDigit(c);
  }
  return has_digit;
}

}  // namespace sluice::identifiers
