// AES and SM4 on single blocks: what format-preserving encryption and AES-SIV
// are built of. Not for use on data as it is.
#ifndef SLUICE_LIBS_CRYPTO_BLOCK_CIPHER_H_
#define SLUICE_LIBS_CRYPTO_BLOCK_CIPHER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"

namespace sluice::crypto {

inline constexpr size_t kCipherBlockBytes = 16;
using CipherBlock = std::array<uint8_t, kCipherBlockBytes>;

// One key of one cipher. Immutable and thread-safe; allocates nothing but when
// it is made.
class BlockCipher {
 public:
  virtual ~BlockCipher() = default;

  // Encrypts each block by itself, in place. Several in one call cost less than
  // one call each.
  virtual void Encrypt(CipherBlock* blocks, size_t count) const = 0;
};

// AES, on the CPU's AES instructions where it has them and else on OpenSSL.
// `key` has 16, 24 or 32 bytes (asserted).
std::unique_ptr<const BlockCipher> NewAes(absl::string_view key);

// AES on OpenSSL whatever the CPU has: the same ciphertexts, more slowly.
std::unique_ptr<const BlockCipher> NewPortableAes(absl::string_view key);

// SM4 (GB/T 32907). `key` has 16 bytes (asserted).
std::unique_ptr<const BlockCipher> NewSm4(absl::string_view key);

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_BLOCK_CIPHER_H_
