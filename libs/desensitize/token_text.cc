#include "libs/desensitize/token_text.h"

#include <cstdint>

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/sha256.h"
#include "libs/desensitize/operator_keys.h"

namespace sluice::desensitize {
namespace {

constexpr absl::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

absl::Status NoToken() {
  return Error(status::v1::REASON_CODE_MALFORMED,
               "this is no token made under this key for a value of this type: "
               "check the key's version and the type");
}

}  // namespace

std::string TokenKey(absl::string_view token_secret) {
  return PurposeKey(token_secret, kTokenSalt, kTokenKeyBytes);
}

char* WriteBase64Url(absl::string_view bytes, char* out) {
  uint32_t bits = 0;
  uint32_t bit_count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (bit_count += 8; bit_count >= 6;) {
      bit_count -= 6;
      *out++ = kDigits[bits >> bit_count & 63];
    }
  }
  if (bit_count > 0) *out++ = kDigits[bits << (6 - bit_count) & 63];
  return out;
}

crypto::CipherBlock TokenHeader(const crypto::AesSiv& siv,
                                records::DataType type) {
  const char prefix = static_cast<char>(type);
  return siv.HeaderOf({absl::string_view(&prefix, 1)});
}

absl::StatusOr<std::string> OpenToken(const crypto::AesSiv& siv,
                                      records::DataType type,
                                      absl::string_view token) {
  const size_t point = token.find('.');
  if (point != absl::string_view::npos) token.remove_prefix(point + 1);
  std::string sealed;
  uint32_t bits = 0;
  uint32_t bit_count = 0;
  for (const char c : token) {
    const size_t digit = kDigits.find(c);
    if (digit == absl::string_view::npos) return NoToken();
    bits = bits << 6 | static_cast<uint32_t>(digit);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      sealed += static_cast<char>(bits >> bit_count);
    }
  }
  if (sealed.size() < crypto::kSivBytes) return NoToken();
  std::string value(sealed.size() - crypto::kSivBytes, '\0');
  if (!siv.Open(TokenHeader(siv, type), AsView(sealed), value.data())) {
    return NoToken();
  }
  return value;
}

}  // namespace sluice::desensitize
