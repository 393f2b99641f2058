// The exchange end to end: real processes, real TLS, the tools a person uses.

#include <signal.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tests/integration/county.h"

namespace sluice::integration {
namespace {

using Catch::Matchers::Contains;

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

TEST_CASE("a table is offered, agreed on, received desensitized and audited") {
  County county;
  county.OfferPeople(1000, 2);
  county.WritePeopleAgreement("agreements/grid-people.yaml", "grid-people");
  county.Start();
  county.Enrol();
  county.AwaitPublished(1000);
  county.Agree("grid-people");

  const Finished received = county.Sluicectl(
      "grid", {"subscribe", "grid-people", "--purpose", County::kPurpose,
               "--until-caught-up", "--output", "csv"});
  INFO(received.err);
  REQUIRE(received.exit_code == 0);
  CHECK(Count(received.out, "\nupsert,") == 1000);
  CHECK_THAT(received.out,
             Contains("\nupsert,P00000042,张**,138****0042,1942-01-01\n"));
  // Neither what is masked nor what is not granted is anywhere in it.
  CHECK_THAT(received.out, !Contains("小明"));
  CHECK_THAT(received.out, !Contains("13800000042"));
  CHECK_THAT(received.out, !Contains("income"));
  CHECK_THAT(county.log(), !Contains("小明"));
  CHECK_THAT(county.log(), !Contains("13800000042"));

  const Finished listed =
      county.AuditQuery({"list", "--kind", "disclosure", "--output", "jsonl"});
  REQUIRE(listed.exit_code == 0);
  CHECK_THAT(listed.out, Contains("grid-people"));
  CHECK_THAT(listed.out, !Contains("小明"));
  const Finished verified =
      county.AuditQuery({"verify", "--checkpoint-file", "checkpoint"});
  INFO(verified.err);
  CHECK(verified.exit_code == 0);

  const Finished stopped = county.Stop(SIGTERM);
  INFO(stopped.err);
  CHECK(stopped.exit_code == 0);
}

TEST_CASE("what is not agreed on is refused with its reason, and audited") {
  County county;
  county.OfferPeople(10, 1);
  county.WritePeopleAgreement("agreements/grid-people.yaml", "grid-people");
  county.Start();
  county.Enrol();
  county.AwaitPublished(10);

  const auto subscribe = [&](const std::string& who,
                             const std::string& purpose) {
    return county.Sluicectl(who, {"subscribe", "grid-people", "--purpose",
                                  purpose, "--until-caught-up"});
  };
  Finished refused = subscribe("grid", County::kPurpose);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("NO_AGREEMENT"));

  REQUIRE(county
              .Sluicectl("grid", {"agreement", "request",
                                  "agreements/grid-people.yaml"})
              .exit_code == 0);
  refused = subscribe("grid", County::kPurpose);
  CHECK_THAT(refused.err, Contains("AGREEMENT_NOT_ACTIVE"));
  // The requester may not approve, nor may the officer.
  for (const char* who : {"grid", "officer"}) {
    refused =
        county.Sluicectl(who, {"agreement", "approve", "grid-people", "--yes"});
    CHECK(refused.exit_code == 1);
    CHECK_THAT(refused.err, Contains("ROLE_NOT_ALLOWED"));
  }
  REQUIRE(county
              .Sluicectl("approver",
                         {"agreement", "approve", "grid-people", "--yes"})
              .exit_code == 0);
  refused = subscribe("grid", "marketing");
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("PURPOSE_MISMATCH"));
  // A consumer of another department does not even learn that the agreement
  // exists.
  county.IssueCertificate(county.ca(), "other", "registry-office/consumer");
  county.WriteClient("other", "other", "");
  refused = subscribe("other", County::kPurpose);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("NO_AGREEMENT"));
  refused = subscribe("approver", County::kPurpose);
  CHECK_THAT(refused.err, Contains("ROLE_NOT_ALLOWED"));
  CHECK(subscribe("grid", County::kPurpose).exit_code == 0);

  REQUIRE(county
              .Sluicectl("approver", {"agreement", "revoke", "grid-people",
                                      "--version", "1", "--reason", "over"})
              .exit_code == 0);
  refused = subscribe("grid", County::kPurpose);
  CHECK(refused.exit_code == 1);
  CHECK_THAT(refused.err, Contains("AGREEMENT_REVOKED"));

  // A consumer may not read the trail; an auditor finds the refusals there.
  const Finished listed =
      county.AuditQuery({"list", "--kind", "refusal", "--output", "jsonl"});
  REQUIRE(listed.exit_code == 0);
  CHECK_THAT(listed.out, Contains("PURPOSE_MISMATCH"));
  CHECK_THAT(listed.out, Contains("AGREEMENT_REVOKED"));
  county.Stop(SIGTERM);
}

TEST_CASE(
    "a new resource takes one resource file, one agreement file and no code") {
  County county;
  county.Start();
  county.Enrol();
  county.Write("sources/shops.csv", "licence,owner\nL1,王一\nL2,李二\n");
  county.Write("resources/shops.yaml", R"(
resource:
  id: registry-office.shops
  kind: EVENTS
  title: 商铺
  sharing_type: UNCONDITIONAL
  fields:
    - {id: 1, name: licence, type: STRING, required: true, sensitivity: L1_PUBLIC}
    - {id: 2, name: owner, type: STRING, semantic_type: PERSON_NAME, sensitivity: L3_SENSITIVE}
source:
  csv: {path: ../sources/shops.csv}
)");
  county.Write("agreements/grid-shops.yaml", R"(
id: grid-shops
resource: registry-office.shops
purpose: grid management
legal_basis: county order 13
fields:
  licence: {keep: {}}
  owner: {mask: {}}
)");
  county.AwaitPublished(2);
  county.Agree("grid-shops");
  const Finished received = county.Sluicectl(
      "grid", {"subscribe", "grid-shops", "--purpose", County::kPurpose,
               "--until-caught-up", "--output", "csv"});
  INFO(received.err);
  CHECK(received.out ==
        "_operation,licence,owner\nupsert,L1,王*\nupsert,L2,李*\n");
  county.Stop(SIGTERM);
}

TEST_CASE("a process that was stopped goes on where it was") {
  County county;
  county.OfferPeople(100, 1);
  county.WritePeopleAgreement("agreements/grid-people.yaml", "grid-people");
  county.Start();
  county.Enrol();
  county.AwaitPublished(100);
  county.Agree("grid-people");
  const auto subscribe = [&] {
    return county.Sluicectl(
        "grid", {"subscribe", "grid-people", "--purpose", County::kPurpose,
                 "--until-caught-up", "--output", "csv"});
  };
  CHECK(Count(subscribe().out, "\nupsert,") == 100);
  REQUIRE(county.Stop(SIGTERM).exit_code == 0);

  county.Start();
  // The group's position is where the acknowledgements ended.
  CHECK(Count(subscribe().out, "upsert") == 0);
  const Finished verified = county.AuditQuery({"verify"});
  INFO(verified.err);
  CHECK(verified.exit_code == 0);
  REQUIRE(county.Stop(SIGINT).exit_code == 0);
}

}  // namespace
}  // namespace sluice::integration
