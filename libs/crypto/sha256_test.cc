#include "libs/crypto/sha256.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/encoding.h"
#include "libs/base/status.h"

namespace sluice::crypto {
namespace {

std::string Hex(const Digest& digest) { return HexEncode(DigestView(digest)); }

std::string Bytes(absl::string_view hex) { return HexDecode(hex).value(); }

TEST_CASE("SHA-256 matches the examples of FIPS 180") {
  CHECK(Hex(Sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(
      Hex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(Hex(Sha256("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(Hex(Sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE(
    "A message in pieces has the digest of the whole, and the hasher starts "
    "anew") {
  std::string message;
  for (int i = 0; i < 300; ++i) message.push_back(static_cast<char>(i * 7));
  Sha256Hasher hasher;
  for (size_t cut = 0; cut <= message.size(); cut += 13) {
    hasher.Update(absl::string_view(message).substr(0, cut));
    hasher.Update("");
    hasher.Update(absl::string_view(message).substr(cut));
    CHECK(hasher.Finish() == Sha256(message));
  }
  CHECK(hasher.Finish() == Sha256(""));
}

TEST_CASE("HMAC-SHA256 matches RFC 4231") {
  struct Example {
    std::string key;
    std::string message;
    const char* tag;
  };
  const Example examples[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {Bytes("0102030405060708090a0b0c0d0e0f10111213141516171819"),
       std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'),
       "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than "
       "block-size data. The key needs to be hashed before being used by the "
       "HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Example& example : examples) {
    const HmacSha256 hmac(example.key);
    CHECK(Hex(hmac.Compute(example.message)) == example.tag);
    // A second use starts from the same keyed state.
    CHECK(Hex(hmac.Compute(example.message)) == example.tag);
  }
  // Test case 5 of the RFC states the first 128 bits only.
  CHECK(Hex(HmacSha256(std::string(20, '\x0c')).Compute("Test With Truncation"))
            .substr(0, 32) == "a3b6167473100ee06e0c796c2955552b");
}

TEST_CASE("A key of exactly one block is used as it is, a longer one hashed") {
  const std::string block(64, 'k');
  const std::string longer(65, 'k');
  CHECK(HmacSha256(longer).Compute("m") ==
        HmacSha256(DigestView(Sha256(longer))).Compute("m"));
  CHECK(HmacSha256(block).Compute("m") !=
        HmacSha256(DigestView(Sha256(block))).Compute("m"));
}

TEST_CASE("HKDF-SHA256 matches RFC 5869") {
  CHECK(HexEncode(HkdfSha256(std::string(22, '\x0b'),
                             Bytes("000102030405060708090a0b0c"),
                             Bytes("f0f1f2f3f4f5f6f7f8f9"), 42)) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
        "34007208d5b887185865");
  std::string secret;
  std::string salt;
  std::string info;
  for (int i = 0x00; i <= 0x4f; ++i) secret.push_back(static_cast<char>(i));
  for (int i = 0x60; i <= 0xaf; ++i) salt.push_back(static_cast<char>(i));
  for (int i = 0xb0; i <= 0xff; ++i) info.push_back(static_cast<char>(i));
  CHECK(HexEncode(HkdfSha256(secret, salt, info, 82)) ==
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87");
  CHECK(HexEncode(HkdfSha256(std::string(22, '\x0b'), "", "", 42)) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
        "9d201395faa4b61a96c8");
}

TEST_CASE(
    "HKDF gives any length up to its limit, each a prefix of the longer") {
  const std::string longest = HkdfSha256("secret", "salt", "info", 255 * 32);
  CHECK(longest.size() == 255 * 32);
  for (const size_t length : {0, 1, 31, 32, 33, 64, 8159}) {
    CHECK(HkdfSha256("secret", "salt", "info", length) ==
          longest.substr(0, length));
  }
}

TEST_CASE("Equality in constant time is equality") {
  CHECK(ConstantTimeEqual("", ""));
  CHECK(ConstantTimeEqual("abc", "abc"));
  CHECK_FALSE(ConstantTimeEqual("abc", "abd"));
  CHECK_FALSE(ConstantTimeEqual("abc", "ab"));
  CHECK_FALSE(ConstantTimeEqual("", "a"));
}

TEST_CASE("A digest goes to bytes and back") {
  const Digest digest = Sha256("abc");
  CHECK(DigestFrom(DigestView(digest)) == digest);
}

}  // namespace
}  // namespace sluice::crypto
