#include <openssl/crypto.h>

#include <array>
#include <bit>
#include <cassert>

#include "libs/base/endian.h"
#include "libs/crypto/block_cipher.h"

namespace sluice::crypto {
namespace {

constexpr size_t kRounds = 32;

constexpr uint8_t kSubstitutions[256] = {
    0xd6, 0x90, 0xe9, 0xfe, 0xcc, 0xe1, 0x3d, 0xb7, 0x16, 0xb6, 0x14, 0xc2,
    0x28, 0xfb, 0x2c, 0x05, 0x2b, 0x67, 0x9a, 0x76, 0x2a, 0xbe, 0x04, 0xc3,
    0xaa, 0x44, 0x13, 0x26, 0x49, 0x86, 0x06, 0x99, 0x9c, 0x42, 0x50, 0xf4,
    0x91, 0xef, 0x98, 0x7a, 0x33, 0x54, 0x0b, 0x43, 0xed, 0xcf, 0xac, 0x62,
    0xe4, 0xb3, 0x1c, 0xa9, 0xc9, 0x08, 0xe8, 0x95, 0x80, 0xdf, 0x94, 0xfa,
    0x75, 0x8f, 0x3f, 0xa6, 0x47, 0x07, 0xa7, 0xfc, 0xf3, 0x73, 0x17, 0xba,
    0x83, 0x59, 0x3c, 0x19, 0xe6, 0x85, 0x4f, 0xa8, 0x68, 0x6b, 0x81, 0xb2,
    0x71, 0x64, 0xda, 0x8b, 0xf8, 0xeb, 0x0f, 0x4b, 0x70, 0x56, 0x9d, 0x35,
    0x1e, 0x24, 0x0e, 0x5e, 0x63, 0x58, 0xd1, 0xa2, 0x25, 0x22, 0x7c, 0x3b,
    0x01, 0x21, 0x78, 0x87, 0xd4, 0x00, 0x46, 0x57, 0x9f, 0xd3, 0x27, 0x52,
    0x4c, 0x36, 0x02, 0xe7, 0xa0, 0xc4, 0xc8, 0x9e, 0xea, 0xbf, 0x8a, 0xd2,
    0x40, 0xc7, 0x38, 0xb5, 0xa3, 0xf7, 0xf2, 0xce, 0xf9, 0x61, 0x15, 0xa1,
    0xe0, 0xae, 0x5d, 0xa4, 0x9b, 0x34, 0x1a, 0x55, 0xad, 0x93, 0x32, 0x30,
    0xf5, 0x8c, 0xb1, 0xe3, 0x1d, 0xf6, 0xe2, 0x2e, 0x82, 0x66, 0xca, 0x60,
    0xc0, 0x29, 0x23, 0xab, 0x0d, 0x53, 0x4e, 0x6f, 0xd5, 0xdb, 0x37, 0x45,
    0xde, 0xfd, 0x8e, 0x2f, 0x03, 0xff, 0x6a, 0x72, 0x6d, 0x6c, 0x5b, 0x51,
    0x8d, 0x1b, 0xaf, 0x92, 0xbb, 0xdd, 0xbc, 0x7f, 0x11, 0xd9, 0x5c, 0x41,
    0x1f, 0x10, 0x5a, 0xd8, 0x0a, 0xc1, 0x31, 0x88, 0xa5, 0xcd, 0x7b, 0xbd,
    0x2d, 0x74, 0xd0, 0x12, 0xb8, 0xe5, 0xb4, 0xb0, 0x89, 0x69, 0x97, 0x4a,
    0x0c, 0x96, 0x77, 0x7e, 0x65, 0xb9, 0xf1, 0x09, 0xc5, 0x6e, 0xc6, 0x84,
    0x18, 0xf0, 0x7d, 0xec, 0x3a, 0xdc, 0x4d, 0x20, 0x79, 0xee, 0x5f, 0x3e,
    0xd7, 0xcb, 0x39, 0x48,
};

constexpr uint32_t kFamilyKey[4] = {0xA3B1BAC6, 0x56AA3350, 0x677D9197,
                                    0xB27022DC};

uint32_t Substitute(uint32_t word) {
  return uint32_t{kSubstitutions[word >> 24]} << 24 |
         uint32_t{kSubstitutions[word >> 16 & 0xFF]} << 16 |
         uint32_t{kSubstitutions[word >> 8 & 0xFF]} << 8 |
         uint32_t{kSubstitutions[word & 0xFF]};
}

// The standard's T of a word with one byte that is not 0, its highest. Of the
// other bytes it is the same, rotated.
constexpr std::array<uint32_t, 256> MakeMixes() {
  std::array<uint32_t, 256> mixes = {};
  for (size_t i = 0; i < mixes.size(); ++i) {
    const uint32_t b = uint32_t{kSubstitutions[i]} << 24;
    mixes[i] = b ^ std::rotl(b, 2) ^ std::rotl(b, 10) ^ std::rotl(b, 18) ^
               std::rotl(b, 24);
  }
  return mixes;
}
constexpr std::array<uint32_t, 256> kMixes = MakeMixes();

// The standard's T.
uint32_t Mix(uint32_t word) {
  return kMixes[word >> 24] ^ std::rotr(kMixes[word >> 16 & 0xFF], 8) ^
         std::rotr(kMixes[word >> 8 & 0xFF], 16) ^
         std::rotr(kMixes[word & 0xFF], 24);
}

// T' of the key schedule.
uint32_t MixKey(uint32_t word) {
  const uint32_t b = Substitute(word);
  return b ^ std::rotl(b, 13) ^ std::rotl(b, 23);
}

// CK of a round: bytes 7 (4 round + j), modulo 256.
uint32_t ScheduleConstant(size_t round) {
  uint32_t word = 0;
  for (size_t j = 0; j < 4; ++j)
    word = word << 8 | ((4 * round + j) * 7 & 0xFF);
  return word;
}

class Sm4 : public BlockCipher {
 public:
  explicit Sm4(absl::string_view key) {
    uint32_t k[4];
    for (size_t i = 0; i < 4; ++i) {
      k[i] = LoadBig32(key.data() + 4 * i) ^ kFamilyKey[i];
    }
    for (size_t round = 0; round < kRounds; ++round) {
      const uint32_t next =
          k[0] ^ MixKey(k[1] ^ k[2] ^ k[3] ^ ScheduleConstant(round));
      k[0] = k[1];
      k[1] = k[2];
      k[2] = k[3];
      k[3] = next;
      round_keys_[round] = next;
    }
    OPENSSL_cleanse(k, sizeof(k));
  }
  ~Sm4() override { OPENSSL_cleanse(round_keys_.data(), sizeof(round_keys_)); }
  Sm4(const Sm4&) = delete;
  Sm4& operator=(const Sm4&) = delete;

  void Encrypt(CipherBlock* blocks, size_t count) const override {
    for (; count >= 4; count -= 4, blocks += 4) EncryptLanes<4>(blocks);
    for (; count > 0; --count, ++blocks) EncryptLanes<1>(blocks);
  }

 private:
  // Blocks do not wait for each other, as the rounds of one do.
  template <size_t kLanes>
  void EncryptLanes(CipherBlock* blocks) const {
    uint32_t x[4][kLanes];
    for (size_t i = 0; i < 4; ++i) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        x[i][lane] = LoadBig32(blocks[lane].data() + 4 * i);
      }
    }
    for (size_t round = 0; round < kRounds; ++round) {
      // The word that changes moves on, not the words.
      uint32_t* const changed = x[round % 4];
      const uint32_t* const one = x[(round + 1) % 4];
      const uint32_t* const two = x[(round + 2) % 4];
      const uint32_t* const three = x[(round + 3) % 4];
      for (size_t lane = 0; lane < kLanes; ++lane) {
        changed[lane] ^=
            Mix(one[lane] ^ two[lane] ^ three[lane] ^ round_keys_[round]);
      }
    }
    for (size_t i = 0; i < 4; ++i) {
      for (size_t lane = 0; lane < kLanes; ++lane) {
        StoreLittle(__builtin_bswap32(x[3 - i][lane]),
                    blocks[lane].data() + 4 * i);
      }
    }
  }

  std::array<uint32_t, kRounds> round_keys_;
};

}  // namespace

std::unique_ptr<const BlockCipher> NewSm4(absl::string_view key) {
  assert(key.size() == kCipherBlockBytes);
  return std::make_unique<Sm4>(key);
}

}  // namespace sluice::crypto
