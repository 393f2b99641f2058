#include "libs/identifiers/icd10.h"

#include "absl/strings/strip.h"
#include "libs/identifiers/ascii_class.h"

namespace sluice::identifiers {
namespace {

constexpr size_t kCategoryLength = 3;

bool IsFiller(char c) { return c == 'x' || c == 'X'; }

// What stands behind the point.
bool IsSubdivision(absl::string_view text) {
  switch (text.size()) {
    case 1:
    case 2:
      return AreAllDigits(text);
    case 3:
      return (IsDigit(text[0]) || IsFiller(text[0])) &&
             AreAllDigits(text.substr(1));
    case 7:
      return IsSubdivision(text.substr(0, 3)) && IsFiller(text[3]) &&
             AreAllDigits(text.substr(4));
    default:
      return false;
  }
}

}  // namespace

bool IsIcd10Code(absl::string_view text) {
  if (!absl::ConsumeSuffix(&text, "+") && !absl::ConsumeSuffix(&text, "*")) {
    absl::ConsumeSuffix(&text, "†");
  }
  if (text.size() < kCategoryLength || !IsUpper(text[0]) || !IsDigit(text[1]) ||
      !IsDigit(text[2])) {
    return false;
  }
  absl::string_view rest = text.substr(kCategoryLength);
  return rest.empty() ||
         (absl::ConsumePrefix(&rest, ".") && IsSubdivision(rest));
}

}  // namespace sluice::identifiers
