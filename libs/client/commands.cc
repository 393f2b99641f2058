#include "libs/client/commands.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"

namespace sluice::client {

using registry::v1::RegistryService;

namespace {

// A command is answered when it is applied (registry::kSubmitWaitMax, 30 s),
// and one that takes something away when the last broker's lease has run out
// (registry::kLeaseMax, 60 s); the rest is for the way.
constexpr absl::Duration kSubmitAnswerMax = absl::Seconds(95);
constexpr absl::Duration kSubmitDeadline = absl::Seconds(75);

}  // namespace

absl::StatusOr<CheckedGenesis> FetchGenesis(Connection* connection) {
  ASSIGN_OR_RETURN(const registry::v1::GetGenesisResponse response,
                   connection->Call(&RegistryService::Stub::GetGenesis,
                                    registry::v1::GetGenesisRequest()));
  CheckedGenesis genesis;
  genesis.digest = registry::CommandDigest(response.genesis());
  const std::string hex = HexEncode(crypto::DigestView(genesis.digest));
  const std::string& pinned = connection->config().genesis_sha256();
  if (!pinned.empty() && pinned != hex) {
    return Error(
        status::v1::REASON_CODE_WRONG_TRUST_DOMAIN,
        absl::StrCat("the broker at ", connection->endpoint()->address(),
                     " belongs to genesis ", hex, " and genesis_sha256 pins ",
                     pinned,
                     ": check the address, and the digest with whoever "
                     "runs the platform"));
  }
  ASSIGN_OR_RETURN(const registry::v1::Command command,
                   registry::ParseCommand(response.genesis()));
  genesis.content = command.genesis();
  return genesis;
}

absl::StatusOr<crypto::SigningKey> LoadSigningKey(
    const Connection& connection) {
  const std::string& file = connection.config().signing_key_file();
  if (file.empty()) {
    return FieldError(
        status::v1::REASON_CODE_MALFORMED, "signing_key_file",
        "the client configuration names no signing_key_file, and commands must "
        "be signed: make a key with `sluicectl key create`, have the security "
        "officer enrol it, and name its file");
  }
  return crypto::SigningKey::Load(file);
}

absl::StatusOr<registry::v1::SubmitResponse> SubmitCommand(
    Connection* connection, registry::v1::Command command) {
  ASSIGN_OR_RETURN(const crypto::SigningKey key, LoadSigningKey(*connection));
  ASSIGN_OR_RETURN(const CheckedGenesis genesis, FetchGenesis(connection));
  if (connection->config().genesis_sha256().empty()) {
    return FieldError(
        status::v1::REASON_CODE_WRONG_TRUST_DOMAIN, "genesis_sha256",
        absl::StrCat(
            "the client configuration pins no genesis_sha256, which a command "
            "must name: compare the broker's, ",
            HexEncode(crypto::DigestView(genesis.digest)),
            ", with what the platform's operator gives you, and write it "
            "there"));
  }
  command.set_genesis_digest(genesis.digest.data(), genesis.digest.size());
  registry::v1::SubmitRequest request;
  *request.mutable_command() = registry::SignCommand(std::move(command), key);
  ASSIGN_OR_RETURN(registry::v1::SubmitResponse response,
                   connection->Call(&RegistryService::Stub::Submit, request,
                                    kSubmitDeadline, kSubmitAnswerMax));
  RETURN_IF_ERROR(StatusOf(response.verdict()));
  return response;
}

absl::Status StatusOf(const registry::v1::Verdict& verdict) {
  if (verdict.accepted()) return absl::OkStatus();
  if (verdict.field().empty()) {
    return Error(verdict.reason(), AsView(verdict.message()));
  }
  absl::string_view message = AsView(verdict.message());
  // The path that every FieldError begins with may be there already.
  absl::ConsumePrefix(&message, absl::StrCat(verdict.field(), ": "));
  return FieldError(verdict.reason(), AsView(verdict.field()), message);
}

}  // namespace sluice::client
