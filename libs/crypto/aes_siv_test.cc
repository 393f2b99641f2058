#include "libs/crypto/aes_siv.h"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "libs/base/encoding.h"

namespace sluice::crypto {
namespace {

using Random = std::mt19937_64;

std::string Bytes(absl::string_view hex) { return HexDecode(hex).value(); }

std::string Sealed(const AesSiv& siv, const CipherBlock& header,
                   const std::string& text) {
  std::string out(text.size() + kSivBytes, '\0');
  siv.Seal(header, text, out.data());
  return out;
}

TEST_CASE("AES-SIV matches RFC 5297, A.1") {
  const AesSiv siv(Bytes(
      "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
  const CipherBlock header =
      siv.HeaderOf({Bytes("101112131415161718191a1b1c1d1e1f2021222324252627")});
  CHECK(HexEncode(Sealed(siv, header, Bytes("112233445566778899aabbccddee"))) ==
        "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");
}

TEST_CASE("AES-SIV matches RFC 5297, A.2, with several headers") {
  const AesSiv siv(Bytes(
      "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f"));
  const CipherBlock header = siv.HeaderOf(
      {Bytes(
           "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa998877"
           "66554433221100"),
       Bytes("102030405060708090a0"),
       Bytes("09f911029d74e35bd84156c5635688c0")});
  CHECK(
      HexEncode(
          Sealed(siv, header,
                 Bytes("7468697320697320736f6d6520706c61696e7465787420"
                       "746f20656e6372797074207573696e67205349562d414553"))) ==
      "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17dba77ceb"
      "094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d");
}

std::string SealedByOpenSsl(const std::string& key, const std::string& header,
                            const std::string& text) {
  EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-SIV", nullptr);
  EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
  REQUIRE(
      EVP_EncryptInit_ex2(context, cipher,
                          reinterpret_cast<const unsigned char*>(key.data()),
                          nullptr, nullptr) == 1);
  int written = 0;
  REQUIRE(
      EVP_EncryptUpdate(context, nullptr, &written,
                        reinterpret_cast<const unsigned char*>(header.data()),
                        static_cast<int>(header.size())) == 1);
  std::string out(text.size(), '\0');
  REQUIRE(EVP_EncryptUpdate(
              context, reinterpret_cast<unsigned char*>(out.data()), &written,
              reinterpret_cast<const unsigned char*>(text.data()),
              static_cast<int>(text.size())) == 1);
  unsigned char tail[16];
  REQUIRE(EVP_EncryptFinal_ex(context, tail, &written) == 1);
  unsigned char tag[16];
  REQUIRE(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1);
  EVP_CIPHER_CTX_free(context);
  EVP_CIPHER_free(cipher);
  return std::string(reinterpret_cast<const char*>(tag), 16) + out;
}

TEST_CASE("AES-SIV agrees with OpenSSL at every length, and opens again") {
  Random random(1);
  for (size_t size = 1; size < 300; ++size) {
    std::string key(64, '\0');
    for (char& byte : key) byte = static_cast<char>(random());
    std::string text(size, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    const std::string header_text(size % 40 + 1, 'h');
    const AesSiv siv(key);
    const CipherBlock header = siv.HeaderOf({header_text});
    std::string sealed = Sealed(siv, header, text);
    REQUIRE(sealed == SealedByOpenSsl(key, header_text, text));
    std::string opened(size, '\0');
    REQUIRE(siv.Open(header, sealed, opened.data()));
    REQUIRE(opened == text);
    sealed[random() % sealed.size()] ^= 1;
    REQUIRE_FALSE(siv.Open(header, sealed, opened.data()));
    REQUIRE(opened == std::string(size, '\0'));
  }
  CHECK_FALSE(AesSiv(std::string(64, 'k')).Open({}, "short", nullptr));
}

}  // namespace
}  // namespace sluice::crypto
