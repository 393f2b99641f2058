#include "libs/identity/certificate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/identity/test_certificates.h"

namespace sluice::identity {
namespace {

constexpr char kBroker[] = "spiffe://county.example/data-bureau/broker/b1";

const TestCa& Ca() {
  static const auto* const ca = new TestCa(TestCa::Create("county.example"));
  return *ca;
}

// Good files of a broker in a folder of their own, for a test to spoil.
struct Fixture {
  Fixture() {
    const char* root = std::getenv("TEST_TMPDIR");
    folder =
        std::string(root == nullptr ? "/tmp" : root) + "/certificate.XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    files = {folder + "/broker.pem", folder + "/broker.key",
             folder + "/ca.pem"};
    Use(Ca().Issue(kBroker));
    Write(files.ca_file, Ca().cert_pem(), 0644);
  }

  void Use(const IssuedCertificate& issued) const {
    Write(files.cert_file, issued.cert_pem, 0644);
    Write(files.key_file, issued.key_pem, 0600);
  }
  static void Write(const std::string& path, const std::string& content,
                    int mode) {
    REQUIRE(WriteFileAtomically(path, content, mode).ok());
  }
  absl::Status Check(absl::Time now = absl::Now()) const {
    return CheckCertificateFiles(files, expected, now).status();
  }
  std::string Message(absl::Time now = absl::Now()) const {
    return std::string(Check(now).message());
  }

  std::string folder;
  CertificateFiles files;
  ExpectedIdentity expected = {"county.example", "data-bureau",
                               registry::v1::ROLE_BROKER};
};

TEST_CASE("A certificate tells who it names and how long it holds") {
  IssueOptions options;
  options.not_before = absl::FromUnixSeconds(1'700'000'000);
  options.not_after = absl::FromUnixSeconds(1'800'000'000);
  options.dns_names = {"localhost"};
  options.ip_addresses = {"127.0.0.1", "::1"};
  const IssuedCertificate issued = Ca().Issue(kBroker, options);
  const Certificate certificate = ParseCertificate(issued.cert_pem).value();
  CHECK(FormatSpiffeId(certificate.identity) == kBroker);
  CHECK(certificate.not_before == options.not_before);
  CHECK(certificate.not_after == options.not_after);
}

TEST_CASE(
    "The fingerprint is SHA-256 of the DER bytes, as openssl x509 prints it") {
  // openssl x509 -fingerprint -sha256 of this certificate.
  constexpr char kPem[] =
      "-----BEGIN CERTIFICATE-----\n"
      "MIIBpjCCAUugAwIBAgIUFbNUuqKzv0Eliue9ghRxxcAfUZQwCgYIKoZIzj0EAwIw\n"
      "DDEKMAgGA1UEAwwBdDAgFw0yNjExMjEyMjU0NThaGA8yMTI2MTAyODIyNTQ1OFow\n"
      "DDEKMAgGA1UEAwwBdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGbHHh+cMmbM\n"
      "cTHzw40AafGBOPccfBZNDsgaIFoNiG7c9tv9ir7EJMI/axXXpSuF2JEvECxykUZJ\n"
      "Vng+WOjX/RKjgYgwgYUwHQYDVR0OBBYEFAFGHfLc2Nk9aE9RFcgscoZjiwWiMB8G\n"
      "A1UdIwQYMBaAFAFGHfLc2Nk9aE9RFcgscoZjiwWiMA8GA1UdEwEB/wQFMAMBAf8w\n"
      "MgYDVR0RBCswKYYnc3BpZmZlOi8vY291bnR5LmV4YW1wbGUvaGVhbHRoL2NvbnN1\n"
      "bWVyMAoGCCqGSM49BAMCA0kAMEYCIQDIIxk0ALUIGTGYH8DD/g4hxv3C8imxFmU6\n"
      "6AUgPVIa+AIhALzqnRh41Xm0PqRsCtdNzeuZ4ZCMrsAn4K/b4KG2MYvS\n"
      "-----END CERTIFICATE-----\n";
  const Certificate certificate = ParseCertificate(kPem).value();
  CHECK(HexEncode(crypto::DigestView(certificate.fingerprint)) ==
        "c01b4da1b7de828c1ccdfb38d85f0724d6240a0c8cea6553f660d9f856f59f40");
  CHECK(FormatSpiffeId(certificate.identity) ==
        "spiffe://county.example/health/consumer");
}

TEST_CASE("A certificate without exactly one URI is UNKNOWN_IDENTITY") {
  IssueOptions options;
  options.dns_names = {"localhost"};
  const auto none = ParseCertificate(Ca().Issue("", options).cert_pem);
  CHECK(ReasonOf(none.status()) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
  CHECK(
      none.status().message() ==
      "the certificate has 0 URIs among its subject alternative names: have it "
      "issued with one, the SPIFFE id");
  const auto without_names = ParseCertificate(Ca().Issue("").cert_pem);
  CHECK(ReasonOf(without_names.status()) ==
        status::v1::REASON_CODE_UNKNOWN_IDENTITY);
  options.more_uris = {"spiffe://county.example/health/consumer"};
  const auto two = ParseCertificate(Ca().Issue(kBroker, options).cert_pem);
  CHECK(ReasonOf(two.status()) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
  options.more_uris = {"https://county.example/"};
  const auto foreign = ParseCertificate(Ca().Issue(kBroker, options).cert_pem);
  CHECK(ReasonOf(foreign.status()) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
  const auto other =
      ParseCertificate(Ca().Issue("https://county.example/").cert_pem);
  CHECK(ReasonOf(other.status()) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
}

TEST_CASE("What is no certificate is MALFORMED") {
  const IssuedCertificate issued = Ca().Issue(kBroker);
  for (const std::string& bad :
       {std::string(), std::string("x"), issued.key_pem,
        issued.cert_pem.substr(0, issued.cert_pem.size() / 2)}) {
    CHECK(ReasonOf(ParseCertificate(bad).status()) ==
          status::v1::REASON_CODE_MALFORMED);
  }
}

TEST_CASE("A certificate holds from its first to its last second") {
  Certificate certificate;
  certificate.not_before = absl::FromUnixSeconds(1'700'000'000);
  certificate.not_after = absl::FromUnixSeconds(1'800'000'000);
  CHECK(CheckValidity(certificate, certificate.not_before).ok());
  CHECK(CheckValidity(certificate,
                      certificate.not_after + absl::Milliseconds(999))
            .ok());
  const absl::Status early =
      CheckValidity(certificate, certificate.not_before - absl::Nanoseconds(1));
  CHECK(ReasonOf(early) == status::v1::REASON_CODE_CERTIFICATE_EXPIRED);
  CHECK(early.message() ==
        "is not valid before 2023-11-14T22:13:20Z and it is "
        "2023-11-14T22:13:19Z: "
        "check this machine's clock");
  const absl::Status late =
      CheckValidity(certificate, certificate.not_after + absl::Seconds(1));
  CHECK(ReasonOf(late) == status::v1::REASON_CODE_CERTIFICATE_EXPIRED);
  CHECK(late.message() ==
        "expired at 2027-01-15T08:00:00Z: have a new certificate issued");
}

TEST_CASE("Good files pass and come back for the TLS library") {
  const Fixture fixture;
  const auto checked =
      CheckCertificateFiles(fixture.files, fixture.expected, absl::Now());
  REQUIRE(checked.ok());
  CHECK(checked->cert_pem == ReadFile(fixture.files.cert_file).value());
  CHECK(checked->key_pem == ReadFile(fixture.files.key_file).value());
  CHECK(checked->ca_pem == Ca().cert_pem());
  CHECK(checked->certificate.identity.instance == "b1");
  CHECK(CheckCertificateFiles(fixture.files, {}, absl::Now()).ok());
}

TEST_CASE("Each missing file is named") {
  for (const auto member :
       {&CertificateFiles::cert_file, &CertificateFiles::key_file,
        &CertificateFiles::ca_file}) {
    const Fixture fixture;
    const std::string path = fixture.files.*member;
    REQUIRE(::unlink(path.c_str()) == 0);
    CHECK(ReasonOf(fixture.Check()) == status::v1::REASON_CODE_NOT_FOUND);
    CHECK(fixture.Message() ==
          "cannot open " + path +
              ": No such file or directory: check the path");
  }
}

TEST_CASE("A key that others may read is refused with the remedy") {
  const Fixture fixture;
  REQUIRE(::chmod(fixture.files.key_file.c_str(), 0640) == 0);
  CHECK(fixture.Message() ==
        fixture.files.key_file +
            " holds a secret and has mode 0640: run `chmod 600 " +
            fixture.files.key_file + "`");
}

TEST_CASE("A key of another certificate is refused, naming both files") {
  const Fixture fixture;
  Fixture::Write(fixture.files.key_file, Ca().Issue(kBroker).key_pem, 0600);
  CHECK(fixture.Message() ==
        fixture.files.key_file + ": is not the key of " +
            fixture.files.cert_file +
            ": give the two files that were made together");
  Fixture::Write(fixture.files.key_file, "garbage", 0600);
  CHECK(fixture.Message() ==
        fixture.files.key_file +
            ": holds no private key in PEM without a password: "
            "give the certificate's key");
}

TEST_CASE("Files that hold no certificate are named") {
  const Fixture fixture;
  const std::string what =
      ": holds no certificate in PEM: give the file that begins with "
      "-----BEGIN "
      "CERTIFICATE-----";
  Fixture::Write(fixture.files.ca_file, "garbage", 0644);
  CHECK(fixture.Message() == fixture.files.ca_file + what);
  Fixture::Write(fixture.files.cert_file, "garbage", 0644);
  CHECK(fixture.Message() == fixture.files.cert_file + what);
}

TEST_CASE("A certificate past or before its time is refused with its dates") {
  const Fixture fixture;
  IssueOptions options;
  options.not_before = absl::FromUnixSeconds(1'700'000'000);
  options.not_after = absl::FromUnixSeconds(1'700'086'400);
  fixture.Use(Ca().Issue(kBroker, options));
  CHECK(fixture.Check(absl::FromUnixSeconds(1'700'000'100)).ok());
  CHECK(fixture.Message(absl::FromUnixSeconds(1'800'000'000)) ==
        fixture.files.cert_file +
            ": expired at 2023-11-15T22:13:20Z: have a new certificate issued");
  CHECK(ReasonOf(fixture.Check(absl::FromUnixSeconds(1'600'000'000))) ==
        status::v1::REASON_CODE_CERTIFICATE_EXPIRED);
}

TEST_CASE(
    "A certificate of another CA is refused, also of one with the same name") {
  const Fixture fixture;
  fixture.Use(TestCa::Create("county.example").Issue(kBroker));
  CHECK(ReasonOf(fixture.Check()) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
  CHECK(fixture.Message().rfind(fixture.files.cert_file +
                                    ": was not issued by a CA in " +
                                    fixture.files.ca_file + " that may do so (",
                                0) == 0);
}

TEST_CASE("A certificate that is no CA cannot issue") {
  const Fixture fixture;
  Fixture::Write(fixture.files.ca_file, Ca().Issue(kBroker).cert_pem, 0644);
  CHECK(ReasonOf(fixture.Check()) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
}

TEST_CASE("A CA past its time is refused") {
  const Fixture fixture;
  const TestCa old =
      TestCa::Create("county.example", absl::Now() - absl::Hours(1));
  fixture.Use(old.Issue(kBroker));
  Fixture::Write(fixture.files.ca_file, old.cert_pem(), 0644);
  CHECK(fixture.Message().find("(certificate has expired)") !=
        std::string::npos);
}

TEST_CASE(
    "An intermediate CA counts when its certificate stands behind the leaf") {
  const Fixture fixture;
  const TestCa intermediate = Ca().CreateIntermediate("county.example");
  IssuedCertificate issued = intermediate.Issue(kBroker);
  fixture.Use(issued);
  CHECK_FALSE(fixture.Check().ok());
  issued.cert_pem += intermediate.cert_pem();
  fixture.Use(issued);
  CHECK(fixture.Check().ok());
}

TEST_CASE("Several CAs may stand in one file") {
  const Fixture fixture;
  Fixture::Write(fixture.files.ca_file,
                 TestCa::Create("other.example").cert_pem() + Ca().cert_pem(),
                 0644);
  CHECK(fixture.Check().ok());
}

TEST_CASE(
    "A certificate for someone else is refused, telling who was expected") {
  Fixture fixture;
  fixture.expected.trust_domain = "city.example";
  CHECK(fixture.Message() == fixture.files.cert_file + ": is for " + kBroker +
                                 ", but the trust domain here is city.example: "
                                 "give a certificate for it, "
                                 "or correct the configuration");
  CHECK(ReasonOf(fixture.Check()) == status::v1::REASON_CODE_UNKNOWN_IDENTITY);
  fixture.expected = {"", "health", registry::v1::ROLE_UNSPECIFIED};
  CHECK(fixture.Message().find("but the department here is health") !=
        std::string::npos);
  fixture.expected = {"", "", registry::v1::ROLE_ADAPTER};
  CHECK(fixture.Message().find("but the role here is adapter") !=
        std::string::npos);
}

TEST_CASE("A certificate without a SPIFFE id is refused, naming its file") {
  const Fixture fixture;
  fixture.Use(Ca().Issue("spiffe://county.example/king"));
  CHECK(
      fixture.Message().rfind(fixture.files.cert_file +
                                  ": \"spiffe://county.example/king\" does not",
                              0) == 0);
}

}  // namespace
}  // namespace sluice::identity
