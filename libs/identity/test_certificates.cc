#include "libs/identity/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/crypto/openssl_error.h"

namespace sluice::identity {
namespace {

using crypto::CheckOpenssl;

std::shared_ptr<EVP_PKEY> NewKey() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  CheckOpenssl(key != nullptr, "EVP_EC_gen");
  return {key, EVP_PKEY_free};
}

template <typename Write>
std::string ToPem(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()),
                                                      BIO_free);
  CheckOpenssl(bio != nullptr && write(bio.get()) == 1, "PEM_write_bio");
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, length);
}

std::string CertificatePem(X509* x509) {
  return ToPem([x509](BIO* bio) { return PEM_write_bio_X509(bio, x509); });
}

void AddExtension(X509* x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  CheckOpenssl(extension != nullptr && X509_add_ext(x509, extension, -1) == 1,
               value.c_str());
  X509_EXTENSION_free(extension);
}

void SetName(X509* x509, absl::string_view name) {
  CheckOpenssl(X509_NAME_add_entry_by_txt(
                   X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                   reinterpret_cast<const unsigned char*>(name.data()),
                   static_cast<int>(name.size()), -1, 0) == 1,
               "X509_NAME_add_entry_by_txt");
}

// All but issuer, extensions and signature.
std::shared_ptr<X509> NewCertificate(absl::string_view name, EVP_PKEY* key,
                                     absl::Time not_before,
                                     absl::Time not_after) {
  const std::shared_ptr<X509> x509(X509_new(), X509_free);
  CheckOpenssl(x509 != nullptr, "X509_new");
  X509_set_version(x509.get(), 2);
  const std::unique_ptr<BIGNUM, decltype(&BN_free)> serial(BN_new(), BN_free);
  CheckOpenssl(BN_rand(serial.get(), 120, 0, 0) == 1 &&
                   BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(
                                                        x509.get())) != nullptr,
               "BN_rand");
  ASN1_TIME_set(X509_getm_notBefore(x509.get()), absl::ToTimeT(not_before));
  ASN1_TIME_set(X509_getm_notAfter(x509.get()), absl::ToTimeT(not_after));
  X509_set_pubkey(x509.get(), key);
  SetName(x509.get(), name);
  return x509;
}

void Sign(X509* x509, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(x509, X509_get_subject_name(issuer));
  AddExtension(x509, issuer, NID_subject_key_identifier, "hash");
  AddExtension(x509, issuer, NID_authority_key_identifier, "keyid:always");
  CheckOpenssl(X509_sign(x509, issuer_key, EVP_sha256()) > 0, "X509_sign");
}

void AddCaExtensions(X509* x509, X509* issuer) {
  AddExtension(x509, issuer, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(x509, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
}

std::string SubjectAlternativeNames(absl::string_view uri,
                                    const IssueOptions& options) {
  std::vector<std::string> names;
  if (!uri.empty()) names.push_back(absl::StrCat("URI:", uri));
  for (const auto& more : options.more_uris) {
    names.push_back(absl::StrCat("URI:", more));
  }
  for (const auto& dns : options.dns_names) {
    names.push_back(absl::StrCat("DNS:", dns));
  }
  for (const auto& ip : options.ip_addresses) {
    names.push_back(absl::StrCat("IP:", ip));
  }
  return absl::StrJoin(names, ",");
}

}  // namespace

TestCa::TestCa(std::shared_ptr<EVP_PKEY> key, std::shared_ptr<X509> certificate)
    : key_(std::move(key)),
      certificate_(std::move(certificate)),
      cert_pem_(CertificatePem(certificate_.get())) {}

TestCa TestCa::Create(absl::string_view trust_domain, absl::Time not_after) {
  std::shared_ptr<EVP_PKEY> key = NewKey();
  std::shared_ptr<X509> x509 =
      NewCertificate(absl::StrCat(trust_domain, " test CA"), key.get(),
                     absl::UnixEpoch() + absl::Hours(24), not_after);
  AddCaExtensions(x509.get(), x509.get());
  Sign(x509.get(), x509.get(), key.get());
  return TestCa(std::move(key), std::move(x509));
}

TestCa TestCa::CreateIntermediate(absl::string_view trust_domain) const {
  std::shared_ptr<EVP_PKEY> key = NewKey();
  std::shared_ptr<X509> x509 = NewCertificate(
      absl::StrCat(trust_domain, " intermediate CA"), key.get(),
      absl::Now() - absl::Hours(1), absl::Now() + absl::Hours(48));
  AddCaExtensions(x509.get(), certificate_.get());
  Sign(x509.get(), certificate_.get(), key_.get());
  return TestCa(std::move(key), std::move(x509));
}

IssuedCertificate TestCa::Issue(absl::string_view uri,
                                const IssueOptions& options) const {
  const std::shared_ptr<EVP_PKEY> key = NewKey();
  const std::shared_ptr<X509> x509 =
      NewCertificate("test", key.get(), options.not_before, options.not_after);
  AddExtension(x509.get(), certificate_.get(), NID_basic_constraints,
               "critical,CA:FALSE");
  AddExtension(x509.get(), certificate_.get(), NID_key_usage,
               "critical,digitalSignature");
  AddExtension(x509.get(), certificate_.get(), NID_ext_key_usage,
               "clientAuth,serverAuth");
  const std::string names = SubjectAlternativeNames(uri, options);
  if (!names.empty()) {
    AddExtension(x509.get(), certificate_.get(), NID_subject_alt_name, names);
  }
  Sign(x509.get(), certificate_.get(), key_.get());
  return {CertificatePem(x509.get()), ToPem([&key](BIO* bio) {
            return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr,
                                                 nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace sluice::identity
