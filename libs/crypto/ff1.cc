#include "libs/crypto/ff1.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

#include "libs/base/endian.h"

namespace sluice::crypto {
namespace {

constexpr size_t kRounds = 10;
constexpr size_t kLanesMax = 8;
constexpr size_t kHalfMax = (kFf1NumeralsMax + 1) / 2;
// A numeral has 16 bits at most.
constexpr size_t kHalfBytesMax = kHalfMax * 2;
constexpr size_t kSumBytesMax = kHalfBytesMax + 2 * 4;
constexpr size_t kMessageBytesMax =
    kFf1TweakBytesMax + kHalfBytesMax + 2 * kCipherBlockBytes;
constexpr uint64_t kShortModulusMax = uint64_t{1} << 63;

// The number that numerals spell, big-endian, in all `size` bytes of `bytes`.
void ToBytes(const uint16_t* numerals, size_t count, uint32_t radix,
             uint8_t* bytes, size_t size) {
  std::memset(bytes, 0, size);
  for (size_t i = 0; i < count; ++i) {
    uint64_t carry = numerals[i];
    for (size_t k = size; k-- > 0;) {
      carry += uint64_t{bytes[k]} * radix;
      bytes[k] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
  }
}

// Adds the big-endian number in `bytes` to what numerals spell, modulo
// radix^count. `bytes` is used up.
void AddModulo(uint8_t* bytes, size_t size, uint32_t radix, uint16_t* numerals,
               size_t count) {
  uint32_t carry = 0;
  for (size_t i = count; i-- > 0;) {
    uint64_t rest = 0;
    for (size_t k = 0; k < size; ++k) {
      rest = rest << 8 | bytes[k];
      bytes[k] = static_cast<uint8_t>(rest / radix);
      rest %= radix;
    }
    const uint32_t sum = numerals[i] + static_cast<uint32_t>(rest) + carry;
    carry = sum >= radix ? 1 : 0;
    numerals[i] = static_cast<uint16_t>(carry != 0 ? sum - radix : sum);
  }
}

// Bytes that any number of `count` numerals fits in.
size_t BytesOf(size_t count, uint32_t radix) {
  std::array<uint16_t, kHalfMax> highest;
  highest.fill(static_cast<uint16_t>(radix - 1));
  std::array<uint8_t, kHalfBytesMax> bytes;
  ToBytes(highest.data(), count, radix, bytes.data(), bytes.size());
  const auto* const first = std::find_if(
      bytes.begin(), bytes.end(), [](uint8_t byte) { return byte != 0; });
  return static_cast<size_t>(bytes.end() - first);
}

// radix^count; 0 if that is above kShortModulusMax.
uint64_t ShortPower(uint32_t radix, size_t count) {
  uint64_t power = 1;
  for (size_t i = 0; i < count; ++i) {
    if (power > kShortModulusMax / radix) return 0;
    power *= radix;
  }
  return power;
}

void Xor(const uint8_t* bytes, CipherBlock* block) {
  for (size_t i = 0; i < block->size(); ++i) (*block)[i] ^= bytes[i];
}

}  // namespace

Ff1::Ff1(std::unique_ptr<const BlockCipher> cipher, uint32_t radix)
    : cipher_(std::move(cipher)), radix_(radix) {
  assert(radix >= 2 && radix <= 65'536);
}

Ff1Shape Ff1::ShapeOf(size_t length, size_t tweak_bytes) const {
  assert(length >= 2 && length <= kFf1NumeralsMax);
  assert(tweak_bytes <= kFf1TweakBytesMax);
  Ff1Shape shape;
  shape.length = length;
  shape.tweak_bytes = tweak_bytes;
  shape.u = length / 2;
  shape.v = length - shape.u;
  shape.b = BytesOf(shape.v, radix_);
  shape.d = 4 * ((shape.b + 3) / 4) + 4;
  CipherBlock& p = shape.after_p;
  p = {1,
       2,
       1,
       static_cast<uint8_t>(radix_ >> 16),
       static_cast<uint8_t>(radix_ >> 8),
       static_cast<uint8_t>(radix_),
       kRounds,
       static_cast<uint8_t>(shape.u)};
  StoreLittle(__builtin_bswap32(static_cast<uint32_t>(length)), &p[8]);
  StoreLittle(__builtin_bswap32(static_cast<uint32_t>(tweak_bytes)), &p[12]);
  cipher_->Encrypt(&p, 1);
  shape.left_modulus = ShortPower(radix_, shape.u);
  shape.right_modulus = ShortPower(radix_, shape.v);
  shape.is_short = shape.right_modulus != 0 &&
                   tweak_bytes + 1 + shape.b <= kCipherBlockBytes;
  return shape;
}

bool Ff1::IsLongEnough(size_t length) const {
  uint64_t domain = 1;
  for (size_t i = 0; i < length && domain < kFf1DomainMin; ++i) {
    domain *= radix_;
  }
  return domain >= kFf1DomainMin;
}

void Ff1::Encrypt(const Ff1Shape& shape, absl::string_view tweak,
                  uint16_t* numerals) const {
  assert(tweak.size() == shape.tweak_bytes);
  // Q, whose end alone changes from round to round.
  uint8_t message[kMessageBytesMax] = {};
  const size_t used = shape.tweak_bytes + 1 + shape.b;
  const size_t size =
      (used + kCipherBlockBytes - 1) / kCipherBlockBytes * kCipherBlockBytes;
  if (!tweak.empty()) std::memcpy(message, tweak.data(), tweak.size());
  for (size_t round = 0; round < kRounds; ++round) {
    const bool even = round % 2 == 0;
    uint16_t* const changed = even ? numerals : numerals + shape.u;
    const size_t changed_count = even ? shape.u : shape.v;
    const uint16_t* const other = even ? numerals + shape.u : numerals;
    const size_t other_count = even ? shape.v : shape.u;
    message[size - shape.b - 1] = static_cast<uint8_t>(round);
    ToBytes(other, other_count, radix_, message + size - shape.b, shape.b);
    CipherBlock r = shape.after_p;
    for (size_t at = 0; at < size; at += kCipherBlockBytes) {
      Xor(message + at, &r);
      cipher_->Encrypt(&r, 1);
    }
    // S: R, and behind it R with a counter, encrypted.
    uint8_t sum[kSumBytesMax + kCipherBlockBytes];
    std::memcpy(sum, r.data(), r.size());
    for (size_t j = 1; j * kCipherBlockBytes < shape.d; ++j) {
      CipherBlock block = r;
      block[14] ^= static_cast<uint8_t>(j >> 8);
      block[15] ^= static_cast<uint8_t>(j);
      cipher_->Encrypt(&block, 1);
      std::memcpy(sum + j * kCipherBlockBytes, block.data(), block.size());
    }
    AddModulo(sum, shape.d, radix_, changed, changed_count);
  }
}

void Ff1::EncryptMany(Value* values, size_t count) const {
  for (size_t at = 0; at < count; at += kLanesMax) {
    EncryptLanes(values + at, std::min(kLanesMax, count - at));
  }
}

void Ff1::EncryptLanes(Value* values, size_t count) const {
  // P and the tweak, which stay over all rounds.
  std::array<CipherBlock, kLanesMax> start;
  for (size_t i = 0; i < count; ++i) {
    const Ff1Shape& shape = *values[i].shape;
    assert(shape.is_short && values[i].tweak.size() == shape.tweak_bytes);
    start[i] = shape.after_p;
    for (size_t k = 0; k < shape.tweak_bytes; ++k) {
      start[i][k] ^= static_cast<uint8_t>(values[i].tweak[k]);
    }
  }
  std::array<CipherBlock, kLanesMax> blocks;
  for (size_t round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < count; ++i) {
      const uint64_t end = LoadBig64(&start[i][8]) ^ values[i].right;
      blocks[i] = start[i];
      StoreLittle(__builtin_bswap64(end), &blocks[i][8]);
      blocks[i][kCipherBlockBytes - 1 - values[i].shape->b] ^=
          static_cast<uint8_t>(round);
    }
    cipher_->Encrypt(blocks.data(), count);
    for (size_t i = 0; i < count; ++i) {
      const Ff1Shape& shape = *values[i].shape;
      const uint64_t modulus =
          round % 2 == 0 ? shape.left_modulus : shape.right_modulus;
      uint64_t rest = LoadBig64(blocks[i].data()) % modulus;
      if (shape.d == 12) {
        const auto wide = static_cast<unsigned __int128>(rest) << 32 |
                          LoadBig32(&blocks[i][8]);
        rest = static_cast<uint64_t>(wide % modulus);
      }
      uint64_t sum = values[i].left + rest;
      if (sum >= modulus) sum -= modulus;
      values[i].left = values[i].right;
      values[i].right = sum;
    }
  }
}

}  // namespace sluice::crypto
