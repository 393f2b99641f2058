#include "libs/delivery/admission.h"

#include <catch2/catch.hpp>

#include "libs/base/status.h"
#include "libs/delivery/delivery_fixture.h"

namespace sluice::delivery {
namespace {

ReasonCode Refusal(const DeliveryFixture& fixture, const Caller& caller,
                   const exchange::v1::Start& start) {
  const auto grant = Admit(*fixture.registry, caller, start);
  REQUIRE_FALSE(grant.ok());
  return ReasonOf(grant.status());
}

TEST_CASE("What the agreement grants is admitted, and nothing less named") {
  DeliveryFixture fixture;
  const auto grant = Admit(*fixture.registry, fixture.HealthConsumer(),
                           fixture.StartRequest());
  INFO(grant.status().message());
  REQUIRE(grant.ok());
  CHECK(grant->agreement->agreement().id() == "health-people");
  CHECK(grant->resource->id() == "civil-affairs.people");

  // Each part left out is refused, with its own reason.
  CHECK(Refusal(fixture, fixture.HealthConsumer(), exchange::v1::Start()) ==
        status::v1::REASON_CODE_NO_AGREEMENT);
  CHECK(Refusal(fixture, Caller(), fixture.StartRequest()) ==
        status::v1::REASON_CODE_CERTIFICATE_EXPIRED);
  exchange::v1::Start start = fixture.StartRequest();
  start.clear_purpose();
  CHECK(Refusal(fixture, fixture.HealthConsumer(), start) ==
        status::v1::REASON_CODE_PURPOSE_MISSING);
  start.set_purpose("curiosity");
  CHECK(Refusal(fixture, fixture.HealthConsumer(), start) ==
        status::v1::REASON_CODE_PURPOSE_MISMATCH);
}

TEST_CASE(
    "Only a consumer with a certificate that is still valid is admitted") {
  DeliveryFixture fixture;
  for (int role = registry::v1::Role_MIN; role <= registry::v1::Role_MAX;
       ++role) {
    if (role == registry::v1::ROLE_CONSUMER) continue;
    Caller caller = fixture.HealthConsumer();
    caller.role = static_cast<registry::v1::Role>(role);
    CHECK(Refusal(fixture, caller, fixture.StartRequest()) ==
          status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  }
  Caller caller = fixture.HealthConsumer();
  caller.certificate_not_after = fixture.bus.clock.Now();
  CHECK(Refusal(fixture, caller, fixture.StartRequest()) ==
        status::v1::REASON_CODE_CERTIFICATE_EXPIRED);
  CHECK(CheckCertificate(caller, fixture.bus.clock.Now() - absl::Seconds(1))
            .ok());
}

TEST_CASE("Another department's agreement looks like one that is not there") {
  DeliveryFixture fixture;
  Caller grid = fixture.HealthConsumer();
  grid.department = "grid";
  exchange::v1::Start unknown = fixture.StartRequest();
  unknown.set_agreement("no-such-agreement");
  const auto theirs =
      Admit(*fixture.registry, grid, fixture.StartRequest()).status();
  CHECK(theirs == Admit(*fixture.registry, grid, unknown).status());
  CHECK(ReasonOf(theirs) == status::v1::REASON_CODE_NO_AGREEMENT);
}

TEST_CASE("An agreement outside its time is refused") {
  DeliveryFixture fixture;
  const auto& agreement = fixture.Agreement()->agreement();
  const absl::Time from =
      absl::FromUnixSeconds(agreement.valid_from().seconds());
  const absl::Time until =
      absl::FromUnixSeconds(agreement.valid_until().seconds());
  CHECK(CheckLive(*fixture.Agreement(), from).ok());
  CHECK(CheckLive(*fixture.Agreement(), until - absl::Nanoseconds(1)).ok());
  CHECK(ReasonOf(CheckLive(*fixture.Agreement(), until)) ==
        status::v1::REASON_CODE_AGREEMENT_EXPIRED);
  CHECK(ReasonOf(CheckLive(*fixture.Agreement(), from - absl::Seconds(1))) ==
        status::v1::REASON_CODE_AGREEMENT_NOT_YET_VALID);
  fixture.bus.clock.Set(until);
  Caller caller = fixture.HealthConsumer();
  caller.certificate_not_after = until + absl::Hours(1);
  CHECK(Refusal(fixture, caller, fixture.StartRequest()) ==
        status::v1::REASON_CODE_AGREEMENT_EXPIRED);
}

TEST_CASE("An agreement in any state but approved is refused") {
  DeliveryFixture fixture;
  agreement::v1::AgreementRecord record = *fixture.Agreement();
  for (int state = agreement::v1::AgreementState_MIN;
       state <= agreement::v1::AgreementState_MAX; ++state) {
    record.set_state(static_cast<agreement::v1::AgreementState>(state));
    const absl::Status live = CheckLive(record, registry::TestTime());
    if (state == agreement::v1::AGREEMENT_STATE_APPROVED) {
      CHECK(live.ok());
    } else if (state == agreement::v1::AGREEMENT_STATE_REVOKED) {
      CHECK(ReasonOf(live) == status::v1::REASON_CODE_AGREEMENT_REVOKED);
    } else if (state == agreement::v1::AGREEMENT_STATE_SUSPENDED) {
      CHECK(ReasonOf(live) == status::v1::REASON_CODE_AGREEMENT_SUSPENDED);
    } else {
      CHECK(ReasonOf(live) == status::v1::REASON_CODE_AGREEMENT_NOT_ACTIVE);
    }
  }
  fixture.Submit(registry::RevokeCommand("health-people", 1),
                 fixture.bus.domain.approver);
  CHECK(Refusal(fixture, fixture.HealthConsumer(), fixture.StartRequest()) ==
        status::v1::REASON_CODE_AGREEMENT_REVOKED);
}

TEST_CASE("The fields of a row filter are held to the newest entry") {
  const catalog::v1::Resource entry = registry::PeopleResource();
  agreement::v1::Agreement agreement = registry::PeopleAgreement();
  // Over a field that is not granted, within other conditions.
  auto* const all = agreement.mutable_row_filter()->mutable_all();
  auto* const district = all->add_of()->mutable_prefix();
  district->mutable_field()->set_id(3);
  district->mutable_field()->set_name("district");
  district->set_prefix("3301");
  auto* const born =
      all->add_of()->mutable_not_()->mutable_is_null()->mutable_field();
  born->set_id(4);
  born->set_name("birth_date");
  CHECK(CheckEntry(agreement, entry).ok());
  const auto refusal = [&agreement](const catalog::v1::Resource& newest) {
    const absl::Status status = CheckEntry(agreement, newest);
    CHECK(FieldOf(status) == "row_filter");
    return ReasonOf(status);
  };
  catalog::v1::Resource newest = entry;
  newest.mutable_fields(3)->set_sensitivity(
      catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE);
  CHECK(CheckEntry(agreement, newest).ok());
  newest.mutable_fields(3)->set_sensitivity(catalog::v1::SENSITIVITY_CORE);
  CHECK(refusal(newest) == status::v1::REASON_CODE_TREATMENT_TOO_WEAK);
  newest = entry;
  newest.mutable_fields(3)->set_name("born");
  CHECK(refusal(newest) == status::v1::REASON_CODE_UNKNOWN_FIELD);
  newest.mutable_fields()->DeleteSubrange(3, 1);
  CHECK(refusal(newest) == status::v1::REASON_CODE_UNKNOWN_FIELD);
}

}  // namespace
}  // namespace sluice::delivery
