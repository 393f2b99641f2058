// sluice.registry.v1.RegistryService over libs/registry.
#ifndef SLUICE_SERVICES_BROKER_REGISTRY_SERVICE_H_
#define SLUICE_SERVICES_BROKER_REGISTRY_SERVICE_H_

#include "libs/registry/registry.h"
#include "services/broker/access.h"
#include "sluice/registry/v1/registry_service.grpc.pb.h"

namespace sluice::broker {

class RegistryServiceImpl : public registry::v1::RegistryService::Service {
 public:
  // Both must outlive the server.
  RegistryServiceImpl(registry::Registry* registry, const Access* access)
      : registry_(registry), access_(access) {}

  grpc::Status Submit(grpc::ServerContext* context,
                      const registry::v1::SubmitRequest* request,
                      registry::v1::SubmitResponse* response) override;
  grpc::Status GetRegistryStatus(
      grpc::ServerContext* context,
      const registry::v1::GetRegistryStatusRequest* request,
      registry::v1::GetRegistryStatusResponse* response) override;
  grpc::Status GetGenesis(grpc::ServerContext* context,
                          const registry::v1::GetGenesisRequest* request,
                          registry::v1::GetGenesisResponse* response) override;
  grpc::Status ListDepartments(
      grpc::ServerContext* context,
      const registry::v1::ListDepartmentsRequest* request,
      registry::v1::ListDepartmentsResponse* response) override;
  grpc::Status ListKeys(grpc::ServerContext* context,
                        const registry::v1::ListKeysRequest* request,
                        registry::v1::ListKeysResponse* response) override;

 private:
  registry::Registry* const registry_;
  const Access* const access_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_REGISTRY_SERVICE_H_
