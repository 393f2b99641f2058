#include "libs/crypto/block_cipher.h"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "libs/base/encoding.h"

namespace sluice::crypto {
namespace {

using Random = std::mt19937_64;

std::string Bytes(absl::string_view hex) { return HexDecode(hex).value(); }

CipherBlock BlockOf(const std::string& bytes) {
  CipherBlock block;
  std::memcpy(block.data(), bytes.data(), block.size());
  return block;
}

std::string Encrypted(const BlockCipher& cipher, const std::string& hex) {
  CipherBlock block = BlockOf(Bytes(hex));
  cipher.Encrypt(&block, 1);
  return HexEncode(absl::string_view(
      reinterpret_cast<const char*>(block.data()), block.size()));
}

TEST_CASE("AES matches the examples of FIPS 197") {
  const std::string key =
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  const std::string plain = "00112233445566778899aabbccddeeff";
  const std::vector<std::pair<size_t, std::string>> expected = {
      {16, "69c4e0d86a7b0430d8cdb78070b4c55a"},
      {24, "dda97ca4864cdfe06eaf70a0ec0d7191"},
      {32, "8ea2b7ca516745bfeafc49904b496089"}};
  for (const auto& [bytes, cipher] : expected) {
    const std::string part = Bytes(key).substr(0, bytes);
    CHECK(Encrypted(*NewAes(part), plain) == cipher);
    CHECK(Encrypted(*NewPortableAes(part), plain) == cipher);
  }
}

TEST_CASE("SM4 matches the examples of GB/T 32907") {
  const std::string key = "0123456789abcdeffedcba9876543210";
  const auto cipher = NewSm4(Bytes(key));
  CHECK(Encrypted(*cipher, key) == "681edf34d206965e86b3e94f536e4246");
  CipherBlock block = BlockOf(Bytes(key));
  for (int i = 0; i < 1'000'000; ++i) cipher->Encrypt(&block, 1);
  CHECK(block == BlockOf(Bytes("595298c7c6fd271f0402f804c33d3f66")));
}

TEST_CASE("AES with and without the CPU's instructions agree on every count") {
  Random random(1);
  for (const size_t key_bytes : {16, 24, 32}) {
    for (size_t count = 0; count < 30; ++count) {
      std::string key(key_bytes, '\0');
      for (char& byte : key) byte = static_cast<char>(random());
      std::vector<CipherBlock> fast(count);
      for (CipherBlock& block : fast) {
        for (uint8_t& byte : block) byte = static_cast<uint8_t>(random());
      }
      std::vector<CipherBlock> slow = fast;
      NewAes(key)->Encrypt(fast.data(), count);
      NewPortableAes(key)->Encrypt(slow.data(), count);
      REQUIRE(fast == slow);
    }
  }
}

TEST_CASE("SM4 agrees with OpenSSL") {
  Random random(2);
  for (int round = 0; round < 100; ++round) {
    std::string key(16, '\0');
    for (char& byte : key) byte = static_cast<char>(random());
    CipherBlock block;
    for (uint8_t& byte : block) byte = static_cast<uint8_t>(random());
    CipherBlock expected = block;
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    REQUIRE(
        EVP_EncryptInit_ex(context, EVP_sm4_ecb(), nullptr,
                           reinterpret_cast<const unsigned char*>(key.data()),
                           nullptr) == 1);
    EVP_CIPHER_CTX_set_padding(context, 0);
    int written = 0;
    REQUIRE(EVP_EncryptUpdate(context, expected.data(), &written, block.data(),
                              16) == 1);
    EVP_CIPHER_CTX_free(context);
    // Alone, and side by side.
    std::vector<CipherBlock> blocks(1 + static_cast<size_t>(round) % 9, block);
    NewSm4(key)->Encrypt(blocks.data(), blocks.size());
    REQUIRE(blocks == std::vector<CipherBlock>(blocks.size(), expected));
  }
}

}  // namespace
}  // namespace sluice::crypto
