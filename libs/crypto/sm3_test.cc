#include "libs/crypto/sm3.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/encoding.h"

namespace sluice::crypto {
namespace {

std::string Hex(const Digest& digest) { return HexEncode(DigestView(digest)); }

Digest Sm3ByOpenSsl(const std::string& text) {
  Digest digest;
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sm3(),
             nullptr);
  return digest;
}

Digest HmacByOpenSsl(const std::string& key, const std::string& message) {
  Digest digest;
  HMAC(EVP_sm3(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
       digest.data(), nullptr);
  return digest;
}

TEST_CASE("SM3 matches the examples of GB/T 32905") {
  CHECK(Hex(Sm3("abc")) ==
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  std::string repeated;
  for (int i = 0; i < 16; ++i) repeated += "abcd";
  CHECK(Hex(Sm3(repeated)) ==
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

TEST_CASE("SM3 and HMAC-SM3 agree with OpenSSL at every length") {
  std::mt19937_64 random(1);
  for (size_t size = 0; size < 200; ++size) {
    std::string text(size, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    REQUIRE(Sm3(text) == Sm3ByOpenSsl(text));
    const std::string key(1 + size, static_cast<char>(random()));
    const HmacSm3 hmac(key);
    REQUIRE(hmac.Compute(text) == HmacByOpenSsl(key, text));
    const absl::string_view texts[] = {text, "", text};
    Digest digests[3];
    hmac.ComputeMany('\x05', texts, 3, digests);
    REQUIRE(digests[0] == HmacByOpenSsl(key, "\x05" + text));
    REQUIRE(digests[1] == HmacByOpenSsl(key, "\x05"));
    REQUIRE(digests[2] == digests[0]);
  }
}

TEST_CASE("many HMACs at once are those of OpenSSL at every level of the CPU") {
  std::mt19937_64 random(2);
  for (const CpuLevel level :
       {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    for (size_t count = 0; count < 40; ++count) {
      const std::string key(32, static_cast<char>(random()));
      std::vector<std::string> texts(count);
      for (std::string& text : texts) {
        text.resize(random() % 70);
        for (char& byte : text) byte = static_cast<char>(random());
      }
      const std::vector<absl::string_view> views(texts.begin(), texts.end());
      std::vector<Digest> digests(count);
      HmacSm3(key).ComputeMany('\x05', views.data(), count, digests.data());
      for (size_t i = 0; i < count; ++i) {
        CAPTURE(count, i);
        REQUIRE(digests[i] == HmacByOpenSsl(key, "\x05" + texts[i]));
      }
    }
  }
}

}  // namespace
}  // namespace sluice::crypto
