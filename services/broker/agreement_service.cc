#include "services/broker/agreement_service.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/rpc/status.h"
#include "services/broker/paging.h"

namespace sluice::broker {
namespace {

using agreement::v1::AgreementRecord;
using rpc::ToGrpc;

bool SeesAll(registry::v1::Role role) {
  return role == registry::v1::ROLE_OFFICER ||
         role == registry::v1::ROLE_OPERATOR ||
         role == registry::v1::ROLE_AUDITOR;
}

bool MaySee(const delivery::Caller& caller, const AgreementRecord& record) {
  const std::string& resource = record.agreement().resource();
  return SeesAll(caller.role) ||
         record.agreement().consumer() == caller.department ||
         resource.substr(0, resource.find('.')) == caller.department;
}

// Where a page ended.
struct AgreementKey {
  std::string id;
  uint32_t version = 0;
};

std::string ToToken(const AgreementRecord& record) {
  return absl::StrCat(record.agreement().id(), "/",
                      record.agreement().version());
}

absl::StatusOr<AgreementKey> FromToken(const std::string& token) {
  AgreementKey key;
  RETURN_IF_ERROR(CheckPageToken(token));
  if (token.empty()) return key;
  const size_t slash = token.find('/');
  if (slash == std::string::npos ||
      !absl::SimpleAtoi(token.substr(slash + 1), &key.version)) {
    return FieldError(status::v1::REASON_CODE_MALFORMED, "page_token",
                      "not a next_page_token of this list");
  }
  key.id = token.substr(0, slash);
  return key;
}

}  // namespace

grpc::Status AgreementServiceImpl::ListAgreements(
    grpc::ServerContext* context,
    const agreement::v1::ListAgreementsRequest* request,
    agreement::v1::ListAgreementsResponse* response) {
  const auto caller = access_->Check(*context, "ListAgreements");
  if (!caller.ok()) return ToGrpc(caller.status());
  const auto page_size = PageSize(request->page_size());
  if (!page_size.ok()) return ToGrpc(page_size.status());
  const auto after = FromToken(request->page_token());
  if (!after.ok()) return ToGrpc(after.status());
  // One more than asked tells whether there is another page.
  const auto records = registry_->ListAgreements(
      AsView(after->id), after->version, *page_size + 1,
      [&](const AgreementRecord& record) {
        return MaySee(*caller, record) &&
               (request->resource().empty() ||
                request->resource() == record.agreement().resource());
      });
  for (size_t i = 0; i < records.size() && i < *page_size; ++i) {
    *response->add_agreements() = *records[i];
  }
  if (records.size() > *page_size) {
    response->set_next_page_token(ToToken(*records[*page_size - 1]));
  }
  return grpc::Status::OK;
}

grpc::Status AgreementServiceImpl::GetAgreement(
    grpc::ServerContext* context,
    const agreement::v1::GetAgreementRequest* request,
    agreement::v1::GetAgreementResponse* response) {
  const auto caller = access_->Check(*context, "GetAgreement");
  if (!caller.ok()) return ToGrpc(caller.status());
  const auto record =
      registry_->GetAgreement(AsView(request->id()), request->version());
  if (!record.ok() || !MaySee(*caller, **record)) {
    // Whether another department has an agreement of this name is not told.
    return ToGrpc(Error(status::v1::REASON_CODE_NOT_FOUND,
                        absl::StrCat("department ", caller->department,
                                     " has no agreement of this name and "
                                     "version: `sluicectl agreement list` "
                                     "shows those it has")));
  }
  *response->mutable_agreement() = **record;
  return grpc::Status::OK;
}

}  // namespace sluice::broker
