// Whether a command is accepted and what it then changes. A pure function of
// the state before it, the command and the log's time; docs/formats/registry.md
// lists the rules with their reasons.
#ifndef SLUICE_LIBS_REGISTRY_RULES_H_
#define SLUICE_LIBS_REGISTRY_RULES_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/crypto/sha256.h"
#include "libs/registry/known_key.h"
#include "libs/registry/state.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {

// A command as it stands in the log.
struct LoggedCommand {
  uint64_t offset = 0;
  // "Now", for every rule.
  absl::Time log_time;
  const v1::SignedCommand* signed_command = nullptr;
  // What signed_command holds: parsed, its bounds not yet checked.
  const v1::Command* command = nullptr;
  // SHA-256 of the signed bytes.
  crypto::Digest digest = {};
  // Whether a command with this id was accepted before.
  bool id_was_accepted = false;
};

struct Outcome {
  v1::Verdict verdict;
  // Empty unless accepted.
  Changes changes;
};

// The verdict on the command behind all that `state` has seen. The genesis is
// judged on an empty state; that its digest is the pinned one is for the caller
// to check.
Outcome Judge(const State& state, const LoggedCommand& command);

// Whether anyone who holds this key may sign a command with it: UNKNOWN_KEY for
// null, SIGNATURE_INVALID, and KEY_REVOKED for a key that is retired or
// revoked.
absl::Status CheckSignature(const KnownKey* key,
                            const v1::SignedCommand& command);
absl::Status CheckKeyIsActive(const v1::SigningKey& key);

// What the rules of one subject are given: a command whose author is proved.
struct RuleContext {
  const State& state;
  const LoggedCommand& logged;
  const v1::SigningKey& author;

  // ROLE_NOT_ALLOWED, saying that `action` takes one of `roles`, unless the
  // author has one of them.
  absl::Status RequireRole(std::initializer_list<v1::Role> roles,
                           absl::string_view action) const;
};

// "consumer" for ROLE_CONSUMER.
std::string RoleName(v1::Role role);

// rules_keys.cc: departments, keys and the rules' version.
absl::StatusOr<Changes> JudgeGenesis(const State& state,
                                     const LoggedCommand& command);
absl::StatusOr<Changes> JudgeEnrolDepartment(
    const RuleContext& context, const v1::EnrolDepartment& command);
absl::StatusOr<Changes> JudgeEnrolKey(const RuleContext& context,
                                      const v1::EnrolKey& command);
absl::StatusOr<Changes> JudgeRotateKey(const RuleContext& context,
                                       const v1::RotateKey& command);
absl::StatusOr<Changes> JudgeRevokeKey(const RuleContext& context,
                                       const v1::RevokeKey& command);
absl::StatusOr<Changes> JudgeSetRulesVersion(
    const RuleContext& context, const v1::SetRulesVersion& command);

// rules_catalog.cc
absl::StatusOr<Changes> JudgePutResource(const RuleContext& context,
                                         const v1::PutResource& command);

// rules_agreements.cc
absl::StatusOr<Changes> JudgeRequestAgreement(
    const RuleContext& context, const v1::RequestAgreement& command);
absl::StatusOr<Changes> JudgeApproveAgreement(
    const RuleContext& context, const v1::ApproveAgreement& command);
absl::StatusOr<Changes> JudgeRevokeAgreement(
    const RuleContext& context, const v1::RevokeAgreement& command);
absl::StatusOr<Changes> JudgeSuspendAgreement(
    const RuleContext& context, const v1::SuspendAgreement& command);
absl::StatusOr<Changes> JudgeResumeAgreement(
    const RuleContext& context, const v1::ResumeAgreement& command);

}  // namespace sluice::registry

#endif  // SLUICE_LIBS_REGISTRY_RULES_H_
