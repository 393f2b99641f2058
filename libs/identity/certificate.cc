#include "libs/identity/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/crypto/openssl_error.h"

namespace sluice::identity {
namespace {

template <typename T, auto kFree>
struct Deleter {
  void operator()(T* object) const { kFree(object); }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Deleter<T, kFree>>;

using X509Ptr = Owned<X509, X509_free>;
using KeyPtr = Owned<EVP_PKEY, EVP_PKEY_free>;
using BioPtr = Owned<BIO, BIO_free>;
using StorePtr = Owned<X509_STORE, X509_STORE_free>;
using StoreContextPtr = Owned<X509_STORE_CTX, X509_STORE_CTX_free>;

void FreeNames(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
void FreeStack(STACK_OF(X509) * stack) { sk_X509_free(stack); }

BioPtr BioOf(absl::string_view text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  crypto::CheckOpenssl(bio != nullptr, "BIO_new_mem_buf");
  return bio;
}

// An encrypted key must not make the process ask for a password.
int NoPassword(char* /*buffer*/, int /*size*/, int /*writing*/,
               void* /*data*/) {
  return -1;
}

std::vector<X509Ptr> ReadAll(absl::string_view pem) {
  const BioPtr bio = BioOf(pem);
  std::vector<X509Ptr> certificates;
  while (X509* x509 =
             PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)) {
    certificates.emplace_back(x509);
  }
  // The end of the file is an error in the queue, too.
  crypto::TakeOpensslError();
  return certificates;
}

absl::StatusOr<absl::Time> TimeOf(const ASN1_TIME* asn1) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(asn1, &parts) != 1) {
    crypto::TakeOpensslError();
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "the certificate has a date that cannot be read: have it "
                 "issued again");
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

// UNKNOWN_IDENTITY unless there is exactly one.
absl::StatusOr<std::string> UriSanOf(const X509* x509) {
  const Owned<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> uris;
  // Of no names there are -1.
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    uris.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                      ASN1_STRING_length(uri));
  }
  if (uris.size() != 1) {
    return Error(status::v1::REASON_CODE_UNKNOWN_IDENTITY,
                 absl::StrCat("the certificate has ", uris.size(),
                              " URIs among its subject alternative names: have "
                              "it issued with one, the SPIFFE id"));
  }
  return uris.front();
}

absl::StatusOr<Certificate> Describe(X509* x509) {
  Certificate certificate;
  unsigned char* der = nullptr;
  const int length = i2d_X509(x509, &der);
  crypto::CheckOpenssl(length > 0, "i2d_X509");
  certificate.fingerprint = crypto::Sha256(
      absl::string_view(reinterpret_cast<const char*>(der), length));
  OPENSSL_free(der);
  ASSIGN_OR_RETURN(certificate.not_before, TimeOf(X509_get0_notBefore(x509)));
  ASSIGN_OR_RETURN(certificate.not_after, TimeOf(X509_get0_notAfter(x509)));
  ASSIGN_OR_RETURN(const std::string uri, UriSanOf(x509));
  ASSIGN_OR_RETURN(certificate.identity, ParseSpiffeId(uri));
  return certificate;
}

absl::Status NoCertificate() {
  return Error(status::v1::REASON_CODE_MALFORMED,
               "holds no certificate in PEM: give the file that begins with "
               "-----BEGIN CERTIFICATE-----");
}

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status CheckKey(const CertificateFiles& files, const std::string& key_pem,
                      const X509* x509) {
  const BioPtr bio = BioOf(key_pem);
  const KeyPtr key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) {
    crypto::TakeOpensslError();
    return Error(
        status::v1::REASON_CODE_MALFORMED,
        absl::StrCat(files.key_file,
                     ": holds no private key in PEM without a password: "
                     "give the certificate's key"));
  }
  if (X509_check_private_key(x509, key.get()) != 1) {
    crypto::TakeOpensslError();
    return Error(
        status::v1::REASON_CODE_MALFORMED,
        absl::StrCat(files.key_file, ": is not the key of ", files.cert_file,
                     ": give the two files that were made together"));
  }
  return absl::OkStatus();
}

absl::Status CheckExpected(const Identity& identity,
                           const ExpectedIdentity& expected,
                           const std::string& cert_file) {
  const auto refuse = [&](absl::string_view what, absl::string_view wanted) {
    return Error(
        status::v1::REASON_CODE_UNKNOWN_IDENTITY,
        absl::StrCat(
            cert_file, ": is for ", FormatSpiffeId(identity), ", but the ",
            what, " here is ", wanted,
            ": give a certificate for it, or correct the configuration"));
  };
  if (!expected.trust_domain.empty() &&
      identity.trust_domain != expected.trust_domain) {
    return refuse("trust domain", expected.trust_domain);
  }
  if (!expected.department.empty() &&
      identity.department != expected.department) {
    return refuse("department", expected.department);
  }
  if (expected.role != registry::v1::ROLE_UNSPECIFIED &&
      identity.role != expected.role) {
    return refuse("role", RoleName(expected.role));
  }
  return absl::OkStatus();
}

absl::Status CheckIssuer(const CertificateFiles& files,
                         const std::vector<X509Ptr>& chain,
                         const std::vector<X509Ptr>& authorities,
                         absl::Time now) {
  const StorePtr store(X509_STORE_new());
  crypto::CheckOpenssl(store != nullptr, "X509_STORE_new");
  for (const X509Ptr& authority : authorities) {
    crypto::CheckOpenssl(X509_STORE_add_cert(store.get(), authority.get()) == 1,
                         "X509_STORE_add_cert");
  }
  const Owned<STACK_OF(X509), FreeStack> intermediates(sk_X509_new_null());
  crypto::CheckOpenssl(intermediates != nullptr, "sk_X509_new_null");
  for (size_t i = 1; i < chain.size(); ++i) {
    sk_X509_push(intermediates.get(), chain[i].get());
  }
  const StoreContextPtr context(X509_STORE_CTX_new());
  crypto::CheckOpenssl(
      context != nullptr &&
          X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(),
                              intermediates.get()) == 1,
      "X509_STORE_CTX_init");
  X509_STORE_CTX_set_time(context.get(), 0, absl::ToTimeT(now));
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  const int error = X509_STORE_CTX_get_error(context.get());
  crypto::TakeOpensslError();
  return Error(
      status::v1::REASON_CODE_UNKNOWN_IDENTITY,
      absl::StrCat(files.cert_file, ": was not issued by a CA in ",
                   files.ca_file, " that may do so (",
                   X509_verify_cert_error_string(error),
                   "): give the CA that issued it, with any intermediate "
                   "certificates behind the certificate"));
}

}  // namespace

absl::StatusOr<Certificate> ParseCertificate(absl::string_view pem) {
  const BioPtr bio = BioOf(pem);
  const X509Ptr x509(
      PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr));
  if (x509 == nullptr) {
    crypto::TakeOpensslError();
    return NoCertificate();
  }
  return Describe(x509.get());
}

absl::Status CheckValidity(const Certificate& certificate, absl::Time now) {
  if (now < certificate.not_before) {
    return Error(
        status::v1::REASON_CODE_CERTIFICATE_EXPIRED,
        absl::StrCat("is not valid before ", Day(certificate.not_before),
                     " and it is ", Day(now), ": check this machine's clock"));
  }
  // The last second counts in full.
  if (now >= certificate.not_after + absl::Seconds(1)) {
    return Error(status::v1::REASON_CODE_CERTIFICATE_EXPIRED,
                 absl::StrCat("expired at ", Day(certificate.not_after),
                              ": have a new certificate issued"));
  }
  return absl::OkStatus();
}

absl::StatusOr<CheckedCertificate> CheckCertificateFiles(
    const CertificateFiles& files, const ExpectedIdentity& expected,
    absl::Time now) {
  CheckedCertificate checked;
  ASSIGN_OR_RETURN(checked.cert_pem, ReadFile(files.cert_file));
  ASSIGN_OR_RETURN(checked.key_pem, ReadPrivateFile(files.key_file));
  ASSIGN_OR_RETURN(checked.ca_pem, ReadFile(files.ca_file));
  const std::vector<X509Ptr> chain = ReadAll(checked.cert_pem);
  if (chain.empty()) return Annotate(NoCertificate(), files.cert_file);
  const std::vector<X509Ptr> authorities = ReadAll(checked.ca_pem);
  if (authorities.empty()) return Annotate(NoCertificate(), files.ca_file);
  auto certificate = Describe(chain[0].get());
  if (!certificate.ok()) {
    return Annotate(certificate.status(), files.cert_file);
  }
  checked.certificate = *std::move(certificate);
  RETURN_IF_ERROR(CheckKey(files, checked.key_pem, chain[0].get()));
  RETURN_IF_ERROR(
      Annotate(CheckValidity(checked.certificate, now), files.cert_file));
  RETURN_IF_ERROR(
      CheckExpected(checked.certificate.identity, expected, files.cert_file));
  RETURN_IF_ERROR(CheckIssuer(files, chain, authorities, now));
  return checked;
}

}  // namespace sluice::identity
