// Bytes as text.
#ifndef SLUICE_LIBS_BASE_ENCODING_H_
#define SLUICE_LIBS_BASE_ENCODING_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice {

// Lower case, two digits a byte.
std::string HexEncode(absl::string_view bytes);

// Accepts either case. MALFORMED unless `hex` is an even number of hex digits.
absl::StatusOr<std::string> HexDecode(absl::string_view hex);

// RFC 4648 base64 with padding.
std::string Base64Encode(absl::string_view bytes);

// RFC 4648 base64, padding required. MALFORMED otherwise.
absl::StatusOr<std::string> Base64Decode(absl::string_view text);

// Length in bytes, 1 to 4, of the valid UTF-8 character that `text` starts
// with; 0 if it starts with none.
size_t Utf8CharacterLength(absl::string_view text);

// Whether `text` is valid UTF-8: no overlong form, no surrogate, nothing above
// U+10FFFF.
bool IsValidUtf8(absl::string_view text);

}  // namespace sluice

#endif  // SLUICE_LIBS_BASE_ENCODING_H_
