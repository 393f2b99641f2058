// audit-query show.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "libs/audit/merkle.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/client/connect.h"
#include "tools/audit_query/entry_text.h"
#include "tools/audit_query/subcommands.h"
#include "tools/audit_query/trail.h"

namespace sluice::audit_query {
namespace {

using audit::v1::AuditService;
using cli::Cell;

absl::Status CheckInclusion(client::Connection* connection,
                            const std::string& leaf, uint64_t index,
                            const audit::Checkpoint& checkpoint) {
  audit::v1::GetInclusionProofRequest request;
  request.set_index(index);
  request.set_tree_size(checkpoint.size);
  ASSIGN_OR_RETURN(
      const audit::v1::GetInclusionProofResponse response,
      connection->Call(&AuditService::Stub::GetInclusionProof, request));
  std::vector<audit::Digest> proof;
  for (const std::string& hash : response.hashes()) {
    if (hash.size() != crypto::kDigestBytes) {
      return Error(status::v1::REASON_CODE_CORRUPT,
                   "the broker sent an inclusion proof with a hash that is no "
                   "SHA-256");
    }
    proof.push_back(crypto::DigestFrom(AsView(hash)));
  }
  return audit::VerifyInclusion(audit::LeafHash(AsView(leaf)), index,
                                checkpoint.size, proof, checkpoint.root);
}

struct ProvedEntry {
  SignedCheckpoint checkpoint;
  std::string leaf;
  audit::v1::Entry entry;
};

absl::StatusOr<ProvedEntry> FetchProved(client::Connection* connection,
                                        const AuditId& id) {
  ASSIGN_OR_RETURN(SignedCheckpoint checkpoint, FetchCheckpoint(connection));
  RETURN_IF_ERROR(CheckTrailKey(connection, checkpoint.verifier));
  const audit::Checkpoint& covered = checkpoint.checkpoint;
  if (!id.origin.empty() && id.origin != covered.origin) {
    return Error(status::v1::REASON_CODE_NOT_FOUND,
                 absl::StrCat("this broker keeps the trail of ", covered.origin,
                              ", not of ", id.origin, ": ask that one"));
  }
  if (id.index >= covered.size) {
    return Error(status::v1::REASON_CODE_OUT_OF_BOUNDS,
                 absl::StrCat("the trail of ", covered.origin, " has ",
                              covered.size, " entries, from 0 on"));
  }
  ProvedEntry proved{std::move(checkpoint), "", {}};
  RETURN_IF_ERROR(ReadEntries(connection, id.index, id.index + 1,
                              [&proved](const std::string& leaf) {
                                proved.leaf = leaf;
                                return absl::OkStatus();
                              }));
  RETURN_IF_ERROR(CheckInclusion(connection, proved.leaf, id.index,
                                 proved.checkpoint.checkpoint));
  if (!proved.entry.ParseFromString(proved.leaf)) {
    return Error(status::v1::REASON_CODE_MALFORMED,
                 absl::StrCat("entry ", id.index, " is no audit entry"));
  }
  return proved;
}

absl::Status WriteJson(const std::string& audit_id, const ProvedEntry& proved) {
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const auto printed =
      google::protobuf::util::MessageToJsonString(proved.entry, &json, options);
  if (!printed.ok()) {
    return Error(status::v1::REASON_CODE_INTERNAL,
                 "the entry cannot be written as JSON");
  }
  // An audit id is ASCII without quotes: a checkpoint's origin was checked.
  std::cout << "{\"audit_id\":\"" << audit_id << "\",\"leaf_hash\":\""
            << HexEncode(
                   crypto::DigestView(audit::LeafHash(AsView(proved.leaf))))
            << "\",\"proved_in_tree_size\":"
            << proved.checkpoint.checkpoint.size << ",\"entry\":" << json
            << "}\n";
  return absl::OkStatus();
}

absl::Status WriteFields(const cli::Invocation& invocation,
                         const audit::v1::Disclosure& disclosure) {
  std::cout << '\n';
  const auto writer = cli::MakeOutput(invocation, {{"field", true},
                                                   {"name"},
                                                   {"treatment"},
                                                   {"key_version", true},
                                                   {"untreatable", true}});
  for (const audit::v1::FieldTreated& field : disclosure.fields()) {
    writer->Write({Cell::Number(uint64_t{field.field_id()}),
                   Cell::Text(AsView(field.field_name())),
                   Cell::Text(AsView(field.treatment())),
                   field.key_version() == 0
                       ? Cell()
                       : Cell::Number(uint64_t{field.key_version()}),
                   Cell::Number(field.untreatable_values())});
  }
  return writer->Flush();
}

absl::Status Show(const cli::Invocation& invocation, const std::string& text) {
  const auto id = ParseAuditId(AsView(text));
  if (!id.ok()) return cli::UsageError(id.status().message());
  if (invocation.output == cli::OutputFormat::kCsv) {
    return cli::UsageError("one entry is shown as table or jsonl");
  }
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const ProvedEntry proved,
                   FetchProved(connection.get(), *id));
  const audit::Checkpoint& checkpoint = proved.checkpoint.checkpoint;
  const std::string audit_id =
      FormatAuditId(AsView(checkpoint.origin), id->index);
  if (invocation.output == cli::OutputFormat::kJsonLines) {
    return WriteJson(audit_id, proved);
  }
  cli::Facts facts = {{"audit_id", Cell::Text(AsView(audit_id))}};
  for (auto& fact : EntryFacts(proved.entry)) facts.push_back(std::move(fact));
  facts.emplace_back("leaf_hash",
                     Cell::Text(AsView(HexEncode(crypto::DigestView(
                         audit::LeafHash(AsView(proved.leaf)))))));
  facts.emplace_back("proved_in_tree_size", Cell::Number(checkpoint.size));
  RETURN_IF_ERROR(cli::PrintFacts(invocation, facts));
  if (proved.entry.has_disclosure()) {
    RETURN_IF_ERROR(WriteFields(invocation, proved.entry.disclosure()));
  }
  std::cout << '\n'
            << cli::Styled(invocation.terminal, cli::Style::kGreen,
                           "The entry is in the tree of the signed checkpoint.")
            << '\n';
  return absl::OkStatus();
}

}  // namespace

void AddShowCommand(CLI::App* app, cli::Invocation* invocation) {
  auto id = std::make_shared<std::string>();
  cli::AddCommand(
      app, "show",
      "Everything about one entry, with the proof that it is in the trail",
      "  audit-query show 17\n"
      "  audit-query show county.example/data-bureau/broker/17 --output "
      "jsonl\n",
      invocation, [invocation, id] { return Show(*invocation, *id); })
      ->add_option("ID", *id, "<origin>/<index> or <index>")
      ->required();
}

}  // namespace sluice::audit_query
