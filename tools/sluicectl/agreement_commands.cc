// sluicectl agreement.
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/cli/progress_bar.h"
#include "libs/client/commands.h"
#include "libs/client/connect.h"
#include "libs/client/paging.h"
#include "libs/client/retry.h"
#include "libs/desensitize/treatment.h"
#include "libs/predicate/describe.h"
#include "libs/records/resource_fields.h"
#include "tools/sluicectl/agreement_file.h"
#include "tools/sluicectl/agreement_text.h"
#include "tools/sluicectl/names.h"
#include "tools/sluicectl/subcommands.h"
#include "tools/sluicectl/unanswered.h"

namespace sluice::sluicectl {
namespace {

using agreement::v1::Agreement;
using agreement::v1::AgreementRecord;
using agreement::v1::AgreementService;
using agreement::v1::FieldGrant;
using catalog::v1::Field;
using catalog::v1::Resource;
using cli::Cell;

Cell TextOrNull(const std::string& text) {
  return text.empty() ? Cell() : Cell::Text(AsView(text));
}

absl::StatusOr<Resource> GetResource(client::Connection* connection,
                                     const std::string& id) {
  catalog::v1::GetResourceRequest request;
  request.set_id(id);
  ASSIGN_OR_RETURN(
      catalog::v1::GetResourceResponse response,
      connection->Call(&catalog::v1::CatalogService::Stub::GetResource,
                       request));
  return std::move(*response.mutable_resource());
}

// `version` 0: the newest.
absl::StatusOr<AgreementRecord> GetAgreement(client::Connection* connection,
                                             const std::string& id,
                                             uint32_t version) {
  agreement::v1::GetAgreementRequest request;
  request.set_id(id);
  request.set_version(version);
  ASSIGN_OR_RETURN(
      agreement::v1::GetAgreementResponse response,
      connection->Call(&AgreementService::Stub::GetAgreement, request));
  return std::move(*response.mutable_agreement());
}

// ------------------------------------------------------------------- showing

cli::Facts TermsOf(const Agreement& agreement) {
  std::vector<std::string> modes;
  for (int mode : agreement.modes()) {
    modes.push_back(NameOf(static_cast<agreement::v1::DeliveryMode>(mode)));
  }
  const auto text = [](const std::string& value) {
    return Cell::Text(AsView(value));
  };
  const std::string untreatable = NameOf(agreement.on_untreatable());
  return {{"agreement",
           text(absl::StrCat(agreement.id(), "@", agreement.version()))},
          {"resource", text(agreement.resource())},
          {"consumer", text(agreement.consumer())},
          {"purpose", text(agreement.purpose())},
          {"legal_basis", text(agreement.legal_basis())},
          {"modes", text(absl::StrJoin(modes, ", "))},
          {"valid_from", text(TimeText(agreement.valid_from()))},
          {"valid_until", text(TimeText(agreement.valid_until()))},
          {"on_untreatable",
           text(untreatable.empty() ? "null_and_count" : untreatable)},
          {"limits", text(DescribeLimits(agreement.limits()))},
          {"row_filter", text(agreement.has_row_filter()
                                  ? predicate::Describe(agreement.row_filter())
                                  : "none")}};
}

void AddHistory(const AgreementRecord& record, cli::Facts* facts) {
  const auto add = [facts](const char* name, const std::string& value) {
    facts->emplace_back(name, Cell::Text(AsView(value)));
  };
  const auto by = [](const std::string& key, const std::string& time) {
    return key.empty() ? "" : absl::StrCat(time, " by key ", key);
  };
  add("state", NameOf(record.state()));
  add("requested",
      by(record.requested_by_key_id(), TimeText(record.requested_at())));
  add("approved",
      by(record.approved_by_key_id(), TimeText(record.approved_at())));
  add("revoked", by(record.revoked_by_key_id(), TimeText(record.revoked_at())));
  add("revocation_reason", record.revocation_reason());
  add("terms_digest", HexEncode(AsView(record.request_digest())));
}

// `field` is one of `resource`; both null if they are not known.
std::string TreatmentText(const FieldGrant& grant, const Field* field,
                          const Resource* resource) {
  if (field != nullptr) {
    const auto resolved =
        desensitize::ResolveTreatment(grant.treatment(), *field, *resource, "");
    if (resolved.ok()) return desensitize::DescribeTreatment(*resolved);
  }
  return desensitize::DescribeTreatment(grant.treatment());
}

// Field by field. `resource` null: only what the agreement says itself.
absl::Status WriteGrants(const cli::Invocation& invocation,
                         const Agreement& agreement, const Resource* resource) {
  // Lines are wrapped, not cut: nobody must miss the end of a treatment.
  cli::Terminal terminal = invocation.terminal;
  terminal.width = 0;
  const auto writer = cli::MakeRowWriter(invocation.output,
                                         {{"field", true},
                                          {"name"},
                                          {"title"},
                                          {"type"},
                                          {"sensitivity"},
                                          {"treatment"}},
                                         terminal, &std::cout);
  for (const FieldGrant& grant : agreement.fields()) {
    const Field* const field =
        resource == nullptr ? nullptr
                            : records::FindField(*resource, grant.field_id());
    writer->Write(
        {Cell::Number(uint64_t{grant.field_id()}),
         Cell::Text(AsView(grant.field_name())),
         field == nullptr ? Cell() : TextOrNull(field->title()),
         field == nullptr ? Cell() : TextOrNull(NameOf(field->type())),
         field == nullptr ? Cell() : TextOrNull(NameOf(field->sensitivity())),
         TextOrNull(TreatmentText(grant, field, resource))});
  }
  return writer->Flush();
}

absl::Status WriteText(const std::string& text) {
  std::cout << text;
  return cli::FlushOutput(&std::cout);
}

// The terms and, below them, the fields. As JSON all of `record`, as CSV the
// fields alone.
absl::Status WriteAgreement(const cli::Invocation& invocation,
                            const cli::Facts& facts,
                            const AgreementRecord& record,
                            const Resource* resource) {
  if (invocation.output == cli::OutputFormat::kJsonLines) {
    ASSIGN_OR_RETURN(const std::string json, AgreementJson(record));
    return WriteText(json + "\n");
  }
  if (invocation.output == cli::OutputFormat::kTable) {
    RETURN_IF_ERROR(cli::PrintFacts(invocation, facts));
    std::cout << '\n';
  }
  return WriteGrants(invocation, record.agreement(), resource);
}

absl::Status WriteRecord(const cli::Invocation& invocation,
                         client::Connection* connection,
                         const AgreementRecord& record) {
  // A resource that cannot be read takes titles away, not the terms.
  const auto resource = GetResource(connection, record.agreement().resource());
  cli::Facts facts = TermsOf(record.agreement());
  AddHistory(record, &facts);
  return WriteAgreement(invocation, facts, record,
                        resource.ok() ? &*resource : nullptr);
}

// ------------------------------------------------------------------ commands

struct Resolved {
  AgreementRecord record;
  Resource resource;
};

// The file's agreement as the next version of its id.
absl::StatusOr<Resolved> ResolveFile(client::Connection* connection,
                                     const std::string& path) {
  ASSIGN_OR_RETURN(const AgreementFile file, ReadAgreementFile(path));
  Resolved resolved;
  auto resource = GetResource(connection, file.content.resource());
  if (!resource.ok()) return Annotate(resource.status(), AsView(path));
  resolved.resource = *std::move(resource);
  uint32_t version = 1;
  const auto newest = GetAgreement(connection, file.content.id(), 0);
  if (newest.ok()) {
    version = newest->agreement().version() + 1;
  } else if (ReasonOf(newest.status()) != status::v1::REASON_CODE_NOT_FOUND) {
    return newest.status();
  }
  ASSIGN_OR_RETURN(*resolved.record.mutable_agreement(),
                   ResolveAgreement(file, resolved.resource,
                                    AsView(connection->identity().department),
                                    version, absl::Now()));
  return resolved;
}

absl::Status Check(const cli::Invocation& invocation, const std::string& path) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const Resolved resolved,
                   ResolveFile(connection.get(), path));
  return WriteAgreement(invocation, TermsOf(resolved.record.agreement()),
                        resolved.record, &resolved.resource);
}

absl::Status Request(const cli::Invocation& invocation,
                     const std::string& path) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(Resolved resolved, ResolveFile(connection.get(), path));
  const Agreement& agreement = resolved.record.agreement();
  registry::v1::Command command;
  *command.mutable_request_agreement()->mutable_agreement() = agreement;
  ASSIGN_OR_RETURN(const registry::v1::SubmitResponse response,
                   client::SubmitCommand(connection.get(), std::move(command)));
  resolved.record.set_state(agreement::v1::AGREEMENT_STATE_REQUESTED);
  cli::Facts facts = TermsOf(agreement);
  facts.emplace_back("state", Cell::Text("requested"));
  facts.emplace_back("offset", Cell::Number(response.offset()));
  RETURN_IF_ERROR(
      WriteAgreement(invocation, facts, resolved.record, &resolved.resource));
  std::cerr << "requested; an approver of the provider decides: sluicectl "
               "agreement approve "
            << agreement.id() << '\n';
  return absl::OkStatus();
}

absl::Status List(const cli::Invocation& invocation,
                  const std::string& resource) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  const auto writer = cli::MakeOutput(invocation, {{"agreement"},
                                                   {"version", true},
                                                   {"state"},
                                                   {"resource"},
                                                   {"consumer"},
                                                   {"purpose"},
                                                   {"fields", true},
                                                   {"valid_from"},
                                                   {"valid_until"}});
  agreement::v1::ListAgreementsRequest request;
  request.set_resource(resource);
  const auto write_page =
      [&](const agreement::v1::ListAgreementsResponse& page) {
        for (const AgreementRecord& record : page.agreements()) {
          const Agreement& agreement = record.agreement();
          writer->Write(
              {Cell::Text(AsView(agreement.id())),
               Cell::Number(uint64_t{agreement.version()}),
               Cell::Text(AsView(NameOf(record.state()))),
               Cell::Text(AsView(agreement.resource())),
               Cell::Text(AsView(agreement.consumer())),
               Cell::Text(AsView(agreement.purpose())),
               Cell::Number(int64_t{agreement.fields_size()}),
               Cell::Text(AsView(TimeText(agreement.valid_from()))),
               Cell::Text(AsView(TimeText(agreement.valid_until())))});
        }
        return true;
      };
  RETURN_IF_ERROR(client::ForEachPage(connection.get(),
                                      &AgreementService::Stub::ListAgreements,
                                      request, write_page));
  return writer->Flush();
}

struct Target {
  std::string id;
  uint32_t version = 0;
  std::string reason;
  bool yes = false;
  bool yaml = false;
};

absl::Status Show(const cli::Invocation& invocation, const Target& target) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const AgreementRecord record,
                   GetAgreement(connection.get(), target.id, target.version));
  if (target.yaml) return WriteText(AgreementYaml(record.agreement()));
  return WriteRecord(invocation, connection.get(), record);
}

// Asks the person at the terminal. A UsageError where there is none.
absl::StatusOr<bool> Confirm(const std::string& question) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) {
    return cli::UsageError(
        "nobody is there to confirm: read the terms with `sluicectl agreement "
        "show`, then approve with --yes");
  }
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  const std::string lower = absl::AsciiStrToLower(AsView(answer));
  return lower == "y" || lower == "yes";
}

absl::Status Approve(const cli::Invocation& invocation, const Target& target) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  ASSIGN_OR_RETURN(const AgreementRecord record,
                   GetAgreement(connection.get(), target.id, target.version));
  RETURN_IF_ERROR(WriteRecord(invocation, connection.get(), record));
  const std::string name =
      absl::StrCat(record.agreement().id(), "@", record.agreement().version());
  if (!target.yes) {
    std::cerr << "Long lists are cut above; whole: sluicectl agreement show "
              << record.agreement().id() << " --version "
              << record.agreement().version() << " --yaml\n";
    ASSIGN_OR_RETURN(const bool confirmed,
                     Confirm(absl::StrCat("Approve ", name, "?")));
    if (!confirmed) return absl::CancelledError("not approved");
  }
  registry::v1::Command command;
  auto* approve = command.mutable_approve_agreement();
  approve->set_id(record.agreement().id());
  approve->set_version(record.agreement().version());
  approve->set_request_digest(record.request_digest());
  ASSIGN_OR_RETURN(const registry::v1::SubmitResponse response,
                   client::SubmitCommand(connection.get(), std::move(command)));
  std::cerr << "approved " << name << " at registry offset "
            << response.offset() << '\n';
  return absl::OkStatus();
}

using State = agreement::v1::AgreementState;

// The versions of an agreement that are in one of `states`, those under which
// records flow first, then from the newest. WRONG_STATE if there is none.
absl::StatusOr<std::vector<uint32_t>> VersionsIn(
    client::Connection* connection, const std::string& id,
    const std::vector<State>& states) {
  ASSIGN_OR_RETURN(const AgreementRecord newest,
                   GetAgreement(connection, id, 0));
  std::vector<uint32_t> versions;
  for (uint32_t version = newest.agreement().version(); version > 0;
       --version) {
    ASSIGN_OR_RETURN(const AgreementRecord record,
                     GetAgreement(connection, id, version));
    if (std::find(states.begin(), states.end(), record.state()) ==
        states.end()) {
      continue;
    }
    const bool flows =
        record.state() == agreement::v1::AGREEMENT_STATE_APPROVED;
    versions.insert(flows ? versions.begin() : versions.end(), version);
  }
  if (!versions.empty()) return versions;
  std::vector<std::string> names;
  names.reserve(states.size());
  for (const State state : states) names.push_back(NameOf(state));
  return Error(
      status::v1::REASON_CODE_WRONG_STATE,
      absl::StrCat("agreement ", id, " has no version that is ",
                   absl::StrJoin(names, " or "), ": `sluicectl agreement show ",
                   id, "` tells how it stands"));
}

// A change of what an agreement allows.
struct Change {
  // "revoked".
  std::string done;
  State state;
  // Said behind it on standard error.
  std::string effect;
  // Versions in these are meant where none is named.
  std::vector<State> states;
  void (*fill)(const Target& target, uint32_t version,
               registry::v1::Command* command);
};

// A row for each broker that respects the change, or one where there is none
// to wait for.
void WriteChange(const std::string& done, const std::string& id,
                 uint32_t version, absl::Duration took,
                 const registry::v1::SubmitResponse& response,
                 cli::RowWriter* writer) {
  const cli::Row change = {
      Cell::Text(AsView(id)), Cell::Number(uint64_t{version}),
      Cell::Text(AsView(done)), Cell::Number(response.offset()),
      Cell::Number(absl::ToInt64Milliseconds(took))};
  const auto write = [&](std::vector<Cell> by) {
    cli::Row row = change;
    row.insert(row.end(), by.begin(), by.end());
    writer->Write(row);
  };
  for (const registry::v1::Confirmation& one : response.confirmations()) {
    write({TextOrNull(one.holder().empty() ? one.key_id() : one.holder()),
           TextOrNull(one.address()), TextOrNull(NameOf(one.how())),
           Cell::Number(uint64_t{one.waited_ms()})});
  }
  if (response.confirmations().empty()) write({{}, {}, {}, {}});
}

// What a refusal says it says by itself; no answer leaves open what was done.
absl::Status Explain(client::Connection* connection, const std::string& id,
                     uint32_t version, State wanted,
                     const absl::Status& failure) {
  if (!client::MayPass(failure)) return failure;
  const auto record = GetAgreement(connection, id, version);
  const absl::StatusOr<State> found =
      record.ok() ? absl::StatusOr<State>(record->state()) : record.status();
  return ExplainUnanswered(failure, absl::StrCat(id, "@", version), wanted,
                           found);
}

absl::Status Apply(const cli::Invocation& invocation, const Target& target,
                   const Change& change) {
  ASSIGN_OR_RETURN(const auto connection, client::Connect(invocation));
  std::vector<uint32_t> versions = {target.version};
  if (target.version == 0) {
    ASSIGN_OR_RETURN(versions,
                     VersionsIn(connection.get(), target.id, change.states));
  }
  const auto writer = cli::MakeOutput(invocation, {{"agreement"},
                                                   {"version", true},
                                                   {"state"},
                                                   {"offset", true},
                                                   {"took_ms", true},
                                                   {"broker"},
                                                   {"address"},
                                                   {"confirmed"},
                                                   {"waited_ms", true}});
  for (const uint32_t version : versions) {
    registry::v1::Command command;
    change.fill(target, version, &command);
    const absl::Time start = absl::Now();
    const absl::StatusOr<registry::v1::SubmitResponse> response =
        client::SubmitCommand(connection.get(), std::move(command));
    if (!response.ok()) {
      return Explain(connection.get(), target.id, version, change.state,
                     response.status());
    }
    const absl::Duration took = absl::Now() - start;
    WriteChange(change.done, target.id, version, took, *response, writer.get());
    RETURN_IF_ERROR(writer->Flush());
    std::cerr << change.done << ' ' << target.id << '@' << version << " in "
              << cli::ShortDuration(took) << ": " << change.effect << '\n';
  }
  return absl::OkStatus();
}

absl::Status Revoke(const cli::Invocation& invocation, const Target& target) {
  return Apply(
      invocation, target,
      {"revoked",
       agreement::v1::AGREEMENT_STATE_REVOKED,
       "no further write starts under it",
       {agreement::v1::AGREEMENT_STATE_REQUESTED,
        agreement::v1::AGREEMENT_STATE_APPROVED,
        agreement::v1::AGREEMENT_STATE_SUSPENDED},
       [](const Target& of, uint32_t version, registry::v1::Command* command) {
         auto* revoke = command->mutable_revoke_agreement();
         revoke->set_id(of.id);
         revoke->set_version(version);
         revoke->set_reason(of.reason);
       }});
}

absl::Status Suspend(const cli::Invocation& invocation, const Target& target) {
  return Apply(
      invocation, target,
      {"suspended",
       agreement::v1::AGREEMENT_STATE_SUSPENDED,
       "no further write starts under it until it is resumed",
       {agreement::v1::AGREEMENT_STATE_APPROVED},
       [](const Target& of, uint32_t version, registry::v1::Command* command) {
         auto* suspend = command->mutable_suspend_agreement();
         suspend->set_id(of.id);
         suspend->set_version(version);
         suspend->set_reason(of.reason);
       }});
}

absl::Status Resume(const cli::Invocation& invocation, const Target& target) {
  return Apply(
      invocation, target,
      {"resumed",
       agreement::v1::AGREEMENT_STATE_APPROVED,
       "records flow again",
       {agreement::v1::AGREEMENT_STATE_SUSPENDED},
       [](const Target& of, uint32_t version, registry::v1::Command* command) {
         auto* resume = command->mutable_resume_agreement();
         resume->set_id(of.id);
         resume->set_version(version);
       }});
}

// A command on one agreement.
CLI::App* AddWithId(
    CLI::App* group, cli::Invocation* invocation, const std::string& name,
    const std::string& description, const std::string& examples,
    const std::string& version_help, const std::shared_ptr<Target>& target,
    absl::Status (*run)(const cli::Invocation&, const Target&)) {
  CLI::App* const command = cli::AddCommand(
      group, name, description, examples, invocation,
      [invocation, target, run] { return run(*invocation, *target); });
  command->add_option("ID", target->id, "The agreement's id")->required();
  command->add_option("--version", target->version, version_help)
      ->check(CLI::PositiveNumber);
  return command;
}

void AddFileCommands(CLI::App* group, cli::Invocation* invocation) {
  const auto add = [&](const std::string& name, const std::string& description,
                       const std::string& examples,
                       absl::Status (*run)(const cli::Invocation&,
                                           const std::string&)) {
    auto path = std::make_shared<std::string>();
    cli::AddCommand(group, name, description, examples, invocation,
                    [invocation, path, run] { return run(*invocation, *path); })
        ->add_option("FILE", *path, "What is asked for, in YAML")
        ->required();
  };
  add("check", "Check a request against the catalog without sending it",
      "  sluicectl agreement check grid-people.yaml\n", &Check);
  add("request", "Ask for records (consumer)",
      "  sluicectl agreement request grid-people.yaml\n"
      "\n"
      "grid-people.yaml:\n"
      "  id: grid-people\n"
      "  resource: civil-affairs.people\n"
      "  purpose: grid service\n"
      "  legal_basis: Decree 809, article 12\n"
      "  fields:\n"
      "    division: {keep: {}}\n"
      "    name: {mask: {}}\n"
      "    id_number: {pseudonym: {}}\n",
      &Request);
}

}  // namespace

void AddAgreementCommands(CLI::App* app, cli::Invocation* invocation) {
  CLI::App* const group = cli::AddGroup(
      app, "agreement", "What one department may receive from another");
  AddFileCommands(group, invocation);

  auto resource = std::make_shared<std::string>();
  cli::AddCommand(
      group, "list", "Agreements this client may see",
      "  sluicectl agreement list\n"
      "  sluicectl agreement list --resource civil-affairs.people\n",
      invocation,
      [invocation, resource] { return List(*invocation, *resource); })
      ->add_option("--resource", *resource,
                   "Only agreements for this resource");

  auto shown = std::make_shared<Target>();
  AddWithId(group, invocation, "show",
            "One agreement field by field (jsonl: all of it; csv: the fields)",
            "  sluicectl agreement show grid-people\n"
            "  sluicectl agreement show grid-people --version 1\n"
            "  sluicectl agreement show grid-people --yaml > next.yaml\n",
            "Which version (default: the newest)", shown, &Show)
      ->add_flag("--yaml", shown->yaml,
                 "All of its terms as the file that `agreement request` reads");

  auto approval = std::make_shared<Target>();
  AddWithId(group, invocation, "approve",
            "Show a request's terms and approve it (provider's approver)",
            "  sluicectl agreement approve grid-people\n"
            "  sluicectl agreement approve grid-people --version 2 --yes\n",
            "Which version (default: the newest)", approval, &Approve)
      ->add_flag("--yes", approval->yes, "Do not ask");

  const auto add_with_reason =
      [&](const std::string& name, const std::string& description,
          const std::string& examples, const std::string& version_help,
          absl::Status (*run)(const cli::Invocation&, const Target&)) {
        auto target = std::make_shared<Target>();
        AddWithId(group, invocation, name, description, examples, version_help,
                  target, run)
            ->add_option("--reason", target->reason,
                         "Why; kept in the registry")
            ->required();
      };
  add_with_reason(
      "revoke", "Stop an agreement for good, at once",
      "  sluicectl agreement revoke grid-people --reason \"case closed\"\n"
      "\n"
      "Answers when no broker starts another write under it: `confirmed` says\n"
      "of each how that is known (applied; lease_ended: it was cut off and "
      "may\n"
      "not deliver any more; left).",
      "Only this version (default: every one requested, approved or suspended)",
      &Revoke);
  add_with_reason(
      "suspend", "Stop an agreement until it is resumed (provider's approver)",
      "  sluicectl agreement suspend grid-people --reason \"audit\"\n",
      "Which version (default: the approved one)", &Suspend);
  AddWithId(group, invocation, "resume",
            "Let a suspended agreement flow again (provider's approver)",
            "  sluicectl agreement resume grid-people\n",
            "Which version (default: the suspended one)",
            std::make_shared<Target>(), &Resume);
}

}  // namespace sluice::sluicectl
