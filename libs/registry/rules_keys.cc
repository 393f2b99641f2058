#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/rules.h"

namespace sluice::registry {
namespace {

absl::Status CheckNewKey(const State& state, absl::string_view key_id,
                         absl::string_view field) {
  if (state.FindKey(key_id) != nullptr) {
    return FieldError(
        status::v1::REASON_CODE_ALREADY_EXISTS, field,
        absl::StrCat("key ", key_id,
                     " is enrolled already, or was: a key has one "
                     "role and is enrolled once; make a new one"));
  }
  if (state.key_count() >= state.limits().keys_max) {
    return Error(status::v1::REASON_CODE_TOO_MANY,
                 absl::StrCat("there are ", state.key_count(),
                              " keys, which is as many as a trust domain may "
                              "have"));
  }
  return absl::OkStatus();
}

v1::SigningKey ActiveKey(absl::string_view public_key, uint64_t offset) {
  v1::SigningKey key;
  key.set_id(crypto::KeyIdOf(public_key));
  key.set_public_key(public_key.data(), public_key.size());
  key.set_state(v1::KEY_STATE_ACTIVE);
  key.set_enrolled_offset(offset);
  return key;
}

}  // namespace

absl::StatusOr<Changes> JudgeGenesis(const State& /*state*/,
                                     const LoggedCommand& command) {
  if (!command.command->has_genesis()) {
    return Error(status::v1::REASON_CODE_WRONG_STATE,
                 "the log must begin with the genesis of its trust domain");
  }
  const v1::Genesis& genesis = command.command->genesis();
  if (!command.command->genesis_digest().empty()) {
    return FieldError(status::v1::REASON_CODE_MALFORMED, "genesis_digest",
                      "a genesis cannot hold its own digest: leave it empty");
  }
  v1::SigningKey officer =
      ActiveKey(AsView(genesis.officer_public_key()), command.offset);
  officer.set_department(genesis.officer_department());
  officer.set_role(v1::ROLE_OFFICER);
  if (command.signed_command->key_id() != officer.id()) {
    return FieldError(status::v1::REASON_CODE_UNKNOWN_KEY, "key_id",
                      absl::StrCat("a genesis is signed by the officer's key "
                                   "that it holds, ",
                                   officer.id()));
  }
  ASSIGN_OR_RETURN(KeyPtr key, MakeKnownKey(std::move(officer)));
  RETURN_IF_ERROR(CheckSignature(key.get(), *command.signed_command));

  Changes changes;
  changes.genesis = *command.signed_command;
  changes.rules_version = genesis.rules_version();
  v1::Department& department = changes.departments.emplace_back();
  department.set_id(genesis.officer_department());
  department.set_name(genesis.officer_department());
  changes.keys.push_back(std::move(key));
  return changes;
}

absl::StatusOr<Changes> JudgeEnrolDepartment(
    const RuleContext& context, const v1::EnrolDepartment& command) {
  RETURN_IF_ERROR(
      context.RequireRole({v1::ROLE_OFFICER}, "enrol a department"));
  const State& state = context.state;
  const std::string& id = command.department().id();
  if (state.FindDepartment(AsView(id)) != nullptr) {
    return FieldError(status::v1::REASON_CODE_ALREADY_EXISTS, "department.id",
                      absl::StrCat("department ", id,
                                   " is enrolled already: choose another id"));
  }
  if (state.department_count() >= state.limits().departments_max) {
    return Error(
        status::v1::REASON_CODE_TOO_MANY,
        absl::StrCat("there are ", state.department_count(),
                     " departments, which is as many as a trust domain "
                     "may have"));
  }
  Changes changes;
  changes.departments.push_back(command.department());
  return changes;
}

absl::StatusOr<Changes> JudgeEnrolKey(const RuleContext& context,
                                      const v1::EnrolKey& command) {
  RETURN_IF_ERROR(context.RequireRole({v1::ROLE_OFFICER}, "enrol a key"));
  if (context.state.FindDepartment(AsView(command.department())) == nullptr) {
    return FieldError(status::v1::REASON_CODE_NOT_FOUND, "department",
                      absl::StrCat("no department ", command.department(),
                                   " is enrolled: enrol it first"));
  }
  v1::SigningKey info =
      ActiveKey(AsView(command.public_key()), context.logged.offset);
  RETURN_IF_ERROR(CheckNewKey(context.state, AsView(info.id()), "public_key"));
  info.set_department(command.department());
  info.set_role(command.role());
  info.set_holder(command.holder());
  ASSIGN_OR_RETURN(KeyPtr key, MakeKnownKey(std::move(info)));
  Changes changes;
  changes.keys.push_back(std::move(key));
  return changes;
}

absl::StatusOr<Changes> JudgeRotateKey(const RuleContext& context,
                                       const v1::RotateKey& command) {
  v1::SigningKey successor =
      ActiveKey(AsView(command.new_public_key()), context.logged.offset);
  RETURN_IF_ERROR(
      CheckNewKey(context.state, AsView(successor.id()), "new_public_key"));
  successor.set_department(context.author.department());
  successor.set_role(context.author.role());
  successor.set_holder(context.author.holder());
  ASSIGN_OR_RETURN(KeyPtr new_key, MakeKnownKey(std::move(successor)));
  if (!new_key->key.Verify(crypto::kRotationDomain, AsView(context.author.id()),
                           AsView(command.proof()))) {
    return FieldError(
        status::v1::REASON_CODE_SIGNATURE_INVALID, "proof",
        absl::StrCat("it does not show that the author holds key ",
                     new_key->info.id(), ": sign the id ", context.author.id(),
                     " with the new key"));
  }
  v1::SigningKey retired = context.author;
  retired.set_state(v1::KEY_STATE_RETIRED);
  retired.set_ended_offset(context.logged.offset);
  retired.set_successor_key_id(new_key->info.id());
  ASSIGN_OR_RETURN(KeyPtr old_key, MakeKnownKey(std::move(retired)));
  Changes changes;
  changes.keys = {std::move(old_key), std::move(new_key)};
  return changes;
}

absl::StatusOr<Changes> JudgeRevokeKey(const RuleContext& context,
                                       const v1::RevokeKey& command) {
  const bool is_own = command.key_id() == context.author.id();
  if (!is_own) {
    RETURN_IF_ERROR(context.RequireRole({v1::ROLE_OFFICER},
                                        "revoke a key that is not its own"));
  }
  const KeyPtr key = context.state.FindKey(AsView(command.key_id()));
  if (key == nullptr) {
    return FieldError(status::v1::REASON_CODE_NOT_FOUND, "key_id",
                      absl::StrCat("no key ", command.key_id(),
                                   " is enrolled: see `sluicectl key list`"));
  }
  const v1::SigningKey& info = key->info;
  if (info.state() == v1::KEY_STATE_REVOKED) {
    return FieldError(status::v1::REASON_CODE_WRONG_STATE, "key_id",
                      absl::StrCat("key ", info.id(), " is revoked already"));
  }
  if (info.role() == v1::ROLE_OFFICER && info.state() == v1::KEY_STATE_ACTIVE &&
      context.state.CountActiveOfficers() == 1) {
    return FieldError(status::v1::REASON_CODE_WRONG_STATE, "key_id",
                      absl::StrCat("key ", info.id(),
                                   " is the last active security officer's: "
                                   "enrol another officer's key first"));
  }
  v1::SigningKey revoked = info;
  revoked.set_state(v1::KEY_STATE_REVOKED);
  revoked.set_ended_offset(context.logged.offset);
  ASSIGN_OR_RETURN(KeyPtr changed, MakeKnownKey(std::move(revoked)));
  Changes changes;
  changes.keys.push_back(std::move(changed));
  return changes;
}

absl::StatusOr<Changes> JudgeSetRulesVersion(
    const RuleContext& context, const v1::SetRulesVersion& command) {
  RETURN_IF_ERROR(
      context.RequireRole({v1::ROLE_OFFICER}, "set the rules' version"));
  if (command.rules_version() <= context.state.rules_version()) {
    return FieldError(
        status::v1::REASON_CODE_VERSION_CONFLICT, "rules_version",
        absl::StrCat("rules version ", context.state.rules_version(),
                     " is in force; only a higher one can follow"));
  }
  Changes changes;
  changes.rules_version = command.rules_version();
  return changes;
}

}  // namespace sluice::registry
