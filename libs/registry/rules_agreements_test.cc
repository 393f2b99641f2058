#include <catch2/catch.hpp>

#include "libs/base/reason.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"
#include "libs/registry/test_domain.h"
#include "libs/registry/timestamp.h"

namespace sluice::registry {
namespace {

using agreement::v1::Agreement;
using agreement::v1::AgreementRecord;

constexpr char kId[] = "health-people";

Agreement PeopleAgreementVersion(uint32_t version) {
  Agreement agreement = PeopleAgreement();
  agreement.set_version(version);
  return agreement;
}

// The verdict on a request by health where the catalog has people.
v1::Verdict Request(const Agreement& agreement) {
  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  return rules.Apply(RequestCommand(agreement), rules.domain.consumer);
}

v1::Verdict Approve(RulesHarness& rules, uint32_t version = 1) {
  return rules.Apply(ApproveCommand(rules.Record(kId, version)),
                     rules.domain.approver);
}

void CheckRefused(const v1::Verdict& verdict, ReasonCode reason,
                  const std::string& field) {
  INFO(verdict.message());
  CHECK_FALSE(verdict.accepted());
  CHECK(ReasonName(verdict.reason()) == ReasonName(reason));
  CHECK(verdict.field() == field);
}

TEST_CASE("a request is kept with its digest, author and time") {
  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  const auto command = rules.domain.Sign(RequestCommand(PeopleAgreement()),
                                         rules.domain.consumer);
  REQUIRE(rules.Apply(command).accepted());
  const AgreementRecord& record = rules.Record(kId, 1);
  CHECK(record.state() == agreement::v1::AGREEMENT_STATE_REQUESTED);
  CHECK(AsView(record.request_digest()) ==
        crypto::DigestView(CommandDigest(command)));
  CHECK(record.requested_by_key_id() == rules.domain.consumer.id());
  CHECK(FromTimestamp(record.requested_at()) == rules.now);
  CHECK(rules.state.FindAgreement(kId)->approved == 0);
}

TEST_CASE("only a consumer of the receiving department requests") {
  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  const auto command = RequestCommand(PeopleAgreement());
  CheckRefused(rules.Apply(command, rules.domain.health_approver),
               status::v1::REASON_CODE_ROLE_NOT_ALLOWED, "");
  CheckRefused(rules.Apply(command, rules.domain.grid_consumer),
               status::v1::REASON_CODE_WRONG_DEPARTMENT, "consumer");
}

TEST_CASE("a department does not request from itself") {
  RulesHarness rules;
  catalog::v1::Resource meters = PeopleResource();
  meters.set_id("grid.meters");
  rules.MustApply(PutCommand(meters), rules.domain.grid_provider);
  Agreement agreement = PeopleAgreement();
  agreement.set_resource("grid.meters");
  agreement.set_consumer("grid");
  CheckRefused(
      rules.Apply(RequestCommand(agreement), rules.domain.grid_consumer),
      status::v1::REASON_CODE_WRONG_DEPARTMENT, "resource");
}

TEST_CASE("what is requested is in the catalog and shared") {
  Agreement agreement = PeopleAgreement();
  agreement.set_resource("civil-affairs.houses");
  CheckRefused(Request(agreement), status::v1::REASON_CODE_NOT_FOUND,
               "resource");

  RulesHarness rules;
  catalog::v1::Resource people = PeopleResource();
  people.set_sharing_type(catalog::v1::SHARING_TYPE_NOT_SHARED);
  rules.MustApply(PutCommand(people), rules.domain.provider);
  CheckRefused(
      rules.Apply(RequestCommand(PeopleAgreement()), rules.domain.consumer),
      status::v1::REASON_CODE_NOT_SHARED, "resource");
}

TEST_CASE("versions of an agreement follow one another") {
  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  const auto request = [&](uint32_t version) {
    return rules.Apply(RequestCommand(PeopleAgreementVersion(version)),
                       rules.domain.consumer);
  };
  CheckRefused(request(2), status::v1::REASON_CODE_VERSION_CONFLICT, "version");
  CHECK(request(1).accepted());
  CheckRefused(request(1), status::v1::REASON_CODE_VERSION_CONFLICT, "version");
  CHECK(request(2).accepted());
}

TEST_CASE("an id stands for one consumer and one resource for ever") {
  RulesHarness rules;
  rules.MustRequest();
  rules.MustApply(RevokeCommand(kId, 1), rules.domain.consumer);
  Agreement agreement = PeopleAgreementVersion(2);
  agreement.set_consumer("grid");
  CheckRefused(
      rules.Apply(RequestCommand(agreement), rules.domain.grid_consumer),
      status::v1::REASON_CODE_ALREADY_EXISTS, "id");

  catalog::v1::Resource houses = PeopleResource();
  houses.set_id("civil-affairs.houses");
  rules.MustApply(PutCommand(houses), rules.domain.provider);
  agreement = PeopleAgreementVersion(2);
  agreement.set_resource(houses.id());
  CheckRefused(rules.Apply(RequestCommand(agreement), rules.domain.consumer),
               status::v1::REASON_CODE_ALREADY_EXISTS, "id");
}

TEST_CASE("a granted field is one of the schema, by id and by name") {
  Agreement agreement = PeopleAgreement();
  agreement.mutable_fields(2)->set_field_id(7);
  const v1::Verdict unknown = Request(agreement);
  CheckRefused(unknown, status::v1::REASON_CODE_UNKNOWN_FIELD,
               "fields[2].field_id");
  CHECK(unknown.message().find("3 district") != std::string::npos);

  agreement = PeopleAgreement();
  agreement.mutable_fields(2)->set_field_name("region");
  const v1::Verdict misnamed = Request(agreement);
  CheckRefused(misnamed, status::v1::REASON_CODE_UNKNOWN_FIELD,
               "fields[2].field_name");
  CHECK(misnamed.message().find("named district") != std::string::npos);
}

TEST_CASE("a condition's field is one of the schema, by id and by name") {
  Agreement agreement = PeopleAgreement();
  auto* const conditional =
      agreement.mutable_fields(2)->mutable_treatment()->mutable_conditional();
  conditional->mutable_then()->mutable_withhold();
  conditional->mutable_otherwise()->mutable_keep();
  auto* const field =
      conditional->mutable_when()->mutable_is_null()->mutable_field();
  field->set_id(4);
  field->set_name("birth_date");
  CHECK(Request(agreement).accepted());
  field->set_id(7);
  CHECK(Request(agreement).reason() == status::v1::REASON_CODE_UNKNOWN_FIELD);
  field->set_id(4);
  field->set_name("birthday");
  CHECK(Request(agreement).reason() == status::v1::REASON_CODE_UNKNOWN_FIELD);
}

TEST_CASE("granted fields ascend") {
  Agreement agreement = PeopleAgreement();
  agreement.mutable_fields()->SwapElements(1, 2);
  CheckRefused(Request(agreement), status::v1::REASON_CODE_MALFORMED,
               "fields[2].field_id");
  agreement = PeopleAgreement();
  *agreement.mutable_fields(2) = agreement.fields(1);
  CheckRefused(Request(agreement), status::v1::REASON_CODE_MALFORMED,
               "fields[2].field_id");
}

TEST_CASE("a treatment fits its field") {
  Agreement agreement = PeopleAgreement();
  agreement.mutable_fields(2)
      ->mutable_treatment()
      ->mutable_generalize()
      ->mutable_date()
      ->set_unit(agreement::v1::DatePart::YEAR);
  const v1::Verdict verdict = Request(agreement);
  CHECK(verdict.reason() == status::v1::REASON_CODE_TREATMENT_UNFIT);
  CHECK(verdict.field().find("fields[2].treatment") == 0);
}

TEST_CASE("a row filter fits its fields, granted or not") {
  Agreement agreement = PeopleAgreement();
  auto* compare = agreement.mutable_row_filter()->mutable_compare();
  compare->mutable_field()->set_id(4);
  compare->mutable_field()->set_name("birth_date");
  compare->set_value("2008-04-01");
  CHECK(Request(agreement).accepted());
  compare->set_value("04/01/2008");
  CheckRefused(Request(agreement), status::v1::REASON_CODE_PREDICATE_UNFIT,
               "row_filter.compare.value");
  compare->set_value("2008-04-01");
  compare->mutable_field()->set_name("name");
  CheckRefused(Request(agreement), status::v1::REASON_CODE_UNKNOWN_FIELD,
               "row_filter.compare.field");
  agreement.mutable_row_filter()->clear_kind();
  CheckRefused(Request(agreement), status::v1::REASON_CODE_PREDICATE_UNFIT,
               "row_filter");
}

TEST_CASE("a treatment is as strong as the field's sensitivity asks") {
  Agreement agreement = PeopleAgreement();
  auto* mask = agreement.mutable_fields(0)->mutable_treatment()->mutable_mask();
  // What a mask without a rule stands for is strong enough.
  CHECK(Request(agreement).accepted());
  mask->mutable_keep_ends()->set_first(6);
  CheckRefused(Request(agreement), status::v1::REASON_CODE_TREATMENT_TOO_WEAK,
               "fields[0].treatment");
  agreement = PeopleAgreement();
  agreement.mutable_fields(1)->mutable_treatment()->mutable_keep();
  CheckRefused(Request(agreement), status::v1::REASON_CODE_TREATMENT_TOO_WEAK,
               "fields[1].treatment");
}

TEST_CASE("a core field is not granted, not even withheld") {
  Agreement agreement = PeopleAgreement();
  auto* grant = agreement.add_fields();
  grant->set_field_id(5);
  grant->set_field_name("note");
  grant->mutable_treatment()->mutable_withhold();
  CheckRefused(Request(agreement), status::v1::REASON_CODE_TREATMENT_TOO_WEAK,
               "fields[3].treatment");
}

TEST_CASE("an agreement says from when to when it holds") {
  Agreement agreement = PeopleAgreement();
  agreement.clear_valid_from();
  CheckRefused(Request(agreement), status::v1::REASON_CODE_MALFORMED,
               "valid_from");
  agreement = PeopleAgreement();
  agreement.clear_valid_until();
  CheckRefused(Request(agreement), status::v1::REASON_CODE_MALFORMED,
               "valid_until");
  agreement.mutable_valid_until()->set_seconds(int64_t{1} << 60);
  CheckRefused(Request(agreement), status::v1::REASON_CODE_MALFORMED,
               "valid_until");
  agreement = PeopleAgreement();
  *agreement.mutable_valid_until() = agreement.valid_from();
  CheckRefused(Request(agreement), status::v1::REASON_CODE_OUT_OF_BOUNDS,
               "valid_until");
}

TEST_CASE("an agreement holds for at most 3660 days") {
  Agreement agreement = PeopleAgreement();
  const absl::Time end =
      FromTimestamp(agreement.valid_from()) + absl::Hours(24 * 3660);
  *agreement.mutable_valid_until() = ToTimestamp(end);
  CHECK(Request(agreement).accepted());
  *agreement.mutable_valid_until() = ToTimestamp(end + absl::Nanoseconds(1));
  CheckRefused(Request(agreement), status::v1::REASON_CODE_OUT_OF_BOUNDS,
               "valid_until");
}

TEST_CASE("an agreement that has ended by the log's time is not requested") {
  Agreement agreement = PeopleAgreement();
  *agreement.mutable_valid_until() = ToTimestamp(TestTime());
  CheckRefused(Request(agreement), status::v1::REASON_CODE_AGREEMENT_EXPIRED,
               "valid_until");
}

TEST_CASE("modes are known and named once") {
  Agreement agreement = PeopleAgreement();
  agreement.add_modes(agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  CheckRefused(Request(agreement), status::v1::REASON_CODE_MALFORMED,
               "modes[1]");
  agreement.set_modes(1, agreement::v1::DELIVERY_MODE_UNSPECIFIED);
  CHECK(Request(agreement).field() == "modes[1]");
  agreement.set_modes(1, static_cast<agreement::v1::DeliveryMode>(77));
  CHECK(Request(agreement).field() == "modes[1]");
  agreement.clear_modes();
  CheckRefused(Request(agreement), status::v1::REASON_CODE_MALFORMED, "modes");
}

TEST_CASE("an approver of the provider approves what was requested") {
  RulesHarness rules;
  rules.MustRequest();
  rules.now += absl::Seconds(5);
  REQUIRE(Approve(rules).accepted());
  const AgreementRecord& record = rules.Record(kId, 1);
  CHECK(record.state() == agreement::v1::AGREEMENT_STATE_APPROVED);
  CHECK(record.approved_by_key_id() == rules.domain.approver.id());
  CHECK(FromTimestamp(record.approved_at()) == rules.now);
  CHECK(rules.state.FindAgreement(kId)->approved == 1);
}

TEST_CASE("nobody else approves") {
  RulesHarness rules;
  rules.MustRequest();
  const auto command = ApproveCommand(rules.Record(kId, 1));
  for (const crypto::SigningKey* key :
       {&rules.domain.officer, &rules.domain.provider,
        &rules.domain.consumer}) {
    CheckRefused(rules.Apply(command, *key),
                 status::v1::REASON_CODE_ROLE_NOT_ALLOWED, "");
  }
  for (const crypto::SigningKey* key :
       {&rules.domain.health_approver, &rules.domain.grid_approver}) {
    CheckRefused(rules.Apply(command, *key),
                 status::v1::REASON_CODE_WRONG_DEPARTMENT, "id");
  }
}

TEST_CASE("who holds the requester's key as well does not approve") {
  RulesHarness rules;
  rules.MustRequest();
  const auto both = crypto::SigningKey::Generate();
  rules.MustApply(
      EnrolKeyCommand("civil-affairs", v1::ROLE_APPROVER, both, "consumer"),
      rules.domain.officer);
  CheckRefused(rules.Apply(ApproveCommand(rules.Record(kId, 1)), both),
               status::v1::REASON_CODE_SELF_APPROVAL, "");
}

TEST_CASE("keys without a named holder are not taken for one person's") {
  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  const auto consumer = crypto::SigningKey::Generate();
  const auto approver = crypto::SigningKey::Generate();
  rules.MustApply(EnrolKeyCommand("health", v1::ROLE_CONSUMER, consumer),
                  rules.domain.officer);
  rules.MustApply(EnrolKeyCommand("civil-affairs", v1::ROLE_APPROVER, approver),
                  rules.domain.officer);
  rules.MustApply(RequestCommand(PeopleAgreement()), consumer);
  CHECK(rules.Apply(ApproveCommand(rules.Record(kId, 1)), approver).accepted());
}

TEST_CASE("a request under a key revoked since is not approved") {
  RulesHarness rules;
  rules.MustRequest();
  rules.MustApply(RevokeKeyCommand(rules.domain.consumer.id()),
                  rules.domain.officer);
  CheckRefused(Approve(rules), status::v1::REASON_CODE_KEY_REVOKED, "");
}

TEST_CASE("a request under a key retired since is approved") {
  RulesHarness rules;
  rules.MustRequest();
  rules.MustApply(RotateKeyCommand(rules.domain.consumer.id(),
                                   crypto::SigningKey::Generate()),
                  rules.domain.consumer);
  CHECK(Approve(rules).accepted());
}

TEST_CASE("an approval names what was read") {
  RulesHarness rules;
  rules.MustRequest();
  AgreementRecord other = rules.Record(kId, 1);
  other.mutable_request_digest()->front() ^= 1;
  CheckRefused(rules.Apply(ApproveCommand(other), rules.domain.approver),
               status::v1::REASON_CODE_VERSION_CONFLICT, "request_digest");
  other.mutable_agreement()->set_version(2);
  CheckRefused(rules.Apply(ApproveCommand(other), rules.domain.approver),
               status::v1::REASON_CODE_NOT_FOUND, "version");
  other.mutable_agreement()->set_id("nothing");
  CheckRefused(rules.Apply(ApproveCommand(other), rules.domain.approver),
               status::v1::REASON_CODE_NOT_FOUND, "id");
}

TEST_CASE("only what waits for approval is approved") {
  RulesHarness rules;
  rules.MustRequest();
  CHECK(Approve(rules).accepted());
  CheckRefused(Approve(rules), status::v1::REASON_CODE_WRONG_STATE, "version");
  rules.MustApply(RevokeCommand(kId, 1), rules.domain.approver);
  CheckRefused(Approve(rules), status::v1::REASON_CODE_WRONG_STATE, "version");
}

TEST_CASE("an agreement that ended meanwhile is not approved") {
  RulesHarness rules;
  rules.MustRequest();
  rules.now = FromTimestamp(PeopleAgreement().valid_until());
  CheckRefused(Approve(rules), status::v1::REASON_CODE_AGREEMENT_EXPIRED,
               "version");
  rules.now -= absl::Nanoseconds(1);
  CHECK(Approve(rules).accepted());
}

TEST_CASE("an approval is held to the newest catalog entry") {
  RulesHarness rules;
  rules.MustRequest();
  catalog::v1::Resource people = PeopleResource();
  people.set_version(2);
  people.mutable_fields(2)->set_sensitivity(
      catalog::v1::SENSITIVITY_L3_SENSITIVE);
  rules.MustApply(PutCommand(people), rules.domain.provider);
  CheckRefused(Approve(rules), status::v1::REASON_CODE_TREATMENT_TOO_WEAK,
               "fields[2].treatment");

  people.set_version(3);
  people.mutable_fields()->DeleteSubrange(2, 1);
  rules.MustApply(PutCommand(people), rules.domain.provider);
  CheckRefused(Approve(rules), status::v1::REASON_CODE_UNKNOWN_FIELD,
               "fields[2].field_id");

  people.set_version(4);
  people.set_sharing_type(catalog::v1::SHARING_TYPE_NOT_SHARED);
  rules.MustApply(PutCommand(people), rules.domain.provider);
  CheckRefused(Approve(rules), status::v1::REASON_CODE_NOT_SHARED, "resource");
}

TEST_CASE("a later approved version supersedes the earlier one") {
  RulesHarness rules;
  rules.MustRequest();
  REQUIRE(Approve(rules, 1).accepted());
  rules.MustApply(RequestCommand(PeopleAgreementVersion(2)),
                  rules.domain.consumer);
  CHECK(rules.state.FindAgreement(kId)->approved == 1);
  REQUIRE(Approve(rules, 2).accepted());
  CHECK(rules.Record(kId, 1).state() ==
        agreement::v1::AGREEMENT_STATE_SUPERSEDED);
  CHECK(rules.state.FindAgreement(kId)->approved == 2);

  rules.MustApply(RevokeCommand(kId, 2), rules.domain.officer);
  CHECK(rules.Record(kId, 1).state() ==
        agreement::v1::AGREEMENT_STATE_SUPERSEDED);
  CHECK(rules.state.FindAgreement(kId)->approved == 0);
}

TEST_CASE("an earlier request is not approved behind a later approval") {
  RulesHarness rules;
  rules.MustRequest();
  rules.MustApply(RequestCommand(PeopleAgreementVersion(2)),
                  rules.domain.consumer);
  REQUIRE(Approve(rules, 2).accepted());
  CheckRefused(Approve(rules, 1), status::v1::REASON_CODE_WRONG_STATE,
               "version");
}

TEST_CASE("both sides and the officer revoke") {
  RulesHarness rules;
  rules.MustRequest();
  const TestDomain& domain = rules.domain;
  uint32_t version = 1;
  for (const crypto::SigningKey* key :
       {&domain.approver, &domain.consumer, &domain.health_approver,
        &domain.officer}) {
    REQUIRE(Approve(rules, version).accepted());
    REQUIRE(rules.Apply(RevokeCommand(kId, version), *key).accepted());
    const AgreementRecord& record = rules.Record(kId, version);
    CHECK(record.state() == agreement::v1::AGREEMENT_STATE_REVOKED);
    CHECK(record.revoked_by_key_id() == key->id());
    CHECK(record.revocation_reason() == "no longer needed");
    CHECK(FromTimestamp(record.revoked_at()) == rules.now);
    ++version;
    rules.MustApply(RequestCommand(PeopleAgreementVersion(version)),
                    domain.consumer);
  }
  CHECK(rules.Apply(RevokeCommand(kId, version), domain.consumer).accepted());
}

TEST_CASE("nobody else revokes") {
  RulesHarness rules;
  rules.MustRequest();
  auto civil_consumer = crypto::SigningKey::Generate();
  rules.MustApply(
      EnrolKeyCommand("civil-affairs", v1::ROLE_CONSUMER, civil_consumer),
      rules.domain.officer);
  for (const crypto::SigningKey* key :
       {&rules.domain.grid_consumer, &rules.domain.grid_approver,
        &civil_consumer}) {
    CheckRefused(rules.Apply(RevokeCommand(kId, 1), *key),
                 status::v1::REASON_CODE_WRONG_DEPARTMENT, "id");
  }
  CheckRefused(rules.Apply(RevokeCommand(kId, 1), rules.domain.provider),
               status::v1::REASON_CODE_ROLE_NOT_ALLOWED, "");
  CheckRefused(rules.Apply(RevokeCommand(kId, 2), rules.domain.consumer),
               status::v1::REASON_CODE_NOT_FOUND, "version");
  CheckRefused(rules.Apply(RevokeCommand("nothing", 1), rules.domain.consumer),
               status::v1::REASON_CODE_NOT_FOUND, "id");
}

TEST_CASE("what is final is not revoked") {
  RulesHarness rules;
  rules.MustRequest();
  rules.MustApply(RevokeCommand(kId, 1), rules.domain.consumer);
  CheckRefused(rules.Apply(RevokeCommand(kId, 1), rules.domain.consumer),
               status::v1::REASON_CODE_WRONG_STATE, "version");
}

TEST_CASE("agreements and their versions are bounded in number") {
  Limits limits;
  limits.agreements_max = 1;
  limits.agreement_versions_max = 1;
  RulesHarness rules(limits);
  rules.MustRequest();
  CheckRefused(rules.Apply(RequestCommand(PeopleAgreementVersion(2)),
                           rules.domain.consumer),
               status::v1::REASON_CODE_TOO_MANY, "version");
  Agreement second = PeopleAgreement();
  second.set_id("health-people-2");
  CheckRefused(rules.Apply(RequestCommand(second), rules.domain.consumer),
               status::v1::REASON_CODE_TOO_MANY, "");
}

// The broker's key, which serves every department.
crypto::SigningKey EnrolBroker(RulesHarness& rules) {
  const auto broker = crypto::SigningKey::Generate();
  rules.MustApply(EnrolKeyCommand("data-bureau", v1::ROLE_BROKER, broker),
                  rules.domain.officer);
  return broker;
}

TEST_CASE("a broker suspends and an approver of the provider resumes") {
  RulesHarness rules;
  rules.MustRequest();
  REQUIRE(Approve(rules).accepted());
  const auto broker = EnrolBroker(rules);
  rules.now += absl::Seconds(5);
  const absl::Time suspended_at = rules.now;
  rules.MustApply(SuspendCommand(kId, 1), broker);
  CHECK(rules.Record(kId, 1).state() ==
        agreement::v1::AGREEMENT_STATE_SUSPENDED);
  // Still the one that counts, so that a refusal names the reason.
  CHECK(rules.state.FindAgreement(kId)->approved == 1);
  rules.now += absl::Seconds(5);
  rules.MustApply(ResumeCommand(kId, 1), rules.domain.approver);
  const AgreementRecord& record = rules.Record(kId, 1);
  CHECK(record.state() == agreement::v1::AGREEMENT_STATE_APPROVED);
  CHECK(record.suspended_by_key_id() == broker.id());
  CHECK(FromTimestamp(record.suspended_at()) == suspended_at);
  CHECK(record.suspension_reason() == "the day's limit is reached");
  CHECK(record.resumed_by_key_id() == rules.domain.approver.id());
  CHECK(FromTimestamp(record.resumed_at()) == rules.now);
  rules.MustApply(SuspendCommand(kId, 1), rules.domain.approver);
  CHECK(rules.Record(kId, 1).resumed_by_key_id().empty());
}

TEST_CASE("who may suspend and who may resume") {
  RulesHarness rules;
  rules.MustRequest();
  const auto broker = EnrolBroker(rules);
  const auto suspend = SuspendCommand(kId, 1);
  CheckRefused(rules.Apply(SuspendCommand("none", 1), broker),
               status::v1::REASON_CODE_NOT_FOUND, "id");
  // Only what is approved.
  CheckRefused(rules.Apply(suspend, broker),
               status::v1::REASON_CODE_WRONG_STATE, "version");
  REQUIRE(Approve(rules).accepted());
  CheckRefused(rules.Apply(suspend, rules.domain.consumer),
               status::v1::REASON_CODE_ROLE_NOT_ALLOWED, "");
  CheckRefused(rules.Apply(suspend, rules.domain.health_approver),
               status::v1::REASON_CODE_WRONG_DEPARTMENT, "id");
  CheckRefused(rules.Apply(ResumeCommand(kId, 1), rules.domain.approver),
               status::v1::REASON_CODE_WRONG_STATE, "version");
  rules.MustApply(suspend, rules.domain.approver);
  CheckRefused(rules.Apply(suspend, broker),
               status::v1::REASON_CODE_WRONG_STATE, "version");
  CheckRefused(rules.Apply(ResumeCommand(kId, 1), broker),
               status::v1::REASON_CODE_ROLE_NOT_ALLOWED, "");
  CheckRefused(rules.Apply(ResumeCommand(kId, 1), rules.domain.health_approver),
               status::v1::REASON_CODE_WRONG_DEPARTMENT, "id");
  rules.MustApply(RevokeCommand(kId, 1), rules.domain.consumer);
  CheckRefused(rules.Apply(ResumeCommand(kId, 1), rules.domain.approver),
               status::v1::REASON_CODE_WRONG_STATE, "version");
  CHECK(rules.state.FindAgreement(kId)->approved == 0);
}

TEST_CASE("a newer version supersedes one that is suspended") {
  RulesHarness rules;
  rules.MustRequest();
  REQUIRE(Approve(rules).accepted());
  rules.MustApply(SuspendCommand(kId, 1), rules.domain.approver);
  rules.MustApply(RequestCommand(PeopleAgreementVersion(2)),
                  rules.domain.consumer);
  REQUIRE(Approve(rules, 2).accepted());
  CHECK(rules.Record(kId, 1).state() ==
        agreement::v1::AGREEMENT_STATE_SUPERSEDED);
  CHECK(rules.state.FindAgreement(kId)->approved == 2);
}

TEST_CASE("limits have bounds, and a day begins at one time for ever") {
  Agreement agreement = PeopleAgreement();
  agreement.mutable_limits()->set_utc_offset_minutes(841);
  CheckRefused(Request(agreement), status::v1::REASON_CODE_OUT_OF_BOUNDS,
               "limits.utc_offset_minutes");
  agreement.mutable_limits()->set_utc_offset_minutes(480);
  agreement.mutable_limits()->set_on_limit(
      static_cast<agreement::v1::OnLimit>(99));
  CheckRefused(Request(agreement), status::v1::REASON_CODE_OUT_OF_BOUNDS,
               "limits.on_limit");
  agreement.mutable_limits()->set_on_limit(agreement::v1::ON_LIMIT_SUSPEND);

  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  const auto request = [&] {
    return rules.Apply(RequestCommand(agreement), rules.domain.consumer);
  };
  REQUIRE(request().accepted());
  agreement.set_version(2);
  agreement.mutable_limits()->set_utc_offset_minutes(0);
  // The first one is not in force yet.
  REQUIRE(request().accepted());
  REQUIRE(Approve(rules, 1).accepted());
  CheckRefused(Approve(rules, 2), status::v1::REASON_CODE_OUT_OF_BOUNDS,
               "limits.utc_offset_minutes");
  agreement.set_version(3);
  CheckRefused(request(), status::v1::REASON_CODE_OUT_OF_BOUNDS,
               "limits.utc_offset_minutes");
  agreement.mutable_limits()->set_utc_offset_minutes(480);
  CHECK(request().accepted());
}

}  // namespace
}  // namespace sluice::registry
