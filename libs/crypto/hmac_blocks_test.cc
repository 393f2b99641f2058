#include "libs/crypto/hmac_blocks.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "libs/crypto/sha256.h"

namespace sluice::crypto {
namespace {

using Random = std::mt19937_64;

Digest HmacByOpenSsl(const std::string& key, const std::string& message) {
  Digest digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
       digest.data(), nullptr);
  return digest;
}

std::string RandomBytes(size_t size, Random* random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>((*random)());
  return bytes;
}

TEST_CASE("many HMACs at once are those of OpenSSL, at every length") {
  Random random(1);
  for (const size_t count : {1, 2, 3, 15, 16, 17, 33}) {
    const std::string key = RandomBytes(32, &random);
    const HmacSha256 hmac(key);
    for (size_t longest : {10, 54, 55, 56, 200}) {
      std::vector<std::string> texts;
      for (size_t i = 0; i < count; ++i) {
        texts.push_back(
            RandomBytes(i % 2 == 0 ? longest : random() % 60, &random));
      }
      const std::vector<absl::string_view> views(texts.begin(), texts.end());
      std::vector<Digest> digests(count);
      hmac.ComputeMany('\x05', views.data(), count, digests.data());
      for (size_t i = 0; i < count; ++i) {
        CAPTURE(count, longest, i);
        REQUIRE(digests[i] == HmacByOpenSsl(key, "\x05" + texts[i]));
        REQUIRE(hmac.Compute("\x05" + texts[i]) == digests[i]);
      }
    }
  }
}

TEST_CASE("every way that this CPU has makes the digests of the portable one") {
  Random random(2);
  for (const HmacBlocks fast : {HmacBlocksInPairs(), HmacBlocksSixteenWide()}) {
    if (fast == nullptr) {
      WARN("this CPU lacks the instructions of one way, which is not tested");
      continue;
    }
    for (size_t count = 0; count < 50; ++count) {
      HashState inner;
      HashState outer;
      for (uint32_t& word : inner) word = static_cast<uint32_t>(random());
      for (uint32_t& word : outer) word = static_cast<uint32_t>(random());
      std::vector<HashBlock> blocks(count);
      for (HashBlock& block : blocks) {
        for (uint8_t& byte : block) byte = static_cast<uint8_t>(random());
      }
      std::vector<Digest> expected(count);
      std::vector<Digest> digests(count);
      HmacBlocksPortable(inner, outer, blocks.data(), count, expected.data());
      fast(inner, outer, blocks.data(), count, digests.data());
      REQUIRE(digests == expected);
    }
  }
}

}  // namespace
}  // namespace sluice::crypto
