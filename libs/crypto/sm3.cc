#include "libs/crypto/sm3.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "libs/base/endian.h"
#include "libs/crypto/hmac_texts.h"
#include "libs/crypto/sm3_lanes.h"

namespace sluice::crypto {
namespace {

using Words = std::array<uint32_t, 8>;

constexpr size_t kBlockBytes = 64;
constexpr Words kStart = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                          0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};

uint32_t P0(uint32_t x) { return x ^ std::rotl(x, 9) ^ std::rotl(x, 17); }
uint32_t P1(uint32_t x) { return x ^ std::rotl(x, 15) ^ std::rotl(x, 23); }

// One round. The letters are the standard's; instead of moving all of them on
// by one, it leaves the new A in d and the new E in h, for the next round to be
// called with the letters moved.
template <bool kEarly>
inline void Round(uint32_t a, uint32_t& b, uint32_t c, uint32_t& d, uint32_t e,
                  uint32_t& f, uint32_t g, uint32_t& h, const uint32_t* w,
                  size_t j) {
  const uint32_t a12 = std::rotl(a, 12);
  const uint32_t ss1 = std::rotl(a12 + e + kSm3Constants[j], 7);
  const uint32_t ff = kEarly ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
  const uint32_t gg = kEarly ? e ^ f ^ g : (e & f) | (~e & g);
  d = ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4]);
  h = P0(gg + h + ss1 + w[j]);
  b = std::rotl(b, 9);
  f = std::rotl(f, 19);
}

template <bool kEarly>
inline void FourRounds(Words* words, const uint32_t* w, size_t j) {
  auto& [a, b, c, d, e, f, g, h] = *words;
  Round<kEarly>(a, b, c, d, e, f, g, h, w, j);
  Round<kEarly>(d, a, b, c, h, e, f, g, w, j + 1);
  Round<kEarly>(c, d, a, b, g, h, e, f, w, j + 2);
  Round<kEarly>(b, c, d, a, f, g, h, e, w, j + 3);
}

void Compress(const uint8_t* block, Words* state) {
  uint32_t w[68];
  for (size_t j = 0; j < 16; ++j) w[j] = LoadBig32(block + 4 * j);
  for (size_t j = 16; j < 68; ++j) {
    w[j] = P1(w[j - 16] ^ w[j - 9] ^ std::rotl(w[j - 3], 15)) ^
           std::rotl(w[j - 13], 7) ^ w[j - 6];
  }
  Words after = *state;
  for (size_t j = 0; j < 16; j += 4) FourRounds<true>(&after, w, j);
  for (size_t j = 16; j < 64; j += 4) FourRounds<false>(&after, w, j);
  for (size_t i = 0; i < after.size(); ++i) (*state)[i] ^= after[i];
}

// A hash under way.
class Hasher {
 public:
  // `hashed` bytes, whole blocks, led to `state`.
  Hasher(const Words& state, uint64_t hashed) : state_(state), bytes_(hashed) {}

  void Update(absl::string_view text) {
    while (!text.empty()) {
      const size_t held = bytes_ % kBlockBytes;
      const size_t taken = std::min(text.size(), kBlockBytes - held);
      std::memcpy(block_ + held, text.data(), taken);
      bytes_ += taken;
      text.remove_prefix(taken);
      if (bytes_ % kBlockBytes == 0) Compress(block_, &state_);
    }
  }

  Digest Finish() {
    const uint64_t bits = bytes_ * 8;
    size_t held = bytes_ % kBlockBytes;
    block_[held++] = 0x80;
    if (held > kBlockBytes - sizeof(bits)) {
      std::memset(block_ + held, 0, kBlockBytes - held);
      Compress(block_, &state_);
      held = 0;
    }
    std::memset(block_ + held, 0, kBlockBytes - held);
    StoreLittle(__builtin_bswap64(bits), block_ + kBlockBytes - sizeof(bits));
    Compress(block_, &state_);
    Digest digest;
    for (size_t i = 0; i < state_.size(); ++i) {
      StoreLittle(__builtin_bswap32(state_[i]), &digest[4 * i]);
    }
    return digest;
  }

 private:
  Words state_;
  uint64_t bytes_;
  uint8_t block_[kBlockBytes];
};

Words StateAfterKey(absl::string_view key, uint8_t pad) {
  uint8_t block[kBlockBytes] = {};
  if (key.size() > kBlockBytes) {
    const Digest digest = Sm3(key);
    std::memcpy(block, digest.data(), digest.size());
  } else if (!key.empty()) {
    std::memcpy(block, key.data(), key.size());
  }
  for (uint8_t& byte : block) byte ^= pad;
  Words state = kStart;
  Compress(block, &state);
  OPENSSL_cleanse(block, sizeof(block));
  return state;
}

Digest Hmac(const Words& inner, const Words& outer, absl::string_view prefix,
            absl::string_view text) {
  Hasher inside(inner, kBlockBytes);
  inside.Update(prefix);
  inside.Update(text);
  const Digest hashed = inside.Finish();
  Hasher outside(outer, kBlockBytes);
  outside.Update(DigestView(hashed));
  return outside.Finish();
}

}  // namespace

Digest Sm3(absl::string_view bytes) {
  Hasher hasher(kStart, 0);
  hasher.Update(bytes);
  return hasher.Finish();
}

HmacSm3::HmacSm3(absl::string_view key)
    : inner_(StateAfterKey(key, 0x36)), outer_(StateAfterKey(key, 0x5C)) {}

HmacSm3::~HmacSm3() {
  OPENSSL_cleanse(inner_.data(), sizeof(inner_));
  OPENSSL_cleanse(outer_.data(), sizeof(outer_));
}

Digest HmacSm3::Compute(absl::string_view message) const {
  return Hmac(inner_, outer_, "", message);
}

void HmacSm3::ComputeMany(char prefix, const absl::string_view* texts,
                          size_t count, Digest* digests) const {
  HmacTexts(HmacSm3Blocks, inner_, outer_, prefix, texts, count, digests,
            [this, &prefix](absl::string_view text) {
              return Hmac(inner_, outer_, absl::string_view(&prefix, 1), text);
            });
}

}  // namespace sluice::crypto
