#include "services/broker/catalog_service.h"

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/rpc/status.h"
#include "services/broker/paging.h"

namespace sluice::broker {

using rpc::ToGrpc;

grpc::Status CatalogServiceImpl::ListResources(
    grpc::ServerContext* context,
    const catalog::v1::ListResourcesRequest* request,
    catalog::v1::ListResourcesResponse* response) {
  const auto caller = access_->Check(*context, "ListResources");
  if (!caller.ok()) return ToGrpc(caller.status());
  const auto page_size = PageSize(request->page_size());
  if (!page_size.ok()) return ToGrpc(page_size.status());
  const absl::Status token = CheckPageToken(request->page_token());
  if (!token.ok()) return ToGrpc(token);
  // One more than asked tells whether there is another page.
  const auto resources =
      registry_->ListResources(AsView(request->department()),
                               AsView(request->page_token()), *page_size + 1);
  for (size_t i = 0; i < resources.size() && i < *page_size; ++i) {
    *response->add_resources() = *resources[i];
  }
  if (resources.size() > *page_size) {
    response->set_next_page_token(resources[*page_size - 1]->id());
  }
  return grpc::Status::OK;
}

grpc::Status CatalogServiceImpl::GetResource(
    grpc::ServerContext* context,
    const catalog::v1::GetResourceRequest* request,
    catalog::v1::GetResourceResponse* response) {
  const auto caller = access_->Check(*context, "GetResource");
  if (!caller.ok()) return ToGrpc(caller.status());
  const auto resource = registry_->GetResource(AsView(request->id()));
  if (!resource.ok()) return ToGrpc(resource.status());
  *response->mutable_resource() = **resource;
  return grpc::Status::OK;
}

}  // namespace sluice::broker
