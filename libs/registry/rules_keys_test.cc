#include <catch2/catch.hpp>

#include "libs/base/reason.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"
#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

using crypto::SigningKey;

v1::SigningKey KeyInfo(const RulesHarness& rules, const SigningKey& key) {
  return rules.state.FindKey(AsView(key.id()))->info;
}

TEST_CASE("the genesis enrols its officer and the officer's department") {
  const RulesHarness rules;
  const v1::SigningKey info = KeyInfo(rules, rules.domain.officer);
  CHECK(info.role() == v1::ROLE_OFFICER);
  CHECK(info.department() == "data-bureau");
  CHECK(info.state() == v1::KEY_STATE_ACTIVE);
  REQUIRE(rules.state.FindDepartment("data-bureau") != nullptr);
  CHECK(rules.state.FindDepartment("data-bureau")->name() == "data-bureau");
  CHECK(rules.state.rules_version() == 1);
}

TEST_CASE("a log that does not begin with a sound genesis is refused") {
  const TestDomain domain;
  const auto first = [](const v1::SignedCommand& signed_command) {
    v1::Command command;
    REQUIRE(command.ParseFromString(signed_command.command()));
    LoggedCommand logged;
    logged.signed_command = &signed_command;
    logged.command = &command;
    return Judge(State(), logged).verdict;
  };
  CHECK(first(domain.genesis).accepted());
  CHECK(first(domain.Sign(EnrolDepartmentCommand("grid"), domain.officer))
            .reason() == status::v1::REASON_CODE_WRONG_STATE);

  v1::Command command;
  REQUIRE(command.ParseFromString(domain.genesis.command()));
  CHECK(first(SignCommand(command, domain.provider)).reason() ==
        status::v1::REASON_CODE_UNKNOWN_KEY);
  v1::SignedCommand forged = SignCommand(command, domain.provider);
  forged.set_key_id(domain.officer.id());
  CHECK(first(forged).reason() == status::v1::REASON_CODE_SIGNATURE_INVALID);
  command.set_genesis_digest(std::string(32, 'x'));
  CHECK(first(SignCommand(command, domain.officer)).reason() ==
        status::v1::REASON_CODE_MALFORMED);
}

TEST_CASE("a second genesis is refused") {
  RulesHarness rules;
  const auto again =
      MakeGenesis("other.example", "pem", "data-bureau", rules.domain.officer);
  CHECK(rules.Apply(again).reason() == status::v1::REASON_CODE_WRONG_STATE);
}

TEST_CASE("a command of another trust domain is refused") {
  RulesHarness rules;
  const TestDomain other;
  CHECK(rules.Apply(other.Sign(EnrolDepartmentCommand("tax"), other.officer))
            .reason() == status::v1::REASON_CODE_WRONG_TRUST_DOMAIN);
  CHECK(rules
            .Apply(SignCommand(EnrolDepartmentCommand("tax"),
                               rules.domain.officer))
            .reason() == status::v1::REASON_CODE_WRONG_TRUST_DOMAIN);
  CHECK(rules.state.FindDepartment("tax") == nullptr);
}

TEST_CASE("only the signature of an enrolled key counts") {
  RulesHarness rules;
  const auto stranger = SigningKey::Generate();
  CHECK(rules.Apply(EnrolDepartmentCommand("tax"), stranger).reason() ==
        status::v1::REASON_CODE_UNKNOWN_KEY);
  v1::SignedCommand forged =
      rules.domain.Sign(EnrolDepartmentCommand("tax"), stranger);
  forged.set_key_id(rules.domain.officer.id());
  CHECK(rules.Apply(forged).reason() ==
        status::v1::REASON_CODE_SIGNATURE_INVALID);
}

TEST_CASE("an accepted command changes nothing the second time") {
  RulesHarness rules;
  const auto command =
      rules.domain.Sign(EnrolDepartmentCommand("tax"), rules.domain.officer);
  CHECK(rules.Apply(command).accepted());
  const v1::Verdict second = rules.Apply(command);
  CHECK(second.reason() == status::v1::REASON_CODE_DUPLICATE_COMMAND);
  CHECK(second.field() == "id");
}

TEST_CASE("a refused command may come again under its id") {
  RulesHarness rules;
  v1::Command command =
      EnrolKeyCommand("tax", v1::ROLE_CONSUMER, SigningKey::Generate());
  command.set_id("enrol-tax-key");
  CHECK(rules.Apply(command, rules.domain.officer).reason() ==
        status::v1::REASON_CODE_NOT_FOUND);
  rules.MustApply(EnrolDepartmentCommand("tax"), rules.domain.officer);
  CHECK(rules.Apply(command, rules.domain.officer).accepted());
}

TEST_CASE("a department is enrolled once, by an officer") {
  RulesHarness rules;
  CHECK(rules.Apply(EnrolDepartmentCommand("tax"), rules.domain.approver)
            .reason() == status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  CHECK(rules.Apply(EnrolDepartmentCommand("tax"), rules.domain.officer)
            .accepted());
  const v1::Verdict again =
      rules.Apply(EnrolDepartmentCommand("tax"), rules.domain.officer);
  CHECK(again.reason() == status::v1::REASON_CODE_ALREADY_EXISTS);
  CHECK(again.field() == "department.id");
}

TEST_CASE("a key is enrolled once ever, by an officer, in any role") {
  RulesHarness rules;
  const auto key = SigningKey::Generate();
  const auto enrol = [&](v1::Role role) {
    return EnrolKeyCommand("health", role, key, "Li Min");
  };
  CHECK(rules.Apply(enrol(v1::ROLE_WITNESS), rules.domain.provider).reason() ==
        status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  CHECK(
      rules.Apply(enrol(v1::ROLE_UNSPECIFIED), rules.domain.officer).reason() ==
      status::v1::REASON_CODE_MALFORMED);
  rules.MustApply(enrol(v1::ROLE_WITNESS), rules.domain.officer);
  const v1::SigningKey info = KeyInfo(rules, key);
  CHECK(info.role() == v1::ROLE_WITNESS);
  CHECK(info.holder() == "Li Min");
  CHECK(info.enrolled_offset() == rules.offset - 1);
  CHECK(info.ended_offset() == 0);

  CHECK(rules.Apply(enrol(v1::ROLE_CONSUMER), rules.domain.officer).reason() ==
        status::v1::REASON_CODE_ALREADY_EXISTS);
  rules.MustApply(RevokeKeyCommand(key.id()), rules.domain.officer);
  CHECK(rules.Apply(enrol(v1::ROLE_WITNESS), rules.domain.officer).reason() ==
        status::v1::REASON_CODE_ALREADY_EXISTS);
}

TEST_CASE("a rotated key is retired and its successor takes its place") {
  RulesHarness rules;
  const auto fresh = SigningKey::Generate();
  const SigningKey& old = rules.domain.provider;
  rules.MustApply(RotateKeyCommand(old.id(), fresh), old);
  CHECK(KeyInfo(rules, old).state() == v1::KEY_STATE_RETIRED);
  CHECK(KeyInfo(rules, old).successor_key_id() == fresh.id());
  CHECK(KeyInfo(rules, old).ended_offset() == rules.offset - 1);
  CHECK(KeyInfo(rules, fresh).role() == v1::ROLE_PROVIDER);
  CHECK(KeyInfo(rules, fresh).department() == "civil-affairs");
  CHECK(KeyInfo(rules, fresh).holder() == "provider");

  const v1::Verdict verdict = rules.Apply(PutCommand(PeopleResource()), old);
  CHECK(verdict.reason() == status::v1::REASON_CODE_KEY_REVOKED);
  CHECK(verdict.message().find(fresh.id()) != std::string::npos);
  CHECK(rules.Apply(PutCommand(PeopleResource()), fresh).accepted());
}

TEST_CASE("a rotation needs a proof and a key that is new") {
  RulesHarness rules;
  const SigningKey& old = rules.domain.provider;
  const auto fresh = SigningKey::Generate();
  CHECK(rules.Apply(RotateKeyCommand(rules.domain.adapter.id(), fresh), old)
            .reason() == status::v1::REASON_CODE_SIGNATURE_INVALID);
  v1::Command stolen = RotateKeyCommand(old.id(), old);
  stolen.mutable_rotate_key()->set_new_public_key(fresh.public_key().bytes());
  CHECK(rules.Apply(stolen, old).field() == "proof");
  CHECK(rules.Apply(RotateKeyCommand(old.id(), rules.domain.approver), old)
            .reason() == status::v1::REASON_CODE_ALREADY_EXISTS);
  CHECK(KeyInfo(rules, old).state() == v1::KEY_STATE_ACTIVE);
}

TEST_CASE("a key is revoked by an officer or by itself, once") {
  RulesHarness rules;
  const TestDomain& domain = rules.domain;
  CHECK(rules.Apply(RevokeKeyCommand(domain.consumer.id()), domain.approver)
            .reason() == status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  rules.MustApply(RevokeKeyCommand(domain.consumer.id()), domain.consumer);
  rules.MustApply(RevokeKeyCommand(domain.adapter.id()), domain.officer);
  CHECK(KeyInfo(rules, domain.adapter).state() == v1::KEY_STATE_REVOKED);
  CHECK(KeyInfo(rules, domain.adapter).ended_offset() == rules.offset - 1);
  CHECK(rules.Apply(PutCommand(PeopleResource()), domain.adapter).reason() ==
        status::v1::REASON_CODE_KEY_REVOKED);
  CHECK(rules.Apply(RevokeKeyCommand(domain.adapter.id()), domain.officer)
            .reason() == status::v1::REASON_CODE_WRONG_STATE);
  CHECK(rules.Apply(RevokeKeyCommand("0123456789abcdef"), domain.officer)
            .reason() == status::v1::REASON_CODE_NOT_FOUND);
}

TEST_CASE("a retired key can still be revoked") {
  RulesHarness rules;
  const SigningKey& old = rules.domain.provider;
  rules.MustApply(RotateKeyCommand(old.id(), SigningKey::Generate()), old);
  rules.MustApply(RevokeKeyCommand(old.id()), rules.domain.officer);
  CHECK(KeyInfo(rules, old).state() == v1::KEY_STATE_REVOKED);
}

TEST_CASE("the last active officer's key cannot be revoked") {
  RulesHarness rules;
  const SigningKey& officer = rules.domain.officer;
  const auto second = SigningKey::Generate();
  CHECK(rules.Apply(RevokeKeyCommand(officer.id()), officer).reason() ==
        status::v1::REASON_CODE_WRONG_STATE);
  rules.MustApply(EnrolKeyCommand("health", v1::ROLE_OFFICER, second), officer);
  rules.MustApply(RevokeKeyCommand(officer.id()), second);
  CHECK(rules.Apply(RevokeKeyCommand(second.id()), second).reason() ==
        status::v1::REASON_CODE_WRONG_STATE);
}

TEST_CASE("the rules' version only rises, by an officer") {
  RulesHarness rules;
  CHECK(rules.Apply(SetRulesCommand(2), rules.domain.approver).reason() ==
        status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  CHECK(rules.Apply(SetRulesCommand(1), rules.domain.officer).reason() ==
        status::v1::REASON_CODE_VERSION_CONFLICT);
  rules.MustApply(SetRulesCommand(2), rules.domain.officer);
  CHECK(rules.state.rules_version() == 2);
}

TEST_CASE("departments and keys are bounded in number") {
  // The harness itself enrols four departments and nine keys.
  Limits limits;
  limits.departments_max = 4;
  limits.keys_max = 9;
  RulesHarness rules(limits);
  const SigningKey& officer = rules.domain.officer;
  CHECK(rules.Apply(EnrolDepartmentCommand("tax"), officer).reason() ==
        status::v1::REASON_CODE_TOO_MANY);
  CHECK(rules
            .Apply(EnrolKeyCommand("grid", v1::ROLE_ADAPTER,
                                   SigningKey::Generate()),
                   officer)
            .reason() == status::v1::REASON_CODE_TOO_MANY);
  CHECK(rules
            .Apply(RotateKeyCommand(officer.id(), SigningKey::Generate()),
                   officer)
            .reason() == status::v1::REASON_CODE_TOO_MANY);
}

}  // namespace
}  // namespace sluice::registry
