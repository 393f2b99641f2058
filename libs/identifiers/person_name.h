// Names of persons by their form: 1 to 50 Han characters, with U+00B7 between
// the parts of a name that has several (买买提·艾力); or a name in Latin
// letters, as foreigners' passports have it.
//
// All functions are pure and thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_PERSON_NAME_H_
#define SLUICE_LIBS_IDENTIFIERS_PERSON_NAME_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

inline constexpr size_t kNameCharactersMax = 50;

// A Han character of Unicode, those beyond the basic plane too (𠮷), and 〇.
bool IsHan(char32_t character);

// `text` must be valid UTF-8. Han: no space, digit or other sign; U+00B7 stands
// between characters, never at an end or twice, and no other dot (• ・ .) takes
// its place. Latin: begins with a letter; letters of Latin-1 and Latin Extended
// (é, ü), spaces, hyphens, apostrophes, full stops and commas. The two are not
// mixed.
bool IsPersonName(absl::string_view text);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_PERSON_NAME_H_
