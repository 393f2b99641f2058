#include "libs/base/status.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace sluice {

absl::Status Error(ReasonCode reason, absl::string_view message) {
  absl::Status status(TraitsOf(reason).code, message);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(ReasonName(reason)));
  info.set_domain("sluice");
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status FieldError(ReasonCode reason, absl::string_view field,
                        absl::string_view message) {
  absl::Status status = Error(reason, absl::StrCat(field, ": ", message));
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field(std::string(field));
  violation->set_description(std::string(message));
  status.SetPayload(kBadRequestUrl,
                    absl::Cord(bad_request.SerializeAsString()));
  return status;
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(),
                         absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

ReasonCode ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kErrorInfoUrl);
  google::rpc::ErrorInfo info;
  if (!payload.has_value() || !info.ParseFromString(std::string(*payload))) {
    return status::v1::REASON_CODE_UNSPECIFIED;
  }
  return ReasonFromName(info.reason());
}

std::string FieldOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kBadRequestUrl);
  google::rpc::BadRequest bad_request;
  if (!payload.has_value() ||
      !bad_request.ParseFromString(std::string(*payload)) ||
      bad_request.field_violations().empty()) {
    return "";
  }
  return bad_request.field_violations(0).field();
}

bool IsRetriable(const absl::Status& status) {
  const ReasonCode reason = ReasonOf(status);
  if (reason != status::v1::REASON_CODE_UNSPECIFIED) {
    return TraitsOf(reason).retriable;
  }
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
}

}  // namespace sluice
