#include "libs/registry/test_domain.h"

#include <catch2/catch.hpp>
#include <utility>

#include "libs/base/string_view.h"
#include "libs/registry/command.h"
#include "libs/registry/timestamp.h"

namespace sluice::registry {
namespace {

catalog::v1::Field MakeField(uint32_t id, const std::string& name,
                             records::v1::DataType type,
                             catalog::v1::SemanticType semantic_type,
                             catalog::v1::Sensitivity sensitivity) {
  catalog::v1::Field field;
  field.set_id(id);
  field.set_name(name);
  field.set_type(type);
  field.set_semantic_type(semantic_type);
  field.set_sensitivity(sensitivity);
  return field;
}

agreement::v1::FieldGrant& AddGrant(agreement::v1::Agreement* agreement,
                                    uint32_t id, const std::string& name) {
  agreement::v1::FieldGrant& grant = *agreement->add_fields();
  grant.set_field_id(id);
  grant.set_field_name(name);
  return grant;
}

}  // namespace

TestDomain::TestDomain()
    : officer(crypto::SigningKey::Generate()),
      provider(crypto::SigningKey::Generate()),
      adapter(crypto::SigningKey::Generate()),
      approver(crypto::SigningKey::Generate()),
      consumer(crypto::SigningKey::Generate()),
      health_approver(crypto::SigningKey::Generate()),
      grid_consumer(crypto::SigningKey::Generate()),
      grid_approver(crypto::SigningKey::Generate()),
      grid_provider(crypto::SigningKey::Generate()),
      genesis(MakeGenesis("county.example", "pem", "data-bureau", officer)),
      genesis_digest(CommandDigest(genesis)) {}

v1::SignedCommand TestDomain::Sign(v1::Command command,
                                   const crypto::SigningKey& key) const {
  const absl::string_view digest = crypto::DigestView(genesis_digest);
  command.set_genesis_digest(digest.data(), digest.size());
  return SignCommand(std::move(command), key);
}

std::vector<v1::SignedCommand> TestDomain::Enrolments() const {
  std::vector<v1::SignedCommand> commands;
  for (const char* id : {"civil-affairs", "health", "grid"}) {
    commands.push_back(Sign(EnrolDepartmentCommand(id), officer));
  }
  const auto enrol = [&](const char* department, v1::Role role,
                         const crypto::SigningKey& key, const char* holder) {
    commands.push_back(
        Sign(EnrolKeyCommand(department, role, key, holder), officer));
  };
  enrol("civil-affairs", v1::ROLE_PROVIDER, provider, "provider");
  enrol("civil-affairs", v1::ROLE_ADAPTER, adapter, "adapter");
  enrol("civil-affairs", v1::ROLE_APPROVER, approver, "approver");
  enrol("health", v1::ROLE_CONSUMER, consumer, "consumer");
  enrol("health", v1::ROLE_APPROVER, health_approver, "health approver");
  enrol("grid", v1::ROLE_CONSUMER, grid_consumer, "grid consumer");
  enrol("grid", v1::ROLE_APPROVER, grid_approver, "grid approver");
  enrol("grid", v1::ROLE_PROVIDER, grid_provider, "grid provider");
  return commands;
}

v1::Command EnrolDepartmentCommand(const std::string& id) {
  v1::Command command;
  auto* department = command.mutable_enrol_department()->mutable_department();
  department->set_id(id);
  department->set_name(id);
  return command;
}

v1::Command EnrolKeyCommand(const std::string& department, v1::Role role,
                            const crypto::SigningKey& key,
                            const std::string& holder) {
  v1::Command command;
  auto* enrol = command.mutable_enrol_key();
  enrol->set_department(department);
  enrol->set_role(role);
  enrol->set_holder(holder);
  enrol->set_public_key(key.public_key().bytes());
  return command;
}

v1::Command RotateKeyCommand(const std::string& old_key_id,
                             const crypto::SigningKey& new_key) {
  v1::Command command;
  auto* rotate = command.mutable_rotate_key();
  rotate->set_new_public_key(new_key.public_key().bytes());
  rotate->set_proof(MakeRotationProof(AsView(old_key_id), new_key));
  return command;
}

v1::Command RevokeKeyCommand(const std::string& key_id) {
  v1::Command command;
  command.mutable_revoke_key()->set_key_id(key_id);
  command.mutable_revoke_key()->set_reason("lost");
  return command;
}

v1::Command PutCommand(const catalog::v1::Resource& resource) {
  v1::Command command;
  *command.mutable_put_resource()->mutable_resource() = resource;
  command.mutable_put_resource()->set_expected_version(resource.version() - 1);
  return command;
}

v1::Command RequestCommand(const agreement::v1::Agreement& agreement) {
  v1::Command command;
  *command.mutable_request_agreement()->mutable_agreement() = agreement;
  return command;
}

v1::Command ApproveCommand(const agreement::v1::AgreementRecord& record) {
  v1::Command command;
  auto* approve = command.mutable_approve_agreement();
  approve->set_id(record.agreement().id());
  approve->set_version(record.agreement().version());
  approve->set_request_digest(record.request_digest());
  return command;
}

v1::Command RevokeCommand(const std::string& id, uint32_t version) {
  v1::Command command;
  auto* revoke = command.mutable_revoke_agreement();
  revoke->set_id(id);
  revoke->set_version(version);
  revoke->set_reason("no longer needed");
  return command;
}

v1::Command SuspendCommand(const std::string& id, uint32_t version) {
  v1::Command command;
  auto* suspend = command.mutable_suspend_agreement();
  suspend->set_id(id);
  suspend->set_version(version);
  suspend->set_reason("the day's limit is reached");
  return command;
}

v1::Command ResumeCommand(const std::string& id, uint32_t version) {
  v1::Command command;
  command.mutable_resume_agreement()->set_id(id);
  command.mutable_resume_agreement()->set_version(version);
  return command;
}

v1::Command SetRulesCommand(uint32_t version) {
  v1::Command command;
  command.mutable_set_rules_version()->set_rules_version(version);
  return command;
}

catalog::v1::Resource PeopleResource() {
  using namespace catalog::v1;  // NOLINT: names of one proto package
  Resource resource;
  resource.set_id("civil-affairs.people");
  resource.set_version(1);
  resource.set_kind(RESOURCE_KIND_STATE);
  resource.add_key("id_number");
  *resource.add_fields() =
      MakeField(1, "id_number", records::v1::DATA_TYPE_STRING,
                SEMANTIC_TYPE_RESIDENT_ID, SENSITIVITY_L4_HIGHLY_SENSITIVE);
  resource.mutable_fields(0)->set_required(true);
  *resource.add_fields() =
      MakeField(2, "name", records::v1::DATA_TYPE_STRING,
                SEMANTIC_TYPE_PERSON_NAME, SENSITIVITY_L3_SENSITIVE);
  *resource.add_fields() =
      MakeField(3, "district", records::v1::DATA_TYPE_STRING,
                SEMANTIC_TYPE_DIVISION_CODE, SENSITIVITY_L1_PUBLIC);
  *resource.add_fields() =
      MakeField(4, "birth_date", records::v1::DATA_TYPE_DATE,
                SEMANTIC_TYPE_BIRTH_DATE, SENSITIVITY_L2_INTERNAL);
  *resource.add_fields() =
      MakeField(5, "note", records::v1::DATA_TYPE_STRING,
                SEMANTIC_TYPE_UNSPECIFIED, SENSITIVITY_CORE);
  resource.set_title("people");
  resource.set_sharing_type(SHARING_TYPE_CONDITIONAL);
  return resource;
}

agreement::v1::Agreement PeopleAgreement() {
  agreement::v1::Agreement agreement;
  agreement.set_id("health-people");
  agreement.set_version(1);
  agreement.set_resource("civil-affairs.people");
  agreement.set_consumer("health");
  agreement.set_purpose("vaccination");
  agreement.set_legal_basis("a decree");
  agreement.add_modes(agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  AddGrant(&agreement, 1, "id_number").mutable_treatment()->mutable_pseudonym();
  AddGrant(&agreement, 2, "name").mutable_treatment()->mutable_mask();
  AddGrant(&agreement, 3, "district").mutable_treatment()->mutable_keep();
  *agreement.mutable_valid_from() =
      ToTimestamp(absl::FromUnixSeconds(1'767'225'600));
  *agreement.mutable_valid_until() =
      ToTimestamp(absl::FromUnixSeconds(1'798'761'600));
  return agreement;
}

absl::Time TestTime() { return absl::FromUnixSeconds(1'772'323'200); }

RulesHarness::RulesHarness(const Limits& limits) : state(limits) {
  REQUIRE(Apply(domain.genesis).accepted());
  for (const v1::SignedCommand& command : domain.Enrolments()) {
    const v1::Verdict verdict = Apply(command);
    INFO(verdict.message());
    REQUIRE(verdict.accepted());
  }
}

v1::Verdict RulesHarness::Apply(const v1::SignedCommand& command) {
  v1::Command parsed;
  REQUIRE(parsed.ParseFromString(command.command()));
  LoggedCommand logged;
  logged.offset = offset++;
  logged.log_time = now;
  logged.signed_command = &command;
  logged.command = &parsed;
  logged.digest = CommandDigest(command);
  logged.id_was_accepted = accepted_ids_.count(parsed.id()) > 0;
  Outcome outcome = Judge(state, logged);
  state.Commit(outcome.changes);
  if (outcome.verdict.accepted()) accepted_ids_.insert(parsed.id());
  changes = std::move(outcome.changes);
  return outcome.verdict;
}

v1::Verdict RulesHarness::Apply(const v1::Command& command,
                                const crypto::SigningKey& key) {
  return Apply(domain.Sign(command, key));
}

void RulesHarness::MustApply(const v1::Command& command,
                             const crypto::SigningKey& key) {
  const v1::Verdict verdict = Apply(command, key);
  INFO(verdict.message());
  REQUIRE(verdict.accepted());
}

void RulesHarness::MustRequest() {
  MustApply(PutCommand(PeopleResource()), domain.provider);
  MustApply(RequestCommand(PeopleAgreement()), domain.consumer);
}

const agreement::v1::AgreementRecord& RulesHarness::Record(
    const std::string& id, uint32_t version) const {
  return *state.FindAgreement(AsView(id))->versions[version - 1];
}

}  // namespace sluice::registry
