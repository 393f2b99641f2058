#include "libs/identifiers/contact.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace sluice::identifiers {
namespace {

bool HasGoodDots(absl::string_view side) {
  return !side.empty() && side.front() != '.' && side.back() != '.' &&
         !absl::StrContains(side, "..");
}

}  // namespace

bool IsMobileNumber(absl::string_view text) {
  return text.size() == kMobileDigits && text[0] == '1' && text[1] >= '3' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

size_t FindEmailAt(absl::string_view text) {
  const size_t at = text.find('@');
  if (at == absl::string_view::npos) return at;
  const absl::string_view local = text.substr(0, at);
  const absl::string_view domain = text.substr(at + 1);
  const bool good =
      HasGoodDots(local) && HasGoodDots(domain) &&
      absl::StrContains(domain, '.') &&
      std::all_of(local.begin(), local.end(), IsEmailLocalCharacter) &&
      std::all_of(domain.begin(), domain.end(), IsEmailDomainCharacter);
  return good ? at : absl::string_view::npos;
}

}  // namespace sluice::identifiers
