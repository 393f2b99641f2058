#include "libs/desensitize/pseudonym.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/encoding.h"
#include "libs/base/string_view.h"

namespace sluice::desensitize {
namespace {

using agreement::v1::Pseudonym;

// The root key of the examples in docs/formats/pseudonym.md: bytes 0 to 31.
std::string ExampleRoot() {
  std::string root;
  for (char byte = 0; byte < 32; ++byte) root.push_back(byte);
  return root;
}

std::string Text(const crypto::Digest& digest, Pseudonym::Format format,
                 size_t length) {
  char out[kPseudonymRoom];
  const char* const end = WritePseudonym(digest, format, length, out);
  return std::string(out, end - out);
}

// Another way to RFC 4648: all bits as text, five by five.
std::string Base32Slowly(const crypto::Digest& digest) {
  std::string bits;
  for (const uint8_t byte : digest) {
    for (int bit = 7; bit >= 0; --bit)
      bits += (byte >> bit & 1) != 0 ? '1' : '0';
  }
  while (bits.size() % 5 != 0) bits += '0';
  std::string text;
  for (size_t i = 0; i < bits.size(); i += 5) {
    text += "abcdefghijklmnopqrstuvwxyz234567"[std::stoi(bits.substr(i, 5),
                                                         nullptr, 2)];
  }
  return text;
}

// Expected values are from Python's hmac, hashlib and base64.
TEST_CASE("the secret of a domain is the documented HKDF") {
  CHECK(HexEncode(DerivePseudonymSecret(ExampleRoot(), "grid-people", 1)) ==
        "33f3543c3b669d4674637968d1bf5bb3e12ac8668acf85ebf8196d143e5e8852");
  CHECK(HexEncode(DerivePseudonymSecret(ExampleRoot(), "grid-people", 2)) ==
        "00478ca0bbf5f3b34abe41111fc6a76e625c208a5916e8e4c04660ace644431d");
}

TEST_CASE("another domain, version or root gives another secret") {
  const std::string secret = DerivePseudonymSecret(ExampleRoot(), "a", 1);
  CHECK(secret.size() == kPseudonymSecretBytes);
  CHECK(secret == DerivePseudonymSecret(ExampleRoot(), "a", 1));
  CHECK(secret != DerivePseudonymSecret(ExampleRoot(), "b", 1));
  CHECK(secret != DerivePseudonymSecret(ExampleRoot(), "a", 2));
  CHECK(secret != DerivePseudonymSecret(std::string(32, 'r'), "a", 1));
}

TEST_CASE("a digest is written in hex and base32 to the asked length") {
  const auto hex = HexDecode(
      "99879a1163b82adb6beda58fd156744879d2f3232e59f8676c8abaf64fd091ba");
  const crypto::Digest digest = crypto::DigestFrom(AsView(*hex));
  CHECK(Text(digest, Pseudonym::HEX, 64) == HexEncode(AsView(*hex)));
  CHECK(Text(digest, Pseudonym::HEX, 32) == "99879a1163b82adb6beda58fd1567448");
  CHECK(Text(digest, Pseudonym::HEX, 17) == "99879a1163b82adb6");
  CHECK(Text(digest, Pseudonym::BASE32, 52) ==
        "tgdzueldxavnw27nuwh5cvtujb45f4zdfzm7qz3mrk5pmt6qsg5a");
  CHECK(Text(digest, Pseudonym::BASE32, 13) == "tgdzueldxavnw");
}

TEST_CASE("base32 of any digest agrees with another way to write it") {
  for (int i = 0; i < 200; ++i) {
    const crypto::Digest digest = crypto::Sha256(std::to_string(i));
    const std::string slow = Base32Slowly(digest);
    for (const size_t length : {13, 31, 32, 51, 52}) {
      CHECK(Text(digest, Pseudonym::BASE32, length) == slow.substr(0, length));
    }
  }
}

TEST_CASE("lengths keep 64 bits at least and the whole digest at most") {
  CHECK(LengthsOf(Pseudonym::HEX).min * 4 == 64);
  CHECK(LengthsOf(Pseudonym::HEX).max * 4 == 256);
  CHECK(LengthsOf(Pseudonym::BASE32).min * 5 >= 64);
  CHECK((LengthsOf(Pseudonym::BASE32).min - 1) * 5 < 64);
  CHECK(LengthsOf(Pseudonym::BASE32).max == (256 + 4) / 5);
}

}  // namespace
}  // namespace sluice::desensitize
