// Ed25519 signatures (RFC 8032), on OpenSSL. Every signature covers a domain
// separator and then the message, so that one made for one purpose means
// nothing for another.
#ifndef SLUICE_LIBS_CRYPTO_ED25519_H_
#define SLUICE_LIBS_CRYPTO_ED25519_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace sluice::crypto {

inline constexpr size_t kPublicKeyBytes = 32;
inline constexpr size_t kSignatureBytes = 64;

// What a signature is for. The bytes are in docs/formats/signatures.md.
inline constexpr char kEnvelopeDomain[] = "sluice/envelope/v1\n";
inline constexpr char kCommandDomain[] = "sluice/command/v1\n";
inline constexpr char kRotationDomain[] = "sluice/rotation/v1\n";
inline constexpr char kNoticeDomain[] = "sluice/notice/v1\n";
// A signed note is signed as C2SP says: without a prefix.
inline constexpr char kNoteDomain[] = "";

// First 16 hex characters of SHA-256 of the public key.
std::string KeyIdOf(absl::string_view public_key);

// Immutable and thread-safe; copies share the key.
class PublicKey {
 public:
  // MALFORMED unless `bytes` are 32 bytes; also for a point of small order,
  // under which anyone could sign.
  static absl::StatusOr<PublicKey> FromBytes(absl::string_view bytes);

  bool Verify(absl::string_view domain, absl::string_view message,
              absl::string_view signature) const;

  const std::string& bytes() const { return bytes_; }
  const std::string& id() const { return id_; }

 private:
  PublicKey(std::string bytes, std::shared_ptr<EVP_PKEY> key);

  std::string bytes_;
  std::string id_;
  std::shared_ptr<EVP_PKEY> key_;
};

// Immutable and thread-safe.
class SigningKey {
 public:
  static SigningKey Generate();

  // PKCS #8 PEM without a password, as `openssl genpkey -algorithm ed25519`
  // writes. MALFORMED otherwise.
  static absl::StatusOr<SigningKey> FromPem(absl::string_view pem);

  // Reads a PEM file of mode 0600 or stricter.
  static absl::StatusOr<SigningKey> Load(const std::string& path);

  std::string ToPem() const;

  // kSignatureBytes bytes.
  std::string Sign(absl::string_view domain, absl::string_view message) const;

  const PublicKey& public_key() const { return public_key_; }
  const std::string& id() const { return public_key_.id(); }

 private:
  SigningKey(std::shared_ptr<EVP_PKEY> key, PublicKey public_key);

  std::shared_ptr<EVP_PKEY> key_;
  PublicKey public_key_;
};

}  // namespace sluice::crypto

#endif  // SLUICE_LIBS_CRYPTO_ED25519_H_
