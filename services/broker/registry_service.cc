#include "services/broker/registry_service.h"

#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"
#include "libs/registry/timestamp.h"
#include "libs/rpc/status.h"
#include "services/broker/paging.h"

namespace sluice::broker {

using rpc::ToGrpc;

namespace {

bool TakesSomethingAway(const registry::v1::SignedCommand& signed_command) {
  const auto command = registry::ParseCommand(signed_command);
  return command.ok() && registry::TakesSomethingAway(*command);
}

}  // namespace

grpc::Status RegistryServiceImpl::Submit(
    grpc::ServerContext* context, const registry::v1::SubmitRequest* request,
    registry::v1::SubmitResponse* response) {
  const auto caller = access_->Check(*context, "Submit");
  if (!caller.ok()) return ToGrpc(caller.status());
  const auto place = places_.Take();
  if (!place.ok()) return ToGrpc(place.status());
  const auto submitted = registry_->Submit(request->command());
  if (!submitted.ok()) return ToGrpc(submitted.status());
  *response->mutable_verdict() = submitted->verdict;
  response->set_offset(submitted->offset);
  *response->mutable_log_time() = registry::ToTimestamp(submitted->log_time);
  LogInfo("command applied",
          {{"offset", submitted->offset},
           {"key", request->command().key_id()},
           {"accepted", submitted->verdict.accepted() ? "yes" : "no"},
           {"why", submitted->verdict.message()}});
  if (membership_ != nullptr && submitted->verdict.accepted() &&
      TakesSomethingAway(request->command())) {
    auto confirmed = membership_->AwaitRespected(submitted->offset);
    // It is in the log. The caller may send the same bytes again, to be told
    // when it is respected.
    if (!confirmed.ok()) return ToGrpc(confirmed.status());
    for (registry::v1::Confirmation& one : *confirmed) {
      *response->add_confirmations() = std::move(one);
    }
  }
  return grpc::Status::OK;
}

grpc::Status RegistryServiceImpl::GetRegistryStatus(
    grpc::ServerContext* context,
    const registry::v1::GetRegistryStatusRequest* /*request*/,
    registry::v1::GetRegistryStatusResponse* response) {
  const auto caller = access_->Check(*context, "GetRegistryStatus");
  if (!caller.ok()) return ToGrpc(caller.status());
  const registry::RegistryStatus status = registry_->status();
  response->set_applied_offset(status.applied_offset);
  response->set_state_digest(status.state_digest.data(),
                             status.state_digest.size());
  response->set_rules_version(status.rules_version);
  *response->mutable_log_time() = registry::ToTimestamp(status.log_time);
  const crypto::Digest genesis = registry::CommandDigest(registry_->genesis());
  response->set_genesis_digest(genesis.data(), genesis.size());
  return grpc::Status::OK;
}

grpc::Status RegistryServiceImpl::GetGenesis(
    grpc::ServerContext* context,
    const registry::v1::GetGenesisRequest* /*request*/,
    registry::v1::GetGenesisResponse* response) {
  const auto caller = access_->Check(*context, "GetGenesis");
  if (!caller.ok()) return ToGrpc(caller.status());
  *response->mutable_genesis() = registry_->genesis();
  return grpc::Status::OK;
}

grpc::Status RegistryServiceImpl::ListBrokers(
    grpc::ServerContext* context,
    const registry::v1::ListBrokersRequest* /*request*/,
    registry::v1::ListBrokersResponse* response) {
  const auto caller = access_->Check(*context, "ListBrokers");
  if (!caller.ok()) return ToGrpc(caller.status());
  if (membership_ == nullptr) return grpc::Status::OK;
  for (registry::v1::BrokerInfo& broker : membership_->brokers()) {
    *response->add_brokers() = std::move(broker);
  }
  return grpc::Status::OK;
}

grpc::Status RegistryServiceImpl::ListDepartments(
    grpc::ServerContext* context,
    const registry::v1::ListDepartmentsRequest* request,
    registry::v1::ListDepartmentsResponse* response) {
  const auto caller = access_->Check(*context, "ListDepartments");
  if (!caller.ok()) return ToGrpc(caller.status());
  const auto page_size = PageSize(request->page_size());
  if (!page_size.ok()) return ToGrpc(page_size.status());
  const absl::Status token = CheckPageToken(request->page_token());
  if (!token.ok()) return ToGrpc(token);
  // One more than asked tells whether there is another page.
  auto departments =
      registry_->ListDepartments(AsView(request->page_token()), *page_size + 1);
  if (departments.size() > *page_size) {
    departments.resize(*page_size);
    response->set_next_page_token(departments.back().id());
  }
  for (auto& department : departments) {
    *response->add_departments() = std::move(department);
  }
  return grpc::Status::OK;
}

grpc::Status RegistryServiceImpl::ListKeys(
    grpc::ServerContext* context, const registry::v1::ListKeysRequest* request,
    registry::v1::ListKeysResponse* response) {
  const auto caller = access_->Check(*context, "ListKeys");
  if (!caller.ok()) return ToGrpc(caller.status());
  const auto page_size = PageSize(request->page_size());
  if (!page_size.ok()) return ToGrpc(page_size.status());
  const absl::Status token = CheckPageToken(request->page_token());
  if (!token.ok()) return ToGrpc(token);
  // One more than asked tells whether there is another page.
  const auto keys =
      registry_->ListKeys(AsView(request->department()),
                          AsView(request->page_token()), *page_size + 1);
  for (size_t i = 0; i < keys.size() && i < *page_size; ++i) {
    *response->add_keys() = keys[i]->info;
  }
  if (keys.size() > *page_size) {
    response->set_next_page_token(keys[*page_size - 1]->info.id());
  }
  return grpc::Status::OK;
}

}  // namespace sluice::broker
