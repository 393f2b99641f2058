#include "libs/registry/rules.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"

namespace sluice::registry {
namespace {

absl::StatusOr<Changes> JudgeBody(const RuleContext& context,
                                  const v1::Command& command) {
  switch (command.body_case()) {
    case v1::Command::kEnrolDepartment:
      return JudgeEnrolDepartment(context, command.enrol_department());
    case v1::Command::kEnrolKey:
      return JudgeEnrolKey(context, command.enrol_key());
    case v1::Command::kRotateKey:
      return JudgeRotateKey(context, command.rotate_key());
    case v1::Command::kRevokeKey:
      return JudgeRevokeKey(context, command.revoke_key());
    case v1::Command::kPutResource:
      return JudgePutResource(context, command.put_resource());
    case v1::Command::kRequestAgreement:
      return JudgeRequestAgreement(context, command.request_agreement());
    case v1::Command::kApproveAgreement:
      return JudgeApproveAgreement(context, command.approve_agreement());
    case v1::Command::kRevokeAgreement:
      return JudgeRevokeAgreement(context, command.revoke_agreement());
    case v1::Command::kSuspendAgreement:
      return JudgeSuspendAgreement(context, command.suspend_agreement());
    case v1::Command::kResumeAgreement:
      return JudgeResumeAgreement(context, command.resume_agreement());
    case v1::Command::kSetRulesVersion:
      return JudgeSetRulesVersion(context, command.set_rules_version());
    case v1::Command::kGenesis:
      return Error(status::v1::REASON_CODE_WRONG_STATE,
                   "this trust domain has its genesis already; a new one needs "
                   "a bus of its own");
    case v1::Command::BODY_NOT_SET:
      break;
  }
  return Error(status::v1::REASON_CODE_MALFORMED,
               "the command holds nothing to do");
}

absl::StatusOr<Changes> JudgeCommand(const State& state,
                                     const LoggedCommand& logged) {
  const v1::Command& command = *logged.command;
  const v1::SignedCommand& signed_command = *logged.signed_command;
  if (signed_command.command().size() > kCommandBytesMax) {
    return ParseCommand(signed_command).status();
  }
  RETURN_IF_ERROR(CheckCommand(command));
  if (!state.genesis().has_value()) return JudgeGenesis(state, logged);
  if (!command.has_genesis() &&
      AsView(command.genesis_digest()) !=
          crypto::DigestView(state.genesis_digest())) {
    return FieldError(status::v1::REASON_CODE_WRONG_TRUST_DOMAIN,
                      "genesis_digest",
                      "the command was signed for another trust domain: pin "
                      "the digest of this "
                      "one's genesis and sign again");
  }
  const KeyPtr key = state.FindKey(AsView(signed_command.key_id()));
  RETURN_IF_ERROR(CheckSignature(key.get(), signed_command));
  if (logged.id_was_accepted) {
    return FieldError(status::v1::REASON_CODE_DUPLICATE_COMMAND, "id",
                      absl::StrCat("a command ", command.id(),
                                   " was accepted before; this one changes "
                                   "nothing: sign a new one under a new id"));
  }
  RETURN_IF_ERROR(CheckKeyIsActive(key->info));
  return JudgeBody(RuleContext{state, logged, key->info}, command);
}

v1::Verdict Refusal(const absl::Status& status) {
  v1::Verdict verdict;
  verdict.set_reason(ReasonOf(status));
  const absl::string_view message = status.message();
  verdict.set_message(message.data(), message.size());
  verdict.set_field(FieldOf(status));
  return verdict;
}

}  // namespace

Outcome Judge(const State& state, const LoggedCommand& command) {
  Outcome outcome;
  absl::StatusOr<Changes> changes = JudgeCommand(state, command);
  if (!changes.ok()) {
    outcome.verdict = Refusal(changes.status());
    return outcome;
  }
  outcome.verdict.set_accepted(true);
  outcome.changes = *std::move(changes);
  return outcome;
}

absl::Status CheckSignature(const KnownKey* key,
                            const v1::SignedCommand& command) {
  if (key == nullptr) {
    return FieldError(
        status::v1::REASON_CODE_UNKNOWN_KEY, "key_id",
        "no key of this id is enrolled: ask a security officer to "
        "enrol it, or sign with one that is");
  }
  if (!key->key.Verify(crypto::kCommandDomain, AsView(command.command()),
                       AsView(command.signature()))) {
    return FieldError(
        status::v1::REASON_CODE_SIGNATURE_INVALID, "signature",
        absl::StrCat("it is not that of key ", key->info.id(),
                     " over these bytes: sign the command as it is sent"));
  }
  return absl::OkStatus();
}

absl::Status CheckKeyIsActive(const v1::SigningKey& key) {
  if (key.state() == v1::KEY_STATE_ACTIVE) return absl::OkStatus();
  if (key.state() == v1::KEY_STATE_RETIRED) {
    return FieldError(
        status::v1::REASON_CODE_KEY_REVOKED, "key_id",
        absl::StrCat("key ", key.id(), " was retired by a rotation: sign with ",
                     key.successor_key_id(), ", which took its place"));
  }
  return FieldError(status::v1::REASON_CODE_KEY_REVOKED, "key_id",
                    absl::StrCat("key ", key.id(),
                                 " is revoked: ask a security officer to enrol "
                                 "another"));
}

std::string RoleName(v1::Role role) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::Role_Name(role), "ROLE_"));
}

absl::Status RuleContext::RequireRole(std::initializer_list<v1::Role> roles,
                                      absl::string_view action) const {
  if (std::find(roles.begin(), roles.end(), author.role()) != roles.end()) {
    return absl::OkStatus();
  }
  std::vector<std::string> names;
  for (const v1::Role role : roles) names.push_back(RoleName(role));
  return Error(status::v1::REASON_CODE_ROLE_NOT_ALLOWED,
               absl::StrCat("key ", author.id(), " has the role ",
                            RoleName(author.role()), "; to ", action, " takes ",
                            absl::StrJoin(names, " or ")));
}

}  // namespace sluice::registry
