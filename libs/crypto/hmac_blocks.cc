#include "libs/crypto/hmac_blocks.h"

#include <bit>
#include <cassert>
#include <cstring>

#include "libs/base/endian.h"
#include "libs/base/x86_vectors.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace sluice::crypto {
namespace {

alignas(16) constexpr uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// A key's block and a digest, in bits: the length of what the outer hash sees.
constexpr uint32_t kOuterBits = (kHashBlockBytes + kDigestBytes) * 8;
constexpr uint32_t kOneBit = 0x80000000u;

void Compress(const uint32_t* words, HashState* state) {
  uint32_t w[64];
  std::memcpy(w, words, 16 * sizeof(uint32_t));
  for (size_t t = 16; t < 64; ++t) {
    const uint32_t s0 =
        std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
    const uint32_t s1 =
        std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
    w[t] = w[t - 16] + s0 + w[t - 7] + s1;
  }
  HashState v = *state;
  for (size_t t = 0; t < 64; ++t) {
    const uint32_t sum1 =
        std::rotr(v[4], 6) ^ std::rotr(v[4], 11) ^ std::rotr(v[4], 25);
    const uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
    const uint32_t t1 = v[7] + sum1 + choice + kRoundConstants[t] + w[t];
    const uint32_t sum0 =
        std::rotr(v[0], 2) ^ std::rotr(v[0], 13) ^ std::rotr(v[0], 22);
    const uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
    v = {t1 + sum0 + majority, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]};
  }
  for (size_t i = 0; i < v.size(); ++i) (*state)[i] += v[i];
}

#if defined(__x86_64__)

#define SLUICE_SHA __attribute__((target("sha,sse4.1,ssse3")))
#define SLUICE_SHA_INLINE \
  inline __attribute__((always_inline, target("sha,sse4.1,ssse3")))

// A state in the order of words that the instructions want.
struct ShaState {
  __m128i abef;
  __m128i cdgh;
};

SLUICE_SHA_INLINE ShaState ToShaState(const HashState& state) {
  const __m128i abcd =
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data()));
  const __m128i efgh =
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(state.data() + 4));
  const __m128i cdab = _mm_shuffle_epi32(abcd, 0xB1);
  const __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1B);
  return {_mm_alignr_epi8(cdab, hgfe, 8), _mm_blend_epi16(hgfe, cdab, 0xF0)};
}

// The lanes' loops are unrolled by name: g++ would leave them loops, and keep
// the states in memory, where each round waits for the one before it to be
// stored.

// Four rounds of each lane, and the words that the four sixteen rounds later
// need.
template <size_t kGroup, size_t kLanes>
SLUICE_SHA_INLINE void RoundGroups(__m128i (&words)[kLanes][4],
                                   ShaState (&state)[kLanes]) {
  constexpr size_t kNow = kGroup % 4;
  const __m128i constants = _mm_load_si128(
      reinterpret_cast<const __m128i*>(kRoundConstants + 4 * kGroup));
#pragma GCC unroll 2
  for (size_t lane = 0; lane < kLanes; ++lane) {
    __m128i(&w)[4] = words[lane];
    const __m128i sum = _mm_add_epi32(w[kNow], constants);
    state[lane].cdgh =
        _mm_sha256rnds2_epu32(state[lane].cdgh, state[lane].abef, sum);
    state[lane].abef = _mm_sha256rnds2_epu32(state[lane].abef, state[lane].cdgh,
                                             _mm_shuffle_epi32(sum, 0x0E));
    if constexpr (kGroup < 12) {
      const __m128i seven_back =
          _mm_alignr_epi8(w[(kNow + 3) % 4], w[(kNow + 2) % 4], 4);
      w[kNow] = _mm_sha256msg2_epu32(
          _mm_add_epi32(_mm_sha256msg1_epu32(w[kNow], w[(kNow + 1) % 4]),
                        seven_back),
          w[(kNow + 3) % 4]);
    }
  }
  if constexpr (kGroup < 15) RoundGroups<kGroup + 1, kLanes>(words, state);
}

// The state after a block, as words in their usual order.
template <size_t kLanes>
SLUICE_SHA_INLINE void CompressLanes(const ShaState& start,
                                     __m128i (&words)[kLanes][4],
                                     __m128i (&abcd)[kLanes],
                                     __m128i (&efgh)[kLanes]) {
  ShaState state[kLanes];
#pragma GCC unroll 2
  for (ShaState& lane : state) lane = start;
  RoundGroups<0, kLanes>(words, state);
#pragma GCC unroll 2
  for (size_t lane = 0; lane < kLanes; ++lane) {
    const __m128i feba =
        _mm_shuffle_epi32(_mm_add_epi32(state[lane].abef, start.abef), 0x1B);
    const __m128i dchg =
        _mm_shuffle_epi32(_mm_add_epi32(state[lane].cdgh, start.cdgh), 0xB1);
    abcd[lane] = _mm_blend_epi16(feba, dchg, 0xF0);
    efgh[lane] = _mm_alignr_epi8(dchg, feba, 8);
  }
}

template <size_t kLanes>
SLUICE_SHA_INLINE void HmacLanes(const ShaState& inner, const ShaState& outer,
                                 const HashBlock* blocks, Digest* digests) {
  const __m128i swap = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
  __m128i words[kLanes][4];
  __m128i abcd[kLanes];
  __m128i efgh[kLanes];
#pragma GCC unroll 2
  for (size_t lane = 0; lane < kLanes; ++lane) {
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; ++i) {
      words[lane][i] = _mm_shuffle_epi8(
          _mm_loadu_si128(
              reinterpret_cast<const __m128i*>(blocks[lane].data() + 16 * i)),
          swap);
    }
  }
  CompressLanes<kLanes>(inner, words, abcd, efgh);
#pragma GCC unroll 2
  for (size_t lane = 0; lane < kLanes; ++lane) {
    words[lane][0] = abcd[lane];
    words[lane][1] = efgh[lane];
    words[lane][2] = _mm_set_epi32(0, 0, 0, static_cast<int>(kOneBit));
    words[lane][3] = _mm_set_epi32(kOuterBits, 0, 0, 0);
  }
  CompressLanes<kLanes>(outer, words, abcd, efgh);
#pragma GCC unroll 2
  for (size_t lane = 0; lane < kLanes; ++lane) {
    auto* const digest = reinterpret_cast<__m128i*>(digests[lane].data());
    _mm_storeu_si128(digest, _mm_shuffle_epi8(abcd[lane], swap));
    _mm_storeu_si128(digest + 1, _mm_shuffle_epi8(efgh[lane], swap));
  }
}

SLUICE_SHA void HmacPairs(const HashState& inner, const HashState& outer,
                          const HashBlock* blocks, size_t count,
                          Digest* digests) {
  const ShaState inner_state = ToShaState(inner);
  const ShaState outer_state = ToShaState(outer);
  size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    HmacLanes<2>(inner_state, outer_state, blocks + i, digests + i);
  }
  if (i < count) {
    HmacLanes<1>(inner_state, outer_state, blocks + i, digests + i);
  }
}

#undef SLUICE_SHA
#undef SLUICE_SHA_INLINE

#define SLUICE_WIDE __attribute__((target("avx512f,avx512bw")))
#define SLUICE_WIDE_INLINE \
  inline __attribute__((always_inline, target("avx512f,avx512bw")))

constexpr size_t kWideLanes = 16;
// One word of each of sixteen messages.
using WideWord = __m512i;

// Rows become columns: sixteen words of one message each become one word each
// of sixteen messages, and back.
SLUICE_WIDE_INLINE void Transpose(WideWord (&rows)[kWideLanes]) {
  WideWord pairs[kWideLanes];
  for (size_t i = 0; i < kWideLanes; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  WideWord fours[kWideLanes];
  for (size_t i = 0; i < kWideLanes; i += 4) {
    fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
  for (size_t k = 0; k < 4; ++k) {
    const WideWord even_low =
        _mm512_shuffle_i32x4(fours[k], fours[4 + k], 0x88);
    const WideWord even_high =
        _mm512_shuffle_i32x4(fours[8 + k], fours[12 + k], 0x88);
    const WideWord odd_low = _mm512_shuffle_i32x4(fours[k], fours[4 + k], 0xDD);
    const WideWord odd_high =
        _mm512_shuffle_i32x4(fours[8 + k], fours[12 + k], 0xDD);
    rows[k] = _mm512_shuffle_i32x4(even_low, even_high, 0x88);
    rows[4 + k] = _mm512_shuffle_i32x4(odd_low, odd_high, 0x88);
    rows[8 + k] = _mm512_shuffle_i32x4(even_low, even_high, 0xDD);
    rows[12 + k] = _mm512_shuffle_i32x4(odd_low, odd_high, 0xDD);
  }
}

template <int kFirst, int kSecond, int kThird>
SLUICE_WIDE_INLINE WideWord ThreeRotations(WideWord x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, kFirst),
                                   _mm512_ror_epi32(x, kSecond),
                                   _mm512_ror_epi32(x, kThird), 0x96);
}

template <int kFirst, int kSecond, int kShift>
SLUICE_WIDE_INLINE WideWord RotationsAndShift(WideWord x) {
  return _mm512_ternarylogic_epi32(_mm512_ror_epi32(x, kFirst),
                                   _mm512_ror_epi32(x, kSecond),
                                   _mm512_srli_epi32(x, kShift), 0x96);
}

// Round kIndex of sixteen, and those behind it. kExpands: the words are first
// made of those of the sixteen rounds before.
template <bool kExpands, size_t kIndex = 0>
SLUICE_WIDE_INLINE void SixteenRounds(const uint32_t* constants,
                                      WideWord (&w)[kWideLanes],
                                      WideWord (&v)[8]) {
  constexpr int kChoice = 0xCA;
  constexpr int kMajority = 0xE8;
  if constexpr (kExpands) {
    const WideWord near = RotationsAndShift<17, 19, 10>(w[(kIndex + 14) % 16]);
    const WideWord far = RotationsAndShift<7, 18, 3>(w[(kIndex + 1) % 16]);
    w[kIndex] = _mm512_add_epi32(_mm512_add_epi32(w[kIndex], far),
                                 _mm512_add_epi32(w[(kIndex + 9) % 16], near));
  }
  const WideWord constant =
      _mm512_set1_epi32(static_cast<int>(constants[kIndex]));
  const WideWord t1 = _mm512_add_epi32(
      _mm512_add_epi32(_mm512_add_epi32(v[7], ThreeRotations<6, 11, 25>(v[4])),
                       _mm512_ternarylogic_epi32(v[4], v[5], v[6], kChoice)),
      _mm512_add_epi32(w[kIndex], constant));
  const WideWord t2 =
      _mm512_add_epi32(ThreeRotations<2, 13, 22>(v[0]),
                       _mm512_ternarylogic_epi32(v[0], v[1], v[2], kMajority));
  v[7] = v[6];
  v[6] = v[5];
  v[5] = v[4];
  v[4] = _mm512_add_epi32(v[3], t1);
  v[3] = v[2];
  v[2] = v[1];
  v[1] = v[0];
  v[0] = _mm512_add_epi32(t1, t2);
  if constexpr (kIndex < 15)
    SixteenRounds<kExpands, kIndex + 1>(constants, w, v);
}

// The portable Compress, sixteen times.
SLUICE_WIDE_INLINE void CompressWide(const HashState& start,
                                     WideWord (&w)[kWideLanes],
                                     WideWord (&state)[8]) {
  for (size_t i = 0; i < 8; ++i) {
    state[i] = _mm512_set1_epi32(static_cast<int>(start[i]));
  }
  SixteenRounds<false>(kRoundConstants, w, state);
  for (size_t begin = 16; begin < 64; begin += 16) {
    SixteenRounds<true>(kRoundConstants + begin, w, state);
  }
  for (size_t i = 0; i < 8; ++i) {
    state[i] = _mm512_add_epi32(state[i],
                                _mm512_set1_epi32(static_cast<int>(start[i])));
  }
}

SLUICE_WIDE void HmacSixteen(const HashState& inner, const HashState& outer,
                             const HashBlock* blocks, Digest* digests) {
  const __m512i swap = _mm512_broadcast_i32x4(
      _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203));
  WideWord words[kWideLanes];
  for (size_t lane = 0; lane < kWideLanes; ++lane) {
    words[lane] =
        _mm512_shuffle_epi8(_mm512_loadu_si512(blocks[lane].data()), swap);
  }
  Transpose(words);
  WideWord state[8];
  CompressWide(inner, words, state);
  for (size_t i = 0; i < 8; ++i) {
    words[i] = state[i];
    words[8 + i] = _mm512_setzero_si512();
  }
  words[8] = _mm512_set1_epi32(static_cast<int>(kOneBit));
  words[15] = _mm512_set1_epi32(kOuterBits);
  CompressWide(outer, words, state);
  for (size_t i = 0; i < 8; ++i) {
    words[i] = state[i];
    words[8 + i] = _mm512_setzero_si512();
  }
  Transpose(words);
  for (size_t lane = 0; lane < kWideLanes; ++lane) {
    const __m512i digest = _mm512_shuffle_epi8(words[lane], swap);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(digests[lane].data()),
                        _mm512_castsi512_si256(digest));
  }
}

#undef SLUICE_WIDE
#undef SLUICE_WIDE_INLINE

// Sixteen at a time, and the rest in pairs.
void HmacWide(const HashState& inner, const HashState& outer,
              const HashBlock* blocks, size_t count, Digest* digests) {
  for (; count >= kWideLanes; count -= kWideLanes) {
    HmacSixteen(inner, outer, blocks, digests);
    blocks += kWideLanes;
    digests += kWideLanes;
  }
  const HmacBlocks pairs = HmacBlocksInPairs();
  (pairs != nullptr ? pairs : HmacBlocksPortable)(inner, outer, blocks, count,
                                                  digests);
}

#endif

}  // namespace

void HmacBlocksPortable(const HashState& inner, const HashState& outer,
                        const HashBlock* blocks, size_t count,
                        Digest* digests) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t words[16];
    for (size_t k = 0; k < 16; ++k) words[k] = LoadBig32(&blocks[i][4 * k]);
    HashState hashed = inner;
    Compress(words, &hashed);
    std::memset(words, 0, sizeof(words));
    std::memcpy(words, hashed.data(), kDigestBytes);
    words[8] = kOneBit;
    words[15] = kOuterBits;
    HashState state = outer;
    Compress(words, &state);
    for (size_t k = 0; k < state.size(); ++k) {
      StoreLittle(__builtin_bswap32(state[k]), &digests[i][4 * k]);
    }
  }
}

HmacBlocks HmacBlocksInPairs() {
#if defined(__x86_64__)
  // __builtin_cpu_supports has no name for the SHA instructions in g++ 12.
  static const bool has_sha = [] {
    uint32_t eax = 0;
    uint32_t ebx = 0;
    uint32_t ecx = 0;
    uint32_t edx = 0;
    return __builtin_cpu_supports("sse4.1") != 0 &&
           __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 &&
           (ebx & bit_SHA) != 0;
  }();
  if (has_sha) return HmacPairs;
#endif
  return nullptr;
}

HmacBlocks HmacBlocksSixteenWide() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0 &&
      __builtin_cpu_supports("avx512bw") != 0) {
    return HmacWide;
  }
#endif
  return nullptr;
}

HmacBlocks FastestHmacBlocks() {
  if (HmacBlocksSixteenWide() != nullptr) return HmacBlocksSixteenWide();
  if (HmacBlocksInPairs() != nullptr) return HmacBlocksInPairs();
  return HmacBlocksPortable;
}

}  // namespace sluice::crypto
