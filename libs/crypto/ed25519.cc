#include "libs/crypto/ed25519.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/crypto/openssl_error.h"
#include "libs/crypto/sha256.h"

namespace sluice::crypto {
namespace {

const unsigned char* Bytes(absl::string_view view) {
  return reinterpret_cast<const unsigned char*>(view.data());
}

// The points of small order, without their sign bit, and the encodings of y = 0
// and y = 1 that are not reduced. Under such a "public key" signatures can be
// made that verify for many messages, by anyone, so it identifies no one.
constexpr const char* kSmallOrderHex[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

bool HasSmallOrder(absl::string_view public_key) {
  std::string without_sign(public_key);
  without_sign.back() = static_cast<char>(without_sign.back() & 0x7F);
  const std::string hex = HexEncode(without_sign);
  return std::any_of(std::begin(kSmallOrderHex), std::end(kSmallOrderHex),
                     [&hex](const char* weak) { return hex == weak; });
}

std::shared_ptr<EVP_PKEY> Own(EVP_PKEY* key) {
  return std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

using ContextPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

ContextPtr NewContext() {
  ContextPtr context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  CheckOpenssl(context != nullptr, "EVP_MD_CTX_new");
  return context;
}

absl::StatusOr<PublicKey> PublicPart(EVP_PKEY* key) {
  std::string bytes(kPublicKeyBytes, '\0');
  size_t length = bytes.size();
  CheckOpenssl(
      EVP_PKEY_get_raw_public_key(
          key, reinterpret_cast<unsigned char*>(bytes.data()), &length) == 1,
      "EVP_PKEY_get_raw_public_key");
  return PublicKey::FromBytes(bytes);
}

}  // namespace

std::string KeyIdOf(absl::string_view public_key) {
  return HexEncode(DigestView(Sha256(public_key)).substr(0, 8));
}

PublicKey::PublicKey(std::string bytes, std::shared_ptr<EVP_PKEY> key)
    : bytes_(std::move(bytes)), id_(KeyIdOf(bytes_)), key_(std::move(key)) {}

absl::StatusOr<PublicKey> PublicKey::FromBytes(absl::string_view bytes) {
  EVP_PKEY* key = bytes.size() == kPublicKeyBytes
                      ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                    Bytes(bytes), bytes.size())
                      : nullptr;
  if (key == nullptr) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat("an Ed25519 public key has ", kPublicKeyBytes,
                              " bytes, this has ", bytes.size(),
                              ": send the raw key, not PEM"));
  }
  std::shared_ptr<EVP_PKEY> owned = Own(key);
  if (HasSmallOrder(bytes)) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "this Ed25519 public key is a point of small order, which no "
                 "key pair has: send the public key of a real one");
  }
  return PublicKey(std::string(bytes), std::move(owned));
}

bool PublicKey::Verify(absl::string_view domain, absl::string_view message,
                       absl::string_view signature) const {
  if (signature.size() != kSignatureBytes) return false;
  const std::string signed_bytes = absl::StrCat(domain, message);
  const ContextPtr context = NewContext();
  const bool valid =
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr,
                           key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                       Bytes(signed_bytes), signed_bytes.size()) == 1;
  if (!valid) TakeOpensslError();
  return valid;
}

SigningKey::SigningKey(std::shared_ptr<EVP_PKEY> key, PublicKey public_key)
    : key_(std::move(key)), public_key_(std::move(public_key)) {}

SigningKey SigningKey::Generate() {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  CheckOpenssl(key != nullptr, "EVP_PKEY_Q_keygen");
  return SigningKey(Own(key), PublicPart(key).value());
}

absl::StatusOr<SigningKey> SigningKey::FromPem(absl::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  CheckOpenssl(bio != nullptr, "BIO_new_mem_buf");
  // An encrypted key must not make the process ask for a password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  const std::shared_ptr<EVP_PKEY> key =
      Own(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (key == nullptr || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519) {
    TakeOpensslError();
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "not an Ed25519 private key in PEM without a password: make "
                 "one with `sluicectl key create`");
  }
  ASSIGN_OR_RETURN(PublicKey public_key, PublicPart(key.get()));
  return SigningKey(key, std::move(public_key));
}

absl::StatusOr<SigningKey> SigningKey::Load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, ReadPrivateFile(path));
  auto key = FromPem(pem);
  if (!key.ok()) return Annotate(key.status(), path);
  return key;
}

std::string SigningKey::ToPem() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      BIO_free);
  CheckOpenssl(bio != nullptr, "BIO_new");
  CheckOpenssl(PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr,
                                             nullptr, 0, nullptr, nullptr) == 1,
               "PEM_write_bio_PKCS8PrivateKey");
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, length);
}

std::string SigningKey::Sign(absl::string_view domain,
                             absl::string_view message) const {
  const std::string signed_bytes = absl::StrCat(domain, message);
  const ContextPtr context = NewContext();
  std::string signature(kSignatureBytes, '\0');
  size_t length = signature.size();
  CheckOpenssl(
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr,
                         key_.get()) == 1 &&
          EVP_DigestSign(
              context.get(), reinterpret_cast<unsigned char*>(signature.data()),
              &length, Bytes(signed_bytes), signed_bytes.size()) == 1,
      "EVP_DigestSign");
  return signature;
}

}  // namespace sluice::crypto
