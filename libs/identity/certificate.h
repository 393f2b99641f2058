// X.509 certificates as far as Sluice looks into them: who they name and how
// long they hold. The TLS library checks the chain at the handshake; what it
// cannot do, ask again for each batch whether a certificate still holds, is
// done with these.
#ifndef SLUICE_LIBS_IDENTITY_CERTIFICATE_H_
#define SLUICE_LIBS_IDENTITY_CERTIFICATE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/crypto/sha256.h"
#include "libs/identity/spiffe_id.h"

namespace sluice::identity {

struct Certificate {
  // SHA-256 of the DER bytes.
  crypto::Digest fingerprint{};
  absl::Time not_before;
  // The last second in which it holds.
  absl::Time not_after;
  // From the one URI SAN.
  Identity identity;
};

// The first certificate in `pem`, as gRPC's auth context gives it in
// `x509_pem_cert`. MALFORMED if there is none; UNKNOWN_IDENTITY unless it has
// exactly one URI SAN and that is a SPIFFE id of ours. Its dates and issuer are
// not checked.
absl::StatusOr<Certificate> ParseCertificate(absl::string_view pem);

// CERTIFICATE_EXPIRED unless `now` is within its dates; says which date it
// missed.
absl::Status CheckValidity(const Certificate& certificate, absl::Time now);

struct CertificateFiles {
  // PEM: the certificate, then any intermediate ones.
  std::string cert_file;
  // PEM without a password, mode 0600 or stricter.
  std::string key_file;
  // PEM: the CAs of the trust domain.
  std::string ca_file;
};

// Who the certificate must name; empty and UNSPECIFIED mean any.
struct ExpectedIdentity {
  std::string trust_domain;
  std::string department;
  Role role = registry::v1::ROLE_UNSPECIFIED;
};

// What CheckCertificateFiles found good, for the TLS library to take.
struct CheckedCertificate {
  Certificate certificate;
  std::string cert_pem;
  std::string key_pem;
  std::string ca_pem;
};

// Checks at start-up what would otherwise come out as a failed handshake: every
// file is there and readable, the key is private and belongs to the
// certificate, the certificate holds at `now`, names who is expected, and was
// issued by one of the CAs. The error is about the first thing wrong and names
// the file at fault.
absl::StatusOr<CheckedCertificate> CheckCertificateFiles(
    const CertificateFiles& files, const ExpectedIdentity& expected,
    absl::Time now);

}  // namespace sluice::identity

#endif  // SLUICE_LIBS_IDENTITY_CERTIFICATE_H_
