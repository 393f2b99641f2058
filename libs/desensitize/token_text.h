// Tokens as text: what stands for a value that whoever holds the key can turn
// back. docs/formats/token.md has every byte.
#ifndef SLUICE_LIBS_DESENSITIZE_TOKEN_TEXT_H_
#define SLUICE_LIBS_DESENSITIZE_TOKEN_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/crypto/aes_siv.h"
#include "libs/records/batch.h"

namespace sluice::desensitize {

// Bytes of the key tokens are made under, AES-256-SIV's.
inline constexpr size_t kTokenKeyBytes = 64;

// The key of a domain's token secret.
std::string TokenKey(absl::string_view token_secret);

// Characters of `bytes` bytes in base64url without padding.
constexpr size_t Base64UrlLength(size_t bytes) { return (bytes * 4 + 2) / 3; }

// Writes them; returns the end.
char* WriteBase64Url(absl::string_view bytes, char* out);

// What is authenticated with a value of `type`.
crypto::CipherBlock TokenHeader(const crypto::AesSiv& siv,
                                records::DataType type);

// The bytes of the value that a token stands for: texts as they were, numbers
// big-endian. MALFORMED if it is no token made under this key for a value of
// this type.
absl::StatusOr<std::string> OpenToken(const crypto::AesSiv& siv,
                                      records::DataType type,
                                      absl::string_view token);

}  // namespace sluice::desensitize

#endif  // SLUICE_LIBS_DESENSITIZE_TOKEN_TEXT_H_
