#include "tools/audit_query/trail.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/commands.h"
#include "libs/client/paging.h"
#include "libs/identity/spiffe_id.h"

namespace sluice::audit_query {
namespace {

using audit::v1::AuditService;
using registry::v1::SigningKey;

// Entries that one call reads, and how long it may take.
constexpr uint64_t kEntriesPerCall = 65'536;
constexpr absl::Duration kReadDeadline = absl::Minutes(2);

absl::StatusOr<std::optional<SigningKey>> FindKey(
    client::Connection* connection, const std::string& id) {
  std::optional<SigningKey> found;
  RETURN_IF_ERROR(client::ForEachPage(
      connection, &registry::v1::RegistryService::Stub::ListKeys,
      registry::v1::ListKeysRequest(),
      [&](const registry::v1::ListKeysResponse& page) {
        for (const SigningKey& key : page.keys()) {
          if (key.id() == id) found = key;
        }
        return !found.has_value();
      }));
  return found;
}

absl::Status Corrupt(uint64_t index) {
  return Error(
      status::v1::REASON_CODE_CORRUPT,
      absl::StrCat("the broker did not send audit entry ", index,
                   ", which its checkpoint covers: entries were removed, or "
                   "the broker fails; keep the checkpoint as evidence"));
}

// One call; moves `at` on.
absl::Status ReadSome(
    client::Connection* connection, uint64_t end, uint64_t* at,
    const std::function<absl::Status(const std::string&)>& take) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kReadDeadline));
  audit::v1::ReadEntriesRequest request;
  request.set_first(*at);
  request.set_count(std::min(kEntriesPerCall, end - *at));
  const uint64_t until = *at + request.count();
  const auto reader =
      connection->endpoint()->stub<AuditService::Stub>()->ReadEntries(&context,
                                                                      request);
  audit::v1::ReadEntriesResponse response;
  absl::Status status;
  while (status.ok() && reader->Read(&response)) {
    if (response.first() != *at) status = Corrupt(*at);
    for (const std::string& entry : response.entries()) {
      if (*at == until) status = Corrupt(*at);
      if (status.ok()) status = take(entry);
      if (!status.ok()) break;
      ++*at;
    }
  }
  if (!status.ok()) context.TryCancel();
  const absl::Status finished =
      connection->endpoint()->Judge(reader->Finish(), context, kReadDeadline);
  if (!status.ok()) return status;
  RETURN_IF_ERROR(finished);
  return *at == until ? absl::OkStatus() : Corrupt(*at);
}

}  // namespace

absl::StatusOr<SignedCheckpoint> FetchCheckpoint(
    client::Connection* connection) {
  ASSIGN_OR_RETURN(const audit::v1::GetCheckpointResponse response,
                   connection->Call(&AuditService::Stub::GetCheckpoint,
                                    audit::v1::GetCheckpointRequest()));
  return CheckSignature(AsView(response.verifier_key()),
                        AsView(response.checkpoint()));
}

absl::Status CheckTrailKey(client::Connection* connection,
                           const audit::NoteVerifier& verifier) {
  ASSIGN_OR_RETURN(const client::CheckedGenesis genesis,
                   client::FetchGenesis(connection));
  ASSIGN_OR_RETURN(const std::optional<SigningKey> key,
                   FindKey(connection, verifier.key.id()));
  if (!key.has_value()) {
    return Error(
        status::v1::REASON_CODE_UNKNOWN_KEY,
        absl::StrCat("the checkpoint of ", verifier.name, " is signed by key ",
                     verifier.key.id(), ", which the registry does not hold"));
  }
  return CheckKeyOfOrigin(*key, verifier,
                          AsView(genesis.content.trust_domain()));
}

absl::Status CheckKeyOfOrigin(const SigningKey& key,
                              const audit::NoteVerifier& verifier,
                              absl::string_view trust_domain) {
  const std::string what =
      absl::StrCat("key ", key.id(), ", which signed the checkpoint of ",
                   verifier.name, ", ");
  if (key.public_key() != verifier.key.bytes()) {
    return Error(status::v1::REASON_CODE_UNKNOWN_KEY,
                 absl::StrCat(what, "is not the one the registry holds"));
  }
  if (key.role() != registry::v1::ROLE_BROKER) {
    return Error(
        status::v1::REASON_CODE_UNKNOWN_KEY,
        absl::StrCat(what, "is enrolled as ", identity::RoleName(key.role()),
                     ", not as a broker's"));
  }
  if (key.state() == registry::v1::KEY_STATE_REVOKED) {
    return Error(status::v1::REASON_CODE_KEY_REVOKED,
                 absl::StrCat(what, "was revoked at registry offset ",
                              key.ended_offset()));
  }
  const std::string prefix =
      absl::StrCat(trust_domain, "/", key.department(), "/");
  if (!absl::StartsWith(verifier.name, prefix)) {
    return Error(status::v1::REASON_CODE_WRONG_DEPARTMENT,
                 absl::StrCat(what, "is of ", prefix,
                              " and may not sign for another origin"));
  }
  return absl::OkStatus();
}

absl::Status ReadEntries(
    client::Connection* connection, uint64_t first, uint64_t end,
    const std::function<absl::Status(const std::string&)>& take) {
  for (uint64_t at = first; at < end;) {
    RETURN_IF_ERROR(ReadSome(connection, end, &at, take));
  }
  return absl::OkStatus();
}

}  // namespace sluice::audit_query
