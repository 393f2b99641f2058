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
constexpr char kBase32Digits[] = "abcdefghijklmnopqrstuvwxyz234567";
constexpr size_t kBase32Max = 52;

// Sixteen bytes, on which the operators work one by one.
using Bytes __attribute__((vector_size(16))) = uint8_t;

// The hex digits of numbers below 16.
Bytes HexDigits(Bytes numbers) {
  constexpr uint8_t kFromNineToA = 'a' - '9' - 1;
  return numbers + '0' + (Bytes(numbers > 9) & kFromNineToA);
}

void WriteHex(const Digest& digest, char* out) {
  for (size_t at = 0; at < kDigestBytes; at += sizeof(Bytes)) {
    Bytes bytes;
    std::memcpy(&bytes, &digest[at], sizeof(bytes));
    const Bytes high = HexDigits(bytes >> 4);
    const Bytes low = HexDigits(bytes & 15);
    const Bytes first = __builtin_shufflevector(
        high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    const Bytes second =
        __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                13, 29, 14, 30, 15, 31);
    std::memcpy(out + 2 * at, &first, sizeof(first));
    std::memcpy(out + 2 * at + sizeof(first), &second, sizeof(second));
  }
}

// Five bytes are eight digits. Behind the last byte come zero bits, as RFC 4648
// pads them.
void WriteBase32(const Digest& digest, char* out) {
  constexpr size_t kGroupBytes = 5;
  constexpr size_t kGroupDigits = 8;
  std::array<uint8_t, kDigestBytes + sizeof(uint64_t)> padded = {};
  std::memcpy(padded.data(), digest.data(), kDigestBytes);
  for (size_t at = 0; at < kDigestBytes; at += kGroupBytes) {
    const uint64_t bits = LoadBig64(&padded[at]);
    for (size_t i = 0; i < kGroupDigits; ++i) {
      out[i] = kBase32Digits[bits >> (59 - 5 * i) & 31];
    }
    out += kGroupDigits;
  }
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
  if (format == Pseudonym::BASE32) {
    WriteBase32(digest, out);
  } else {
    WriteHex(digest, out);
  }
  return out + length;
}

}  // namespace sluice::desensitize
