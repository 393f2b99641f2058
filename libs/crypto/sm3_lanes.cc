#include "libs/crypto/sm3_lanes.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"

// Vectors wider than the portable level has are passed between functions that
// are all inlined: no call of such a kind is left whose ABI could matter.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace sluice::crypto {
namespace {

// A key's block and a digest, in bits: the length of what the outer hash sees.
constexpr uint32_t kOuterBits = (kHashBlockBytes + kDigestBytes) * 8;
constexpr uint32_t kOneBit = 0x80000000u;
constexpr size_t kWords = 16;
constexpr size_t kExpandedWords = 68;

constexpr std::array<uint32_t, 64> MakeConstants() {
  std::array<uint32_t, 64> constants = {};
  for (size_t j = 0; j < constants.size(); ++j) {
    constants[j] =
        std::rotl(j < 16 ? 0x79cc4519u : 0x7a879d8au, static_cast<int>(j % 32));
  }
  return constants;
}

// The hash over kLanes messages at once. A Word is one word of each of them.
template <size_t kLanes>
struct Lanes {
  using Word __attribute__((vector_size(kLanes * sizeof(uint32_t)))) = uint32_t;

  SLUICE_ANY_LEVEL static Word Rotated(const Word& x, int bits) {
    return x << bits | x >> (32 - bits);
  }
  SLUICE_ANY_LEVEL static Word P0(const Word& x) {
    return x ^ Rotated(x, 9) ^ Rotated(x, 17);
  }
  SLUICE_ANY_LEVEL static Word P1(const Word& x) {
    return x ^ Rotated(x, 15) ^ Rotated(x, 23);
  }

  // One round, as in sm3.cc.
  template <bool kEarly>
  SLUICE_ANY_LEVEL static void Round(const Word& a, Word& b, const Word& c,
                                     Word& d, const Word& e, Word& f,
                                     const Word& g, Word& h, const Word* w,
                                     size_t j) {
    const Word a12 = Rotated(a, 12);
    const Word ss1 = Rotated(a12 + e + kSm3Constants[j], 7);
    const Word ff = kEarly ? a ^ b ^ c : (a & b) | (c & (a | b));
    const Word gg = kEarly ? e ^ f ^ g : g ^ (e & (f ^ g));
    d = ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4]);
    h = P0(gg + h + ss1 + w[j]);
    b = Rotated(b, 9);
    f = Rotated(f, 19);
  }

  template <bool kEarly>
  SLUICE_ANY_LEVEL static void FourRounds(Word (&v)[8], const Word* w,
                                          size_t j) {
    Round<kEarly>(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], w, j);
    Round<kEarly>(v[3], v[0], v[1], v[2], v[7], v[4], v[5], v[6], w, j + 1);
    Round<kEarly>(v[2], v[3], v[0], v[1], v[6], v[7], v[4], v[5], w, j + 2);
    Round<kEarly>(v[1], v[2], v[3], v[0], v[5], v[6], v[7], v[4], w, j + 3);
  }

  // The state behind a block whose words are the first of `w`.
  SLUICE_ANY_LEVEL static void Compress(const HashState& start,
                                        Word (&w)[kExpandedWords],
                                        Word (&v)[8]) {
    for (size_t j = kWords; j < kExpandedWords; ++j) {
      w[j] = P1(w[j - 16] ^ w[j - 9] ^ Rotated(w[j - 3], 15)) ^
             Rotated(w[j - 13], 7) ^ w[j - 6];
    }
    for (size_t i = 0; i < 8; ++i) v[i] = Word{} + start[i];
    for (size_t j = 0; j < 16; j += 4) FourRounds<true>(v, w, j);
    for (size_t j = 16; j < 64; j += 4) FourRounds<false>(v, w, j);
    for (size_t i = 0; i < 8; ++i) v[i] ^= start[i];
  }

  SLUICE_ANY_LEVEL static void Hmac(const HashState& inner,
                                    const HashState& outer,
                                    const HashBlock* blocks, Digest* digests) {
    uint32_t words[kWords][kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      for (size_t j = 0; j < kWords; ++j) {
        words[j][lane] = LoadBig32(&blocks[lane][4 * j]);
      }
    }
    Word w[kExpandedWords];
    std::memcpy(w, words, sizeof(words));
    Word state[8];
    Compress(inner, w, state);
    for (size_t i = 0; i < 8; ++i) {
      w[i] = state[i];
      w[8 + i] = Word{};
    }
    w[8] += kOneBit;
    w[15] += kOuterBits;
    Compress(outer, w, state);
    uint32_t hashed[8][kLanes];
    std::memcpy(hashed, state, sizeof(hashed));
    for (size_t lane = 0; lane < kLanes; ++lane) {
      for (size_t i = 0; i < 8; ++i) {
        StoreLittle(__builtin_bswap32(hashed[i][lane]), &digests[lane][4 * i]);
      }
    }
  }

  // The last lanes repeat a message where there are too few.
  SLUICE_ANY_LEVEL static void HmacAll(const HashState& inner,
                                       const HashState& outer,
                                       const HashBlock* blocks, size_t count,
                                       Digest* digests) {
    for (; count >= kLanes; count -= kLanes) {
      Hmac(inner, outer, blocks, digests);
      blocks += kLanes;
      digests += kLanes;
    }
    if (count == 0) return;
    HashBlock padded[kLanes];
    Digest hashed[kLanes];
    for (size_t lane = 0; lane < kLanes; ++lane) {
      padded[lane] = blocks[std::min(lane, count - 1)];
    }
    Hmac(inner, outer, padded, hashed);
    std::copy_n(hashed, count, digests);
  }
};

#if defined(__x86_64__)
SLUICE_AVX512 void HmacSixteenWide(const HashState& inner,
                                   const HashState& outer,
                                   const HashBlock* blocks, size_t count,
                                   Digest* digests) {
  Lanes<16>::HmacAll(inner, outer, blocks, count, digests);
}

SLUICE_AVX2 void HmacEightWide(const HashState& inner, const HashState& outer,
                               const HashBlock* blocks, size_t count,
                               Digest* digests) {
  Lanes<8>::HmacAll(inner, outer, blocks, count, digests);
}
#endif

}  // namespace

constexpr std::array<uint32_t, 64> kSm3Constants = MakeConstants();

void HmacSm3Blocks(const HashState& inner, const HashState& outer,
                   const HashBlock* blocks, size_t count, Digest* digests) {
#if defined(__x86_64__)
  if (UsedCpuLevel() == CpuLevel::kAvx512) {
    HmacSixteenWide(inner, outer, blocks, count, digests);
    return;
  }
  if (UsedCpuLevel() == CpuLevel::kAvx2) {
    HmacEightWide(inner, outer, blocks, count, digests);
    return;
  }
#endif
  Lanes<4>::HmacAll(inner, outer, blocks, count, digests);
}

}  // namespace sluice::crypto
