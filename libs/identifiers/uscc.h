// Unified social credit codes (GB 32100): 18 characters of digits and upper
// case letters without I, O, S, V and Z.
//
// Character 1 is the registering department, 2 the kind of body, 3-8 the
// region, 9-17 the organization code (GB 11714, the last of them its check
// character), 18 the check character of all. All functions are pure and
// thread-safe.
#ifndef SLUICE_LIBS_IDENTIFIERS_USCC_H_
#define SLUICE_LIBS_IDENTIFIERS_USCC_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace sluice::identifiers {

inline constexpr size_t kUsccLength = 18;
inline constexpr absl::string_view kUsccAlphabet =
    "0123456789ABCDEFGHJKLMNPQRTUWXY";

// Where in the alphabet `c` stands; -1 if it is not in it.
int UsccValueOf(char c);

// The check character that belongs to 17 characters of the alphabet (asserted).
char UsccCheckCharacter(absl::string_view characters);

// The check character that belongs to the first eight of an organization code,
// digits and upper case letters (asserted).
char OrganizationCheckCharacter(absl::string_view characters);

// Whether `code` is 18 characters of the alphabet with the right last one. The
// organization code's own check character is not looked at: some early codes
// have none.
bool IsValidUscc(absl::string_view code);

}  // namespace sluice::identifiers

#endif  // SLUICE_LIBS_IDENTIFIERS_USCC_H_
