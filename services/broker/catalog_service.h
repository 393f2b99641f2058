// sluice.catalog.v1.CatalogService over libs/registry.
#ifndef SLUICE_SERVICES_BROKER_CATALOG_SERVICE_H_
#define SLUICE_SERVICES_BROKER_CATALOG_SERVICE_H_

#include "libs/registry/registry.h"
#include "services/broker/access.h"
#include "sluice/catalog/v1/catalog_service.grpc.pb.h"

namespace sluice::broker {

class CatalogServiceImpl : public catalog::v1::CatalogService::Service {
 public:
  // Both must outlive the server.
  CatalogServiceImpl(const registry::Registry* registry, const Access* access)
      : registry_(registry), access_(access) {}

  grpc::Status ListResources(
      grpc::ServerContext* context,
      const catalog::v1::ListResourcesRequest* request,
      catalog::v1::ListResourcesResponse* response) override;
  grpc::Status GetResource(grpc::ServerContext* context,
                           const catalog::v1::GetResourceRequest* request,
                           catalog::v1::GetResourceResponse* response) override;

 private:
  const registry::Registry* const registry_;
  const Access* const access_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_CATALOG_SERVICE_H_
