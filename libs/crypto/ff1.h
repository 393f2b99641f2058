// Format-preserving encryption: FF1 of NIST SP 800-38G, over numerals of any
// radix.
#ifndef SLUICE_LIBS_CRYPTO_FF1_H_
#define SLUICE_LIBS_CRYPTO_FF1_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "libs/crypto/block_cipher.h"

namespace sluice::crypto {

// Bounds of this implementation; the standard's are higher.
inline constexpr size_t kFf1NumeralsMax = 256;
inline constexpr size_t kFf1TweakBytesMax = 64;
// The smallest domain that SP 800-38G allows: radix to the power of the
// length.
inline constexpr uint64_t kFf1DomainMin = 1'000'000;

// All that depends on the length of a text and of its tweak alone, so that it
// is made once for many texts. The letters are the standard's.
struct Ff1Shape {
  size_t length = 0;
  size_t tweak_bytes = 0;
  // Numerals in the left and the right half.
  size_t u = 0;
  size_t v = 0;
  // Bytes of a half, and of what is added to one.
  size_t b = 0;
  size_t d = 0;
  // The cipher's state behind the first block, P.
  CipherBlock after_p = {};
  // Whether a half fits in 63 bits and tweak and half in one block, as
  // EncryptMany needs; only then are the moduli set, radix^u and radix^v.
  bool is_short = false;
  uint64_t left_modulus = 0;
  uint64_t right_modulus = 0;
};

// Immutable and thread-safe; allocates nothing but when it is made.
class Ff1 {
 public:
  // `radix` is 2 to 65,536.
  Ff1(std::unique_ptr<const BlockCipher> cipher, uint32_t radix);

  uint32_t radix() const { return radix_; }

  // `length` is 2 to kFf1NumeralsMax, `tweak_bytes` at most kFf1TweakBytesMax.
  Ff1Shape ShapeOf(size_t length, size_t tweak_bytes) const;

  // Whether texts of `length` numerals have a domain of kFf1DomainMin or more.
  bool IsLongEnough(size_t length) const;

  // Encrypts shape.length numerals, each below the radix, in place. `tweak` is
  // of shape.tweak_bytes. Takes every shape, at the pace of long division.
  void Encrypt(const Ff1Shape& shape, absl::string_view tweak,
               uint16_t* numerals) const;

  // A text as the numbers that its halves spell, most significant numeral
  // first.
  struct Value {
    const Ff1Shape* shape;
    absl::string_view tweak;
    uint64_t left;
    uint64_t right;
  };

  // Encrypts each value in place, several side by side. Every shape is short.
  void EncryptMany(Value* values, size_t count) const;

 private:
  void EncryptLanes(Value* values, size_t count) const;

  const std::unique_ptr<const BlockCipher> cipher_;
  const uint32_t radix_;
};

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_FF1_H_
