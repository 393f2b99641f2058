#include "libs/base/reason.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr absl::string_view kPrefix = "REASON_CODE_";

}  // namespace

ReasonTraits TraitsOf(ReasonCode reason) {
  using absl::StatusCode;
  switch (reason) {
    case status::v1::REASON_CODE_MALFORMED:
    case status::v1::REASON_CODE_OUT_OF_BOUNDS:
    case status::v1::REASON_CODE_UNKNOWN_FIELD:
    case status::v1::REASON_CODE_TREATMENT_UNFIT:
    case status::v1::REASON_CODE_POSITION_INVALID:
    case status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE:
    case status::v1::REASON_CODE_PREDICATE_UNFIT:
    case status::v1::REASON_CODE_BATCH_INVALID:
    case status::v1::REASON_CODE_TOO_LARGE:
    case status::v1::REASON_CODE_UNKNOWN_KEY:
    case status::v1::REASON_CODE_KEY_REVOKED:
    case status::v1::REASON_CODE_SIGNATURE_INVALID:
    case status::v1::REASON_CODE_WRONG_TRUST_DOMAIN:
      return {StatusCode::kInvalidArgument, false};
    case status::v1::REASON_CODE_UNKNOWN_IDENTITY:
    case status::v1::REASON_CODE_CERTIFICATE_EXPIRED:
      return {StatusCode::kUnauthenticated, false};
    case status::v1::REASON_CODE_ROLE_NOT_ALLOWED:
    case status::v1::REASON_CODE_WRONG_DEPARTMENT:
    case status::v1::REASON_CODE_SELF_APPROVAL:
    case status::v1::REASON_CODE_NO_AGREEMENT:
    case status::v1::REASON_CODE_AGREEMENT_NOT_ACTIVE:
    case status::v1::REASON_CODE_AGREEMENT_REVOKED:
    case status::v1::REASON_CODE_AGREEMENT_EXPIRED:
    case status::v1::REASON_CODE_AGREEMENT_NOT_YET_VALID:
    case status::v1::REASON_CODE_PURPOSE_MISSING:
    case status::v1::REASON_CODE_PURPOSE_MISMATCH:
    case status::v1::REASON_CODE_MODE_NOT_GRANTED:
    case status::v1::REASON_CODE_TREATMENT_TOO_WEAK:
    case status::v1::REASON_CODE_NOT_SHARED:
    case status::v1::REASON_CODE_AGREEMENT_SUSPENDED:
      return {StatusCode::kPermissionDenied, false};
    case status::v1::REASON_CODE_VALUE_UNTREATABLE:
    case status::v1::REASON_CODE_WRONG_STATE:
    case status::v1::REASON_CODE_RULES_VERSION:
    case status::v1::REASON_CODE_POSITION_EXPIRED:
      return {StatusCode::kFailedPrecondition, false};
    case status::v1::REASON_CODE_NOT_FOUND:
      return {StatusCode::kNotFound, false};
    case status::v1::REASON_CODE_ALREADY_EXISTS:
    case status::v1::REASON_CODE_DUPLICATE_COMMAND:
      return {StatusCode::kAlreadyExists, false};
    case status::v1::REASON_CODE_VERSION_CONFLICT:
    case status::v1::REASON_CODE_FENCED:
      return {StatusCode::kAborted, false};
    case status::v1::REASON_CODE_CHAIN_BROKEN:
    case status::v1::REASON_CODE_CORRUPT:
      return {StatusCode::kDataLoss, false};
    case status::v1::REASON_CODE_KEY_NOT_YET_KNOWN:
    case status::v1::REASON_CODE_AUDIT_UNAVAILABLE:
    case status::v1::REASON_CODE_LEASE_LOST:
    case status::v1::REASON_CODE_STORAGE_FAILED:
    case status::v1::REASON_CODE_SHUTTING_DOWN:
      return {StatusCode::kUnavailable, true};
    case status::v1::REASON_CODE_TOO_MANY:
    case status::v1::REASON_CODE_LIMIT_REACHED:
      return {StatusCode::kResourceExhausted, true};
    case status::v1::REASON_CODE_INTERNAL:
    case status::v1::REASON_CODE_UNSPECIFIED:
    // protoc's own two, named so that the compiler notices a reason without a
    // row.
    case status::v1::ReasonCode_INT_MIN_SENTINEL_DO_NOT_USE_:
    case status::v1::ReasonCode_INT_MAX_SENTINEL_DO_NOT_USE_:
      return {StatusCode::kInternal, false};
  }
  return {StatusCode::kInternal, false};
}

absl::string_view ReasonName(ReasonCode reason) {
  // The descriptor owns the names for as long as the program runs.
  const auto* value =
      status::v1::ReasonCode_descriptor()->FindValueByNumber(reason);
  if (value == nullptr) return "UNKNOWN";
  absl::string_view name = value->name();
  name.remove_prefix(kPrefix.size());
  return name;
}

ReasonCode ReasonFromName(absl::string_view name) {
  ReasonCode reason;
  if (!status::v1::ReasonCode_Parse(absl::StrCat(kPrefix, name), &reason)) {
    return status::v1::REASON_CODE_UNSPECIFIED;
  }
  return reason;
}

}  // namespace sluice
