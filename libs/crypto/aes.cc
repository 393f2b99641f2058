// OpenSSL's AES_* functions are deprecated in favour of EVP, which allocates
// and keeps a state that threads cannot share.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/aes.h>
#include <openssl/crypto.h>

#include <cassert>
#include <cstring>

#include "libs/base/endian.h"
#include "libs/crypto/block_cipher.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sluice::crypto {
namespace {

bool IsAesKey(absl::string_view key) {
  return key.size() == 16 || key.size() == 24 || key.size() == 32;
}

class PortableAes : public BlockCipher {
 public:
  explicit PortableAes(absl::string_view key) {
    AES_set_encrypt_key(reinterpret_cast<const uint8_t*>(key.data()),
                        static_cast<int>(key.size() * 8), &key_);
  }
  ~PortableAes() override { OPENSSL_cleanse(&key_, sizeof(key_)); }
  PortableAes(const PortableAes&) = delete;
  PortableAes& operator=(const PortableAes&) = delete;

  void Encrypt(CipherBlock* blocks, size_t count) const override {
    for (size_t i = 0; i < count; ++i) {
      AES_encrypt(blocks[i].data(), blocks[i].data(), &key_);
    }
  }

 private:
  AES_KEY key_;
};

#if defined(__x86_64__)

#define SLUICE_AES __attribute__((target("aes,sse4.1")))
#define SLUICE_AES_INLINE \
  inline __attribute__((always_inline, target("aes,sse4.1")))

constexpr size_t kRoundsMax = 14;

// The S-box on each byte of `word`; with `rotate`, on the bytes one further.
SLUICE_AES uint32_t SubstituteWord(uint32_t word, bool rotate) {
  const __m128i substituted =
      _mm_aeskeygenassist_si128(_mm_set1_epi32(static_cast<int>(word)), 0);
  return static_cast<uint32_t>(rotate ? _mm_extract_epi32(substituted, 1)
                                      : _mm_extract_epi32(substituted, 0));
}

// FIPS 197, 5.2. Words are little-endian.
SLUICE_AES void ExpandKey(absl::string_view key, size_t rounds,
                          uint8_t* round_keys) {
  uint32_t words[4 * (kRoundsMax + 1)];
  const size_t key_words = key.size() / 4;
  std::memcpy(words, key.data(), key.size());
  uint32_t constant = 1;
  for (size_t i = key_words; i < 4 * (rounds + 1); ++i) {
    uint32_t word = words[i - 1];
    if (i % key_words == 0) {
      word = SubstituteWord(word, true) ^ constant;
      constant = (constant << 1) ^ (constant >= 0x80 ? 0x11B : 0);
    } else if (key_words > 6 && i % key_words == 4) {
      word = SubstituteWord(word, false);
    }
    words[i] = words[i - key_words] ^ word;
  }
  std::memcpy(round_keys, words, 16 * (rounds + 1));
  OPENSSL_cleanse(words, sizeof(words));
}

class AcceleratedAes : public BlockCipher {
 public:
  explicit AcceleratedAes(absl::string_view key) : rounds_(key.size() / 4 + 6) {
    ExpandKey(key, rounds_, round_keys_);
  }
  ~AcceleratedAes() override {
    OPENSSL_cleanse(round_keys_, sizeof(round_keys_));
  }
  AcceleratedAes(const AcceleratedAes&) = delete;
  AcceleratedAes& operator=(const AcceleratedAes&) = delete;

  SLUICE_AES void Encrypt(CipherBlock* blocks, size_t count) const override {
    for (; count >= 8; count -= 8, blocks += 8) EncryptLanes<8>(blocks);
    for (; count >= 2; count -= 2, blocks += 2) EncryptLanes<2>(blocks);
    if (count == 1) EncryptLanes<1>(blocks);
  }

 private:
  template <size_t kLanes>
  SLUICE_AES_INLINE void EncryptLanes(CipherBlock* blocks) const {
    const auto* const keys = reinterpret_cast<const __m128i*>(round_keys_);
    __m128i state[kLanes];
    for (size_t i = 0; i < kLanes; ++i) {
      state[i] = _mm_xor_si128(
          _mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks[i].data())),
          keys[0]);
    }
    for (size_t round = 1; round < rounds_; ++round) {
      const __m128i key = keys[round];
      for (__m128i& lane : state) lane = _mm_aesenc_si128(lane, key);
    }
    for (size_t i = 0; i < kLanes; ++i) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(blocks[i].data()),
                       _mm_aesenclast_si128(state[i], keys[rounds_]));
    }
  }

  const size_t rounds_;
  alignas(16) uint8_t round_keys_[16 * (kRoundsMax + 1)];
};

#undef SLUICE_AES
#undef SLUICE_AES_INLINE

bool HasAesInstructions() {
  return __builtin_cpu_supports("aes") != 0 &&
         __builtin_cpu_supports("sse4.1") != 0;
}

#endif

}  // namespace

std::unique_ptr<const BlockCipher> NewAes(absl::string_view key) {
  assert(IsAesKey(key));
#if defined(__x86_64__)
  if (HasAesInstructions()) return std::make_unique<AcceleratedAes>(key);
#endif
  return NewPortableAes(key);
}

std::unique_ptr<const BlockCipher> NewPortableAes(absl::string_view key) {
  assert(IsAesKey(key));
  return std::make_unique<PortableAes>(key);
}

}  // namespace sluice::crypto
