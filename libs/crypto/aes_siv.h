// Deterministic authenticated encryption: AES-SIV (RFC 5297). The same text
// under the same key and header gives the same bytes, and changed bytes do not
// open. OpenSSL's takes an EVP context that allocates for each text; this one
// does not.
#ifndef SLUICE_LIBS_CRYPTO_AES_SIV_H_
#define SLUICE_LIBS_CRYPTO_AES_SIV_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "absl/strings/string_view.h"
#include "libs/crypto/block_cipher.h"

namespace sluice::crypto {

// What a sealed text is longer than the text.
inline constexpr size_t kSivBytes = kCipherBlockBytes;

// Immutable and thread-safe.
class AesSiv {
 public:
  // `key` has 32, 48 or 64 bytes (asserted): half for the digest, half for the
  // cipher.
  explicit AesSiv(absl::string_view key);

  // What is authenticated beside the text and not part of the output, digested
  // once for many texts. At most 126 parts.
  CipherBlock HeaderOf(std::initializer_list<absl::string_view> parts) const;

  // Writes kSivBytes + text.size() bytes to `out`.
  void Seal(const CipherBlock& header, absl::string_view text, char* out) const;

  // The inverse: writes sealed.size() - kSivBytes bytes to `out`; false if
  // `sealed` was not made under this key and header, and then `out` is zeroed.
  bool Open(const CipherBlock& header, absl::string_view sealed,
            char* out) const;

 private:
  CipherBlock Cmac(absl::string_view text) const;
  CipherBlock SyntheticIv(const CipherBlock& header,
                          absl::string_view text) const;
  void ApplyKeystream(const CipherBlock& iv, absl::string_view text,
                      char* out) const;

  const std::unique_ptr<const BlockCipher> digest_cipher_;
  const std::unique_ptr<const BlockCipher> text_cipher_;
  // CMAC's subkeys for a last block that is full, and one that is padded.
  CipherBlock full_subkey_;
  CipherBlock padded_subkey_;
};

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_AES_SIV_H_
