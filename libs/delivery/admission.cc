#include "libs/delivery/admission.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/timestamp.pb.h"
#include "libs/base/status.h"
#include "libs/desensitize/treatment.h"
#include "libs/predicate/predicate.h"
#include "libs/records/resource_fields.h"

namespace sluice::delivery {
namespace {

using agreement::v1::AgreementRecord;

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

std::string Name(const AgreementRecord& record) {
  return absl::StrCat("agreement ", record.agreement().id(), " version ",
                      record.agreement().version());
}

absl::Status CheckPurpose(const AgreementRecord& record,
                          const std::string& purpose) {
  if (purpose.empty()) {
    return FieldError(status::v1::REASON_CODE_PURPOSE_MISSING, "start.purpose",
                      "a request names what the records are for: give the "
                      "purpose of the agreement");
  }
  if (purpose != record.agreement().purpose()) {
    return FieldError(
        status::v1::REASON_CODE_PURPOSE_MISMATCH, "start.purpose",
        absl::StrCat(Name(record),
                     " is for another purpose: `sluicectl agreement show ",
                     record.agreement().id(), "` tells which"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckCertificate(const Caller& caller, absl::Time now) {
  if (now < caller.certificate_not_after) return absl::OkStatus();
  return Error(
      status::v1::REASON_CODE_CERTIFICATE_EXPIRED,
      absl::StrCat(
          "the certificate of ", caller.spiffe_id, " expired at ",
          absl::FormatTime(caller.certificate_not_after, absl::UTCTimeZone()),
          ": connect with a new one"));
}

absl::Status CheckLive(const AgreementRecord& record, absl::Time now) {
  switch (record.state()) {
    case agreement::v1::AGREEMENT_STATE_APPROVED:
      break;
    case agreement::v1::AGREEMENT_STATE_REVOKED:
      return Error(status::v1::REASON_CODE_AGREEMENT_REVOKED,
                   absl::StrCat(Name(record),
                                " was revoked: ", record.revocation_reason()));
    case agreement::v1::AGREEMENT_STATE_SUSPENDED:
      return SuspendedError(record.agreement().id(),
                            record.agreement().version(),
                            record.suspension_reason());
    case agreement::v1::AGREEMENT_STATE_SUPERSEDED:
      return Error(status::v1::REASON_CODE_AGREEMENT_NOT_ACTIVE,
                   absl::StrCat(Name(record),
                                " was replaced by a newer "
                                "version: subscribe again"));
    default:
      return Error(status::v1::REASON_CODE_AGREEMENT_NOT_ACTIVE,
                   absl::StrCat(Name(record),
                                " is not approved yet: an "
                                "approver of the provider must approve it"));
  }
  const absl::Time from = ToTime(record.agreement().valid_from());
  const absl::Time until = ToTime(record.agreement().valid_until());
  if (now < from) {
    return Error(
        status::v1::REASON_CODE_AGREEMENT_NOT_YET_VALID,
        absl::StrCat(Name(record), " is valid from ",
                     absl::FormatTime(from, absl::UTCTimeZone()), " on"));
  }
  if (now >= until) {
    return Error(status::v1::REASON_CODE_AGREEMENT_EXPIRED,
                 absl::StrCat(Name(record), " was valid until ",
                              absl::FormatTime(until, absl::UTCTimeZone()),
                              ": request a new version"));
  }
  return absl::OkStatus();
}

absl::Status SuspendedError(const std::string& agreement, uint32_t version,
                            const std::string& reason) {
  return Error(status::v1::REASON_CODE_AGREEMENT_SUSPENDED,
               absl::StrCat("agreement ", agreement, " version ", version,
                            " is suspended: ", reason,
                            "; it goes on when an approver of the provider "
                            "resumes it"));
}

absl::Status CheckEntry(const agreement::v1::Agreement& agreement,
                        const catalog::v1::Resource& newest) {
  if (newest.sharing_type() == catalog::v1::SHARING_TYPE_NOT_SHARED) {
    return Error(status::v1::REASON_CODE_NOT_SHARED,
                 absl::StrCat("resource ", newest.id(),
                              " is not shared any more: ask its provider"));
  }
  for (const auto& grant : agreement.fields()) {
    const catalog::v1::Field* const field =
        records::FindField(newest, grant.field_id());
    const std::string path =
        absl::StrCat("fields[\"", grant.field_name(), "\"]");
    if (field == nullptr) {
      return FieldError(status::v1::REASON_CODE_UNKNOWN_FIELD, path,
                        absl::StrCat(newest.id(),
                                     " has this field no more: request a new "
                                     "version of the agreement"));
    }
    ASSIGN_OR_RETURN(
        const desensitize::Treatment resolved,
        desensitize::ResolveTreatment(grant.treatment(), *field, newest, path));
    RETURN_IF_ERROR(desensitize::CheckStrength(resolved, *field, path));
  }
  if (!agreement.has_row_filter()) return absl::OkStatus();
  return predicate::CheckFields(agreement.row_filter(), newest, "row_filter");
}

absl::StatusOr<Grant> Admit(const registry::Registry& registry,
                            const Caller& caller,
                            const exchange::v1::Start& start) {
  const absl::Time now = registry.Now();
  RETURN_IF_ERROR(CheckCertificate(caller, now));
  if (caller.role != registry::v1::ROLE_CONSUMER) {
    return Error(status::v1::REASON_CODE_ROLE_NOT_ALLOWED,
                 absl::StrCat(caller.spiffe_id,
                              " may not receive records: "
                              "connect with a certificate of role consumer"));
  }
  auto record = registry.GetEffectiveAgreement(AsView(start.agreement()));
  if (!record.ok() || (*record)->agreement().consumer() != caller.department) {
    return Error(status::v1::REASON_CODE_NO_AGREEMENT,
                 absl::StrCat("department ", caller.department,
                              " has no agreement of the name given: request "
                              "one with `sluicectl agreement request`"));
  }
  RETURN_IF_ERROR(CheckLive(**record, now));
  RETURN_IF_ERROR(CheckPurpose(**record, start.purpose()));
  const auto& modes = (*record)->agreement().modes();
  if (std::find(modes.begin(), modes.end(),
                agreement::v1::DELIVERY_MODE_SUBSCRIBE) == modes.end()) {
    return Error(status::v1::REASON_CODE_MODE_NOT_GRANTED,
                 absl::StrCat(Name(**record), " does not grant subscriptions"));
  }
  ASSIGN_OR_RETURN(
      auto resource,
      registry.GetResource(AsView((*record)->agreement().resource())));
  RETURN_IF_ERROR(CheckEntry((*record)->agreement(), *resource));
  return Grant{*std::move(record), std::move(resource)};
}

}  // namespace sluice::delivery
