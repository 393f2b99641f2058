// What a person gets wrong, and the one clear error that must follow.

#include <signal.h>

#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/county.h"

namespace sluice::integration {
namespace {

using Catch::Matchers::Contains;

// `text` with the first `from` replaced.
std::string Replaced(std::string text, const std::string& from,
                     const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::string ReadAll(const std::string& path) {
  std::string content(65536, '\0');
  FILE* file = std::fopen(path.c_str(), "r");
  REQUIRE(file != nullptr);
  content.resize(std::fread(content.data(), 1, content.size(), file));
  std::fclose(file);
  return content;
}

void CheckRefusesToStart(const County& county, const std::string& message) {
  const Finished finished = county.StartExpectingFailure();
  INFO(finished.err);
  CHECK(finished.exit_code == 1);
  CHECK(finished.out.empty());
  CHECK_THAT(finished.err, Contains(message));
}

TEST_CASE("a configuration with a typo is refused with file, line and field") {
  County county;
  county.Write("sluice.yaml", Replaced(ReadAll(county.Path("sluice.yaml")),
                                       "listen:", "listne:"));
  CheckRefusesToStart(county, "sluice.yaml:11:3: broker.listne: ");
}

TEST_CASE("two adapters of one department are refused, as they would fence") {
  County county;
  county.Write("sluice.yaml",
               ReadAll(county.Path("sluice.yaml")) +
                   "  - {department: registry-office, resource_dir: more}\n");
  CheckRefusesToStart(county, "adapters[1].department");
}

TEST_CASE("a configuration that is not there is said to be missing") {
  County county;
  const Finished finished = RunProgram(
      {Runfile("services/standalone/sluice"), "--config", "nowhere.yaml"},
      county.Path("."));
  CHECK(finished.exit_code == 1);
  CHECK_THAT(finished.err, Contains("nowhere.yaml"));
  CHECK_THAT(finished.err, Contains("No such file"));
}

TEST_CASE(
    "a broker's certificate of another role, expired, of another CA or missing "
    "is named") {
  County county;
  SECTION("another role") {
    county.IssueCertificate(county.ca(), "broker", "data-bureau/consumer");
    CheckRefusesToStart(county, "broker.pem");
  }
  SECTION("expired") {
    county.IssueCertificate(county.ca(), "broker", "data-bureau/broker",
                            {.not_before = absl::Now() - absl::Hours(48),
                             .not_after = absl::Now() - absl::Hours(1)});
    CheckRefusesToStart(county, "expired");
  }
  SECTION("another CA") {
    county.IssueCertificate(identity::TestCa::Create(County::kTrustDomain),
                            "broker", "data-bureau/broker");
    CheckRefusesToStart(county, "ca.pem");
  }
  SECTION("missing") {
    std::remove(county.Path("certs/broker.pem").c_str());
    CheckRefusesToStart(county, "No such file");
  }
  SECTION("a key that others may read") {
    county.Write("certs/broker.key", ReadAll(county.Path("certs/broker.key")),
                 0644);
    CheckRefusesToStart(county, "chmod 600");
  }
}

TEST_CASE("a port in use and a folder in use are said to be") {
  County county;
  county.Start();
  SECTION("the same data folder") { CheckRefusesToStart(county, "another"); }
  SECTION("the same port") {
    County second;
    second.Write("sluice.yaml", Replaced(ReadAll(second.Path("sluice.yaml")),
                                         "127.0.0.1:0", county.server()));
    CheckRefusesToStart(second,
                        "broker.listen: cannot listen on " + county.server());
  }
  county.Stop(SIGTERM);
}

TEST_CASE(
    "a trust domain that is not the data folder's is said to be another") {
  County county;
  county.Start();
  REQUIRE(county.Stop(SIGTERM).exit_code == 0);
  const identity::IssuedCertificate other =
      county.ca().Issue("spiffe://other.example/data-bureau/broker",
                        {.ip_addresses = {"127.0.0.1"}});
  county.Write("certs/broker.pem", other.cert_pem);
  county.Write("certs/broker.key", other.key_pem);
  county.Write("sluice.yaml", Replaced(ReadAll(county.Path("sluice.yaml")),
                                       "trust_domain: county.example",
                                       "trust_domain: other.example"));
  CheckRefusesToStart(county, "trust.trust_domain");
}

TEST_CASE("a client's certificate of another CA or expired does not connect") {
  County county;
  county.Start();
  county.IssueCertificate(identity::TestCa::Create(County::kTrustDomain),
                          "stranger", "grid/consumer");
  county.IssueCertificate(county.ca(), "late", "grid/consumer",
                          {.not_before = absl::Now() - absl::Hours(48),
                           .not_after = absl::Now() - absl::Hours(1)});
  county.WriteClient("stranger", "stranger", "");
  county.WriteClient("late", "late", "");
  Finished refused = county.Sluicectl("stranger", {"catalog", "list"});
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("ca.pem"));
  refused = county.Sluicectl("late", {"catalog", "list"});
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("expired"));
  county.Stop(SIGTERM);
}

TEST_CASE(
    "an agreement that names a field that is not there points at its line") {
  County county;
  county.OfferPeople(3, 1);
  county.WritePeopleAgreement("agreements/typo.yaml", "grid-people");
  county.Write("agreements/typo.yaml",
               Replaced(ReadAll(county.Path("agreements/typo.yaml")),
                        "  phone:", "  phnoe:"));
  county.Start();
  county.Enrol();
  county.AwaitPublished(3);
  const Finished refused = county.Sluicectl(
      "grid", {"agreement", "request", "agreements/typo.yaml"});
  INFO(refused.err);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("agreements/typo.yaml:9:"));
  CHECK_THAT(refused.err, Contains("phnoe"));
  CHECK_THAT(refused.err, Contains("phone"));
  county.Stop(SIGTERM);
}

TEST_CASE("bad rows are quarantined and counted, and the good ones arrive") {
  County county;
  county.OfferPeople(3, 1);
  county.WritePeopleAgreement("agreements/grid-people.yaml", "grid-people");
  const std::string good = ReadAll(county.Path("sources/people.csv"));
  county.Write("sources/people.csv",
               good + "P9,王一,13800000000,not a date,1\n" +
                   "P10,\xFF\xFE,13800000000,1980-01-01,1\n" + "P11,too few\n");
  county.Start();
  county.Enrol();
  county.AwaitPublished(3);
  county.Agree("grid-people");
  const Finished received = county.Sluicectl(
      "grid", {"subscribe", "grid-people", "--purpose", County::kPurpose,
               "--until-caught-up", "--output", "csv"});
  CHECK_THAT(received.out, Contains("P00000002"));
  CHECK_THAT(received.out, !Contains("P9"));
  CHECK_THAT(county.log(), Contains("quarantined=3"));
  CHECK_THAT(county.log(), !Contains("not a date"));
  county.Stop(SIGTERM);
}

TEST_CASE(
    "a resource file with a typo is logged with its line and stops no other") {
  County county;
  county.OfferPeople(3, 1);
  county.Write("resources/broken.yaml",
               "resource:\n  idd: registry-office.x\n");
  county.Start();
  county.AwaitPublished(3);
  CHECK_THAT(county.log(), Contains("broken.yaml:2:3: resource.idd"));
  county.Stop(SIGTERM);
}

}  // namespace
}  // namespace sluice::integration
