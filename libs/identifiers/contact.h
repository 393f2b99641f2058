// How to reach a person: mobile numbers and e-mail addresses. All functions are
// pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_CONTACT_H_
#define SLUICE_LIBS_IDENTIFIERS_CONTACT_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

inline constexpr size_t kMobileDigits = 11;

// Eleven ASCII digits of which the first is 1 and the second 3 to 9.
bool IsMobileNumber(absl::string_view text);

// What each byte may be part of, for the questions below.
struct EmailClasses {
  static constexpr uint8_t kLocal = 1;
  static constexpr uint8_t kDomain = 2;

  constexpr EmailClasses() {
    for (size_t c = '0'; c <= '9'; ++c) of[c] = kLocal | kDomain;
    for (size_t c = 'A'; c <= 'Z'; ++c) of[c] = kLocal | kDomain;
    for (size_t c = 'a'; c <= 'z'; ++c) of[c] = kLocal | kDomain;
    for (const char c : absl::string_view("!#$%&'*+/=?^_`{|}~")) {
      of[static_cast<uint8_t>(c)] = kLocal;
    }
    of['-'] = of['.'] = kLocal | kDomain;
  }

  std::array<uint8_t, 256> of = {};
};
inline constexpr EmailClasses kEmailClasses;

// Whether `c` may stand before the @ of an address: a letter, a digit, or one
// of ! # $ % & ' * + - / = ? ^ _ ` { | } ~ and the dot.
constexpr bool IsEmailLocalCharacter(char c) {
  return (kEmailClasses.of[static_cast<uint8_t>(c)] & EmailClasses::kLocal) !=
         0;
}
// Whether `c` may stand behind it: a letter, a digit, a hyphen or a dot.
constexpr bool IsEmailDomainCharacter(char c) {
  return (kEmailClasses.of[static_cast<uint8_t>(c)] & EmailClasses::kDomain) !=
         0;
}

// Where the @ of an address stands; npos if `text` is none. Both sides are of
// their characters and not empty, the domain has a dot inside, no dot begins or
// ends a side or stands next to another. Quoted and international addresses
// are not known.
size_t FindEmailAt(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_CONTACT_H_
