// sluice.registry.v1.RegistryService over libs/registry.
#ifndef SLUICE_SERVICES_BROKER_REGISTRY_SERVICE_H_
#define SLUICE_SERVICES_BROKER_REGISTRY_SERVICE_H_

#include "libs/registry/membership.h"
#include "libs/registry/registry.h"
#include "services/broker/access.h"
#include "services/broker/submit_places.h"
#include "sluice/registry/v1/registry_service.grpc.pb.h"

namespace sluice::broker {

class RegistryServiceImpl : public registry::v1::RegistryService::Service {
 public:
  // All must outlive the server. `membership` null: no other broker can be at
  // this bus. `submits_max`: calls of Submit at a time, each of which may hold
  // its thread for a minute and a half; fewer than the server has threads.
  RegistryServiceImpl(registry::Registry* registry,
                      registry::Membership* membership, const Access* access,
                      int submits_max)
      : registry_(registry),
        membership_(membership),
        access_(access),
        places_(submits_max) {}

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
  grpc::Status ListBrokers(
      grpc::ServerContext* context,
      const registry::v1::ListBrokersRequest* request,
      registry::v1::ListBrokersResponse* response) override;
  grpc::Status ListDepartments(
      grpc::ServerContext* context,
      const registry::v1::ListDepartmentsRequest* request,
      registry::v1::ListDepartmentsResponse* response) override;
  grpc::Status ListKeys(grpc::ServerContext* context,
                        const registry::v1::ListKeysRequest* request,
                        registry::v1::ListKeysResponse* response) override;

 private:
  registry::Registry* const registry_;
  registry::Membership* const membership_;
  const Access* const access_;
  SubmitPlaces places_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_REGISTRY_SERVICE_H_
