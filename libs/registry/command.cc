#include "libs/registry/command.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/config/bounds.h"
#include "libs/crypto/random.h"
#include "libs/registry/known_message.h"
#include "libs/registry/timestamp.h"

namespace sluice::registry {
namespace {

constexpr size_t kCommandIdBytes = 16;

// The file that a person wrote to make the command, where there is one: its
// fields are named as they stand there.
const google::protobuf::Message* AuthoredPart(const v1::Command& command) {
  if (command.put_resource().has_resource()) {
    return &command.put_resource().resource();
  }
  if (command.request_agreement().has_agreement()) {
    return &command.request_agreement().agreement();
  }
  return nullptr;
}

absl::Status CheckMessage(const google::protobuf::Message& message) {
  RETURN_IF_ERROR(CheckAllKnown(message));
  return config::CheckBounds(message);
}

}  // namespace

std::string NewCommandId() {
  return HexEncode(AsView(crypto::RandomBytes(kCommandIdBytes)));
}

v1::SignedCommand SignCommand(v1::Command command,
                              const crypto::SigningKey& key) {
  if (command.id().empty()) command.set_id(NewCommandId());
  if (!command.has_issued_at()) {
    *command.mutable_issued_at() = ToTimestamp(absl::Now());
  }
  v1::SignedCommand signed_command;
  signed_command.set_command(command.SerializeAsString());
  signed_command.set_key_id(key.id());
  signed_command.set_signature(
      key.Sign(crypto::kCommandDomain, AsView(signed_command.command())));
  return signed_command;
}

v1::SignedCommand MakeGenesis(absl::string_view trust_domain,
                              absl::string_view ca_bundle_pem,
                              absl::string_view officer_department,
                              const crypto::SigningKey& officer_key) {
  v1::Command command;
  v1::Genesis* genesis = command.mutable_genesis();
  genesis->set_trust_domain(std::string(trust_domain));
  genesis->set_ca_bundle_pem(std::string(ca_bundle_pem));
  genesis->set_officer_department(std::string(officer_department));
  genesis->set_officer_public_key(officer_key.public_key().bytes());
  genesis->set_rules_version(1);
  return SignCommand(std::move(command), officer_key);
}

crypto::Digest CommandDigest(const v1::SignedCommand& command) {
  return crypto::Sha256(AsView(command.command()));
}

std::string MakeRotationProof(absl::string_view old_key_id,
                              const crypto::SigningKey& new_key) {
  return new_key.Sign(crypto::kRotationDomain, old_key_id);
}

bool TakesSomethingAway(const v1::Command& command) {
  switch (command.body_case()) {
    case v1::Command::kRotateKey:
    case v1::Command::kRevokeKey:
    case v1::Command::kRevokeAgreement:
    case v1::Command::kSuspendAgreement:
    case v1::Command::kSetRulesVersion:
      return true;
    // A first version, or a new entry, replaces nothing.
    case v1::Command::kApproveAgreement:
      return command.approve_agreement().version() > 1;
    case v1::Command::kPutResource:
      return command.put_resource().expected_version() > 0;
    case v1::Command::kGenesis:
    case v1::Command::kEnrolDepartment:
    case v1::Command::kEnrolKey:
    case v1::Command::kRequestAgreement:
    case v1::Command::kResumeAgreement:
    case v1::Command::BODY_NOT_SET:
      break;
  }
  return false;
}

absl::Status CheckCommand(const v1::Command& command) {
  if (command.body_case() == v1::Command::BODY_NOT_SET) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "the command holds nothing to do that is known here: set "
                 "exactly one of its bodies, or update the brokers");
  }
  if (const auto* part = AuthoredPart(command); part != nullptr) {
    RETURN_IF_ERROR(CheckMessage(*part));
  }
  return CheckMessage(command);
}

absl::StatusOr<v1::Command> ParseCommand(const v1::SignedCommand& command) {
  if (command.command().size() > kCommandBytesMax) {
    return Error(
        status::v1::REASON_CODE_TOO_LARGE,
        absl::StrCat("the command has ", command.command().size(),
                     " bytes; at most ", kCommandBytesMax, " are allowed"));
  }
  v1::Command parsed;
  if (!parsed.ParseFromString(command.command())) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 "the bytes signed are not a sluice.registry.v1.Command: sign "
                 "and send the serialized message itself");
  }
  RETURN_IF_ERROR(CheckCommand(parsed));
  return parsed;
}

}  // namespace sluice::registry
