#include "libs/desensitize/pseudonym.h"

#include <array>
#include <cassert>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "libs/base/endian.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Pseudonym;
using crypto::Digest;
using crypto::kDigestBytes;

constexpr char kSalt[] = "sluice.pseudonym.v1";
constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase32Digits[] = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kBase32Max = 52;

// The two hex digits of each byte.
constexpr std::array<char, 512> MakeHexPairs() {
  std::array<char, 512> pairs = {};
  for (size_t byte = 0; byte < 256; ++byte) {
    pairs[2 * byte] = kHexDigits[byte >> 4];
    pairs[2 * byte + 1] = kHexDigits[byte & 15];
  }
  return pairs;
}
constexpr std::array<char, 512> kHexPairs = MakeHexPairs();

char* WriteHex(const Digest& digest, size_t length, char* out) {
  for (size_t i = 0; i < length / 2; ++i, out += 2) {
    std::memcpy(out, &kHexPairs[2 * size_t{digest[i]}], 2);
  }
  if (length % 2 != 0) *out++ = kHexDigits[digest[length / 2] >> 4];
  return out;
}

char* WriteBase32(const Digest& digest, size_t length, char* out) {
  uint32_t bits = 0;
  uint32_t bit_count = 0;
  size_t next = 0;
  for (size_t i = 0; i < length; ++i) {
    if (bit_count < 5) {
      // Behind the last byte come zero bits, as RFC 4648 pads them.
      bits = bits << 8 | (next < kDigestBytes ? digest[next] : 0);
      ++next;
      bit_count += 8;
    }
    bit_count -= 5;
    *out++ = kBase32Digits[bits >> bit_count & 31];
  }
  return out;
}

}  // namespace

std::string DerivePseudonymSecret(absl::string_view root,
                                  absl::string_view domain, uint32_t version) {
  std::string info(domain.data(), domain.size());
  info.push_back('\0');
  AppendBig32(version, &info);
  return crypto::HkdfSha256(root, kSalt, info, kPseudonymSecretBytes);
}

std::string SharedDomain(absl::string_view name) {
  return absl::StrCat("shared:", name);
}

PseudonymLengths LengthsOf(Pseudonym::Format format) {
  return format == Pseudonym::BASE32 ? PseudonymLengths{13, kBase32Max}
                                     : PseudonymLengths{16, 2 * kDigestBytes};
}

char* WritePseudonym(const Digest& digest, Pseudonym::Format format,
                     size_t length, char* out) {
  assert(length <= LengthsOf(format).max);
  return format == Pseudonym::BASE32 ? WriteBase32(digest, length, out)
                                     : WriteHex(digest, length, out);
}

}  // namespace sluice::desensitize
