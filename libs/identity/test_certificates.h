// Makes a CA and certificates in memory, for tests of whatever speaks TLS.
//
//   TestCa ca = TestCa::Create("county.example");
//   IssuedCertificate broker =
//       ca.Issue("spiffe://county.example/data-bureau/broker",
//                {.dns_names = {"localhost"}});
#ifndef SLUICE_LIBS_IDENTITY_TEST_CERTIFICATES_H_
#define SLUICE_LIBS_IDENTITY_TEST_CERTIFICATES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

typedef struct evp_pkey_st EVP_PKEY;
typedef struct x509_st X509;

namespace sluice::identity {

struct IssueOptions {
  // To the second.
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24);
  std::vector<std::string> dns_names;
  // "127.0.0.1", "::1".
  std::vector<std::string> ip_addresses;
  // URI SANs beside the first: for certificates that must be refused.
  std::vector<std::string> more_uris;
};

struct IssuedCertificate {
  std::string cert_pem;
  // PKCS #8, P-256.
  std::string key_pem;
};

// Immutable; copies share the key. Ends the process when OpenSSL fails.
class TestCa {
 public:
  static TestCa Create(absl::string_view trust_domain,
                       absl::Time not_after = absl::Now() + absl::Hours(48));

  // A certificate for client and server use. An empty `uri` leaves the first
  // URI SAN out. Names must not hold commas.
  IssuedCertificate Issue(absl::string_view uri,
                          const IssueOptions& options = {}) const;

  // A CA below this one; its own certificate, `cert_pem()`, belongs behind what
  // it issues.
  TestCa CreateIntermediate(absl::string_view trust_domain) const;

  const std::string& cert_pem() const { return cert_pem_; }

 private:
  TestCa(std::shared_ptr<EVP_PKEY> key, std::shared_ptr<X509> certificate);

  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::string cert_pem_;
};

}  // namespace sluice::identity

#endif  // SLUICE_LIBS_IDENTITY_TEST_CERTIFICATES_H_
