#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/treatment.h"
#include "libs/predicate/predicate.h"
#include "libs/records/resource_fields.h"
#include "libs/registry/rules.h"
#include "libs/registry/timestamp.h"

namespace sluice::registry {
namespace {

using agreement::v1::Agreement;
using agreement::v1::AgreementRecord;
using agreement::v1::FieldGrant;
using catalog::v1::Field;
using catalog::v1::Resource;

constexpr int kValidDaysMax = 3660;

// Fields of a schema that an error names at most.
constexpr int kFieldsNamedMax = 20;

std::string FieldPath(int index, absl::string_view part) {
  return absl::StrCat("fields[", index, "].", part);
}

// The provider of a resource.
std::string DepartmentOf(const std::string& resource_id) {
  return resource_id.substr(0, resource_id.find('.'));
}

std::string Describe(const std::string& id, uint32_t version) {
  return absl::StrCat("agreement ", id, " version ", version);
}

absl::Status CheckValidity(const Agreement& agreement, absl::Time now) {
  if (!agreement.has_valid_from() ||
      !IsValidTimestamp(agreement.valid_from())) {
    return FieldError(status::v1::REASON_CODE_MALFORMED, "valid_from",
                      "say from when the agreement holds, such as "
                      "2026-01-01T00:00:00Z");
  }
  if (!agreement.has_valid_until() ||
      !IsValidTimestamp(agreement.valid_until())) {
    return FieldError(status::v1::REASON_CODE_MALFORMED, "valid_until",
                      "say until when the agreement holds, such as "
                      "2027-01-01T00:00:00Z");
  }
  const absl::Time from = FromTimestamp(agreement.valid_from());
  const absl::Time until = FromTimestamp(agreement.valid_until());
  if (until <= from) {
    return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, "valid_until",
                      "it must be later than valid_from");
  }
  if (until - from > absl::Hours(24 * kValidDaysMax)) {
    return FieldError(
        status::v1::REASON_CODE_OUT_OF_BOUNDS, "valid_until",
        absl::StrCat("it is more than ", kValidDaysMax,
                     " days (ten years) after valid_from: agree on less and "
                     "renew"));
  }
  if (until <= now) {
    return FieldError(status::v1::REASON_CODE_AGREEMENT_EXPIRED, "valid_until",
                      "it has passed already: choose a later end");
  }
  return absl::OkStatus();
}

absl::Status CheckModes(const Agreement& agreement) {
  std::set<int> seen;
  for (int i = 0; i < agreement.modes_size(); ++i) {
    const std::string path = absl::StrCat("modes[", i, "]");
    if (agreement.modes(i) == agreement::v1::DELIVERY_MODE_UNSPECIFIED) {
      return FieldError(status::v1::REASON_CODE_MALFORMED, path,
                        "name a mode of delivery, such as SUBSCRIBE");
    }
    if (!seen.insert(agreement.modes(i)).second) {
      return FieldError(status::v1::REASON_CODE_MALFORMED, path,
                        "this mode stands there twice: once is enough");
    }
  }
  return absl::OkStatus();
}

// "1 name, 2 phone": what there is to choose from.
std::string NameFields(const Resource& resource) {
  std::string names;
  for (int i = 0; i < resource.fields_size(); ++i) {
    if (i == kFieldsNamedMax) {
      absl::StrAppend(&names, " and ", resource.fields_size() - i, " more");
      break;
    }
    absl::StrAppend(&names, i == 0 ? "" : ", ", resource.fields(i).id(), " ",
                    resource.fields(i).name());
  }
  return names;
}

absl::Status CheckGrant(const FieldGrant& grant, int index,
                        const Resource& resource) {
  const Field* field = records::FindField(resource, grant.field_id());
  if (field == nullptr) {
    return FieldError(
        status::v1::REASON_CODE_UNKNOWN_FIELD, FieldPath(index, "field_id"),
        absl::StrCat(resource.id(), " has no field ", grant.field_id(),
                     ": it has ", NameFields(resource)));
  }
  if (field->name() != grant.field_name()) {
    return FieldError(
        status::v1::REASON_CODE_UNKNOWN_FIELD, FieldPath(index, "field_name"),
        absl::StrCat("field ", grant.field_id(), " of ", resource.id(),
                     " is named ", field->name(),
                     ", not as written here: it has ", NameFields(resource)));
  }
  const std::string path = FieldPath(index, "treatment");
  ASSIGN_OR_RETURN(const agreement::v1::Treatment resolved,
                   desensitize::ResolveTreatment(grant.treatment(), *field,
                                                 resource, AsView(path)));
  return desensitize::CheckStrength(resolved, *field, AsView(path));
}

absl::Status CheckGrants(const Agreement& agreement, const Resource& resource) {
  if (resource.sharing_type() == catalog::v1::SHARING_TYPE_NOT_SHARED) {
    return FieldError(status::v1::REASON_CODE_NOT_SHARED, "resource",
                      absl::StrCat("the catalog says of ", resource.id(),
                                   " that it is not shared: ask department ",
                                   DepartmentOf(resource.id())));
  }
  for (int i = 0; i < agreement.fields_size(); ++i) {
    if (i > 0 &&
        agreement.fields(i).field_id() <= agreement.fields(i - 1).field_id()) {
      return FieldError(status::v1::REASON_CODE_MALFORMED,
                        FieldPath(i, "field_id"),
                        "fields stand in ascending order of id, each once");
    }
    RETURN_IF_ERROR(CheckGrant(agreement.fields(i), i, resource));
  }
  if (!agreement.has_row_filter()) return absl::OkStatus();
  return predicate::Compile(agreement.row_filter(), resource, "row_filter")
      .status();
}

absl::Status CheckParties(const RuleContext& context,
                          const Agreement& agreement) {
  RETURN_IF_ERROR(
      context.RequireRole({v1::ROLE_CONSUMER}, "request an agreement"));
  if (agreement.consumer() != context.author.department()) {
    return FieldError(
        status::v1::REASON_CODE_WRONG_DEPARTMENT, "consumer",
        absl::StrCat("key ", context.author.id(), " is of department ",
                     context.author.department(), " and cannot ask for ",
                     agreement.consumer()));
  }
  if (DepartmentOf(agreement.resource()) == agreement.consumer()) {
    return FieldError(status::v1::REASON_CODE_WRONG_DEPARTMENT, "resource",
                      absl::StrCat(agreement.resource(),
                                   " belongs to the consumer itself: no "
                                   "agreement is needed"));
  }
  return absl::OkStatus();
}

// That the id is free, or this is the next version of what it stands for.
absl::Status CheckIdAndVersion(const State& state, const Agreement& agreement) {
  const AgreementHistory* history = state.FindAgreement(AsView(agreement.id()));
  uint32_t newest = 0;
  if (history != nullptr) {
    const Agreement& first = history->versions.front()->agreement();
    if (first.consumer() != agreement.consumer() ||
        first.resource() != agreement.resource()) {
      return FieldError(status::v1::REASON_CODE_ALREADY_EXISTS, "id",
                        absl::StrCat("the id ", agreement.id(),
                                     " stands for another department's or "
                                     "another resource's agreement, for ever: "
                                     "choose another"));
    }
    newest = history->newest()->agreement().version();
  }
  if (agreement.version() != newest + 1) {
    return FieldError(
        status::v1::REASON_CODE_VERSION_CONFLICT, "version",
        absl::StrCat("the newest version of ", agreement.id(), " is ", newest,
                     "; the next request has version ", newest + 1));
  }
  if (newest == 0 && state.agreement_count() >= state.limits().agreements_max) {
    return Error(status::v1::REASON_CODE_TOO_MANY,
                 absl::StrCat("there are ", state.agreement_count(),
                              " agreements, which is as many as a trust domain "
                              "may have"));
  }
  if (newest >= state.limits().agreement_versions_max) {
    return FieldError(
        status::v1::REASON_CODE_TOO_MANY, "version",
        absl::StrCat(agreement.id(), " has had ", newest,
                     " versions, which is as many as an agreement may have: "
                     "request under a new id"));
  }
  return absl::OkStatus();
}

// That the day of its limits begins when it did for every version that was in
// force: what was granted of a day counts against each version of that day.
absl::Status CheckSameDay(const State& state, const Agreement& agreement) {
  const AgreementHistory* history = state.FindAgreement(AsView(agreement.id()));
  if (history == nullptr || !agreement.has_limits()) return absl::OkStatus();
  const int32_t minutes = agreement.limits().utc_offset_minutes();
  for (const AgreementPtr& earlier : history->versions) {
    const Agreement& terms = earlier->agreement();
    if (earlier->approved_by_key_id().empty() || !terms.has_limits() ||
        terms.limits().utc_offset_minutes() == minutes) {
      continue;
    }
    return FieldError(
        status::v1::REASON_CODE_OUT_OF_BOUNDS, "limits.utc_offset_minutes",
        absl::StrCat("it is ", minutes, ", and was ",
                     terms.limits().utc_offset_minutes(), " in version ",
                     terms.version(),
                     ": an agreement's day begins at one time for ever; keep "
                     "it, or request under a new id"));
  }
  return absl::OkStatus();
}

absl::StatusOr<AgreementPtr> FindVersion(const State& state,
                                         const std::string& id,
                                         uint32_t version) {
  const AgreementHistory* history = state.FindAgreement(AsView(id));
  if (history == nullptr) {
    return FieldError(status::v1::REASON_CODE_NOT_FOUND, "id",
                      absl::StrCat("no agreement ", id,
                                   " was ever requested: see `sluicectl "
                                   "agreement list`"));
  }
  if (version > history->versions.size()) {
    return FieldError(status::v1::REASON_CODE_NOT_FOUND, "version",
                      absl::StrCat(Describe(id, version),
                                   " was never requested; the newest is ",
                                   history->versions.size()));
  }
  return history->versions[version - 1];
}

// That the one who requested is another person, whose word still counts.
absl::Status CheckRequester(const RuleContext& context,
                            const AgreementRecord& record) {
  const KeyPtr requester =
      context.state.FindKey(AsView(record.requested_by_key_id()));
  const std::string& holder = context.author.holder();
  if (record.requested_by_key_id() == context.author.id() ||
      (!holder.empty() && requester != nullptr &&
       requester->info.holder() == holder)) {
    return Error(status::v1::REASON_CODE_SELF_APPROVAL,
                 absl::StrCat("keys ", record.requested_by_key_id(), " and ",
                              context.author.id(),
                              " have the same holder, and nobody approves what "
                              "they requested: let another approver decide"));
  }
  if (requester == nullptr ||
      requester->info.state() == v1::KEY_STATE_REVOKED) {
    return Error(status::v1::REASON_CODE_KEY_REVOKED,
                 absl::StrCat("the request was signed with key ",
                              record.requested_by_key_id(),
                              ", which was revoked since: let the consumer "
                              "request again"));
  }
  return absl::OkStatus();
}

// That the author may, as an approver of the provider's department, do
// `action`.
absl::Status CheckApprover(const RuleContext& context,
                           const Agreement& agreement,
                           absl::string_view action) {
  RETURN_IF_ERROR(context.RequireRole({v1::ROLE_APPROVER}, action));
  const std::string provider = DepartmentOf(agreement.resource());
  if (provider == context.author.department()) return absl::OkStatus();
  return FieldError(
      status::v1::REASON_CODE_WRONG_DEPARTMENT, "id",
      absl::StrCat("key ", context.author.id(), " is of department ",
                   context.author.department(), ", and ", agreement.resource(),
                   " is for ", provider, " to share"));
}

absl::Status CheckCanBeApproved(const RuleContext& context,
                                const v1::ApproveAgreement& command,
                                const AgreementRecord& record,
                                const AgreementHistory& history) {
  const std::string name = Describe(command.id(), command.version());
  if (record.state() != agreement::v1::AGREEMENT_STATE_REQUESTED) {
    return FieldError(
        status::v1::REASON_CODE_WRONG_STATE, "version",
        absl::StrCat(name, " is not waiting for approval (it is ",
                     agreement::v1::AgreementState_Name(record.state()),
                     "): a new version must be requested"));
  }
  if (history.approved > command.version()) {
    return FieldError(status::v1::REASON_CODE_WRONG_STATE, "version",
                      absl::StrCat("the later version ", history.approved,
                                   " is approved already: request a new one"));
  }
  if (command.request_digest() != record.request_digest()) {
    return FieldError(
        status::v1::REASON_CODE_VERSION_CONFLICT, "request_digest",
        absl::StrCat("it is not that of ", name,
                     ": read the request again and approve what it "
                     "says"));
  }
  if (FromTimestamp(record.agreement().valid_until()) <=
      context.logged.log_time) {
    return FieldError(status::v1::REASON_CODE_AGREEMENT_EXPIRED, "version",
                      absl::StrCat(name,
                                   " ended before it was approved: a new "
                                   "version must be requested"));
  }
  return absl::OkStatus();
}

absl::Status CheckRevoker(const RuleContext& context,
                          const Agreement& agreement) {
  RETURN_IF_ERROR(context.RequireRole(
      {v1::ROLE_APPROVER, v1::ROLE_CONSUMER, v1::ROLE_OFFICER},
      "revoke an agreement"));
  const v1::Role role = context.author.role();
  const std::string& department = context.author.department();
  if (role == v1::ROLE_OFFICER || department == agreement.consumer() ||
      (role == v1::ROLE_APPROVER &&
       department == DepartmentOf(agreement.resource()))) {
    return absl::OkStatus();
  }
  return FieldError(status::v1::REASON_CODE_WRONG_DEPARTMENT, "id",
                    absl::StrCat("key ", context.author.id(), " is a ",
                                 RoleName(role), " of ", department,
                                 ", which may not revoke an agreement between ",
                                 DepartmentOf(agreement.resource()), " and ",
                                 agreement.consumer()));
}

// That the version which `command` names is in `state`; `rule` says why.
template <typename Command>
absl::Status CheckState(const Command& command, const AgreementRecord& record,
                        agreement::v1::AgreementState state,
                        absl::string_view rule) {
  if (record.state() == state) return absl::OkStatus();
  return FieldError(
      status::v1::REASON_CODE_WRONG_STATE, "version",
      absl::StrCat(Describe(command.id(), command.version()), " is ",
                   agreement::v1::AgreementState_Name(record.state()), ": ",
                   rule));
}

Changes ChangeOf(AgreementRecord record) {
  Changes changes;
  changes.agreements.push_back(
      std::make_shared<const AgreementRecord>(std::move(record)));
  return changes;
}

}  // namespace

absl::StatusOr<Changes> JudgeRequestAgreement(
    const RuleContext& context, const v1::RequestAgreement& command) {
  const Agreement& agreement = command.agreement();
  RETURN_IF_ERROR(CheckParties(context, agreement));
  const ResourceHistory* resource =
      context.state.FindResource(AsView(agreement.resource()));
  if (resource == nullptr) {
    return FieldError(status::v1::REASON_CODE_NOT_FOUND, "resource",
                      absl::StrCat("the catalog has no ", agreement.resource(),
                                   ": see `sluicectl resource list`"));
  }
  RETURN_IF_ERROR(CheckIdAndVersion(context.state, agreement));
  RETURN_IF_ERROR(CheckSameDay(context.state, agreement));
  RETURN_IF_ERROR(CheckModes(agreement));
  RETURN_IF_ERROR(CheckValidity(agreement, context.logged.log_time));
  RETURN_IF_ERROR(CheckGrants(agreement, *resource->newest()));

  AgreementRecord record;
  *record.mutable_agreement() = agreement;
  record.set_state(agreement::v1::AGREEMENT_STATE_REQUESTED);
  const absl::string_view digest = crypto::DigestView(context.logged.digest);
  record.set_request_digest(digest.data(), digest.size());
  record.set_requested_by_key_id(context.author.id());
  *record.mutable_requested_at() = ToTimestamp(context.logged.log_time);
  return ChangeOf(std::move(record));
}

absl::StatusOr<Changes> JudgeApproveAgreement(
    const RuleContext& context, const v1::ApproveAgreement& command) {
  ASSIGN_OR_RETURN(const AgreementPtr current,
                   FindVersion(context.state, command.id(), command.version()));
  const Agreement& agreement = current->agreement();
  const AgreementHistory& history =
      *context.state.FindAgreement(AsView(command.id()));
  RETURN_IF_ERROR(CheckApprover(context, agreement, "approve an agreement"));
  RETURN_IF_ERROR(CheckCanBeApproved(context, command, *current, history));
  RETURN_IF_ERROR(CheckSameDay(context.state, agreement));
  RETURN_IF_ERROR(CheckRequester(context, *current));
  RETURN_IF_ERROR(CheckGrants(
      agreement,
      *context.state.FindResource(AsView(agreement.resource()))->newest()));

  Changes changes;
  if (history.approved != 0) {
    AgreementRecord superseded = *history.versions[history.approved - 1];
    superseded.set_state(agreement::v1::AGREEMENT_STATE_SUPERSEDED);
    changes = ChangeOf(std::move(superseded));
  }
  AgreementRecord approved = *current;
  approved.set_state(agreement::v1::AGREEMENT_STATE_APPROVED);
  approved.set_approved_by_key_id(context.author.id());
  *approved.mutable_approved_at() = ToTimestamp(context.logged.log_time);
  changes.agreements.push_back(
      std::make_shared<const AgreementRecord>(std::move(approved)));
  return changes;
}

absl::StatusOr<Changes> JudgeRevokeAgreement(
    const RuleContext& context, const v1::RevokeAgreement& command) {
  ASSIGN_OR_RETURN(const AgreementPtr current,
                   FindVersion(context.state, command.id(), command.version()));
  RETURN_IF_ERROR(CheckRevoker(context, current->agreement()));
  if (current->state() != agreement::v1::AGREEMENT_STATE_REQUESTED &&
      current->state() != agreement::v1::AGREEMENT_STATE_APPROVED &&
      current->state() != agreement::v1::AGREEMENT_STATE_SUSPENDED) {
    return FieldError(
        status::v1::REASON_CODE_WRONG_STATE, "version",
        absl::StrCat(Describe(command.id(), command.version()), " is ",
                     agreement::v1::AgreementState_Name(current->state()),
                     " already, which is final"));
  }
  AgreementRecord revoked = *current;
  revoked.set_state(agreement::v1::AGREEMENT_STATE_REVOKED);
  revoked.set_revoked_by_key_id(context.author.id());
  *revoked.mutable_revoked_at() = ToTimestamp(context.logged.log_time);
  revoked.set_revocation_reason(command.reason());
  return ChangeOf(std::move(revoked));
}

absl::StatusOr<Changes> JudgeSuspendAgreement(
    const RuleContext& context, const v1::SuspendAgreement& command) {
  ASSIGN_OR_RETURN(const AgreementPtr current,
                   FindVersion(context.state, command.id(), command.version()));
  constexpr absl::string_view kAction = "suspend an agreement";
  RETURN_IF_ERROR(
      context.RequireRole({v1::ROLE_APPROVER, v1::ROLE_BROKER}, kAction));
  // Brokers serve every department.
  if (context.author.role() == v1::ROLE_APPROVER) {
    RETURN_IF_ERROR(CheckApprover(context, current->agreement(), kAction));
  }
  RETURN_IF_ERROR(CheckState(command, *current,
                             agreement::v1::AGREEMENT_STATE_APPROVED,
                             "only one that is APPROVED can be suspended"));
  AgreementRecord suspended = *current;
  suspended.set_state(agreement::v1::AGREEMENT_STATE_SUSPENDED);
  suspended.set_suspended_by_key_id(context.author.id());
  *suspended.mutable_suspended_at() = ToTimestamp(context.logged.log_time);
  suspended.set_suspension_reason(command.reason());
  suspended.clear_resumed_by_key_id();
  suspended.clear_resumed_at();
  return ChangeOf(std::move(suspended));
}

absl::StatusOr<Changes> JudgeResumeAgreement(
    const RuleContext& context, const v1::ResumeAgreement& command) {
  ASSIGN_OR_RETURN(const AgreementPtr current,
                   FindVersion(context.state, command.id(), command.version()));
  RETURN_IF_ERROR(
      CheckApprover(context, current->agreement(), "resume an agreement"));
  RETURN_IF_ERROR(CheckState(command, *current,
                             agreement::v1::AGREEMENT_STATE_SUSPENDED,
                             "only one that is SUSPENDED can be resumed"));
  AgreementRecord resumed = *current;
  resumed.set_state(agreement::v1::AGREEMENT_STATE_APPROVED);
  resumed.set_resumed_by_key_id(context.author.id());
  *resumed.mutable_resumed_at() = ToTimestamp(context.logged.log_time);
  return ChangeOf(std::move(resumed));
}

}  // namespace sluice::registry
