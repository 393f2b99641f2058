#include "libs/base/encoding.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "libs/base/endian.h"
#include "libs/base/status.h"

namespace sluice {
namespace {

bool IsContinuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// Length of the sequence at `at`, or 0 if it is not valid (Unicode 15, table
// 3-7).
size_t SequenceLength(const uint8_t* at, size_t left) {
  const uint8_t lead = at[0];
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && IsContinuation(at[1]) ? 2 : 0;
  if (lead < 0xF0) {
    if (left < 3 || !IsContinuation(at[1]) || !IsContinuation(at[2])) return 0;
    if (lead == 0xE0 && at[1] < 0xA0) return 0;  // overlong
    if (lead == 0xED && at[1] > 0x9F) return 0;  // surrogate
    return 3;
  }
  if (lead > 0xF4 || left < 4) return 0;
  if (!IsContinuation(at[1]) || !IsContinuation(at[2]) ||
      !IsContinuation(at[3])) {
    return 0;
  }
  if (lead == 0xF0 && at[1] < 0x90) return 0;  // overlong
  if (lead == 0xF4 && at[1] > 0x8F) return 0;  // above U+10FFFF
  return 4;
}

}  // namespace

size_t Utf8CharacterLength(absl::string_view text) {
  if (text.empty()) return 0;
  return SequenceLength(reinterpret_cast<const uint8_t*>(text.data()),
                        text.size());
}

std::string HexEncode(absl::string_view bytes) {
  return absl::BytesToHexString(bytes);
}

absl::StatusOr<std::string> HexDecode(absl::string_view hex) {
  if (hex.size() % 2 != 0) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "an odd number of hex digits: two make a byte");
  }
  for (char c : hex) {
    if (!absl::ascii_isxdigit(c)) {
      return Error(status::v1::REASON_CODE_MALFORMED,
                   "a character that is not a hex digit: use 0-9 and a-f");
    }
  }
  return absl::HexStringToBytes(hex);
}

std::string Base64Encode(absl::string_view bytes) {
  return absl::Base64Escape(bytes);
}

absl::StatusOr<std::string> Base64Decode(absl::string_view text) {
  std::string bytes;
  // Abseil also takes unpadded text and white space; the round trip refuses
  // both.
  if (!absl::Base64Unescape(text, &bytes) ||
      absl::Base64Escape(bytes) != text) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "not base64 with padding (RFC 4648): encode it again");
  }
  return bytes;
}

bool IsValidUtf8(absl::string_view text) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  size_t left = text.size();
  while (left > 0) {
    // Eight ASCII bytes at a time: most of what departments hold in latin
    // columns.
    if (left >= 8 && (LoadLittle<uint64_t>(at) & 0x8080808080808080ull) == 0) {
      at += 8;
      left -= 8;
      continue;
    }
    const size_t length = SequenceLength(at, left);
    if (length == 0) return false;
    at += length;
    left -= length;
  }
  return true;
}

}  // namespace sluice
