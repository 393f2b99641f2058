// sluice.agreement.v1.AgreementService over libs/registry.
#ifndef SLUICE_SERVICES_BROKER_AGREEMENT_SERVICE_H_
#define SLUICE_SERVICES_BROKER_AGREEMENT_SERVICE_H_

#include "libs/registry/registry.h"
#include "services/broker/access.h"
#include "sluice/agreement/v1/agreement_service.grpc.pb.h"

namespace sluice::broker {

class AgreementServiceImpl : public agreement::v1::AgreementService::Service {
 public:
  // Both must outlive the server.
  AgreementServiceImpl(const registry::Registry* registry, const Access* access)
      : registry_(registry), access_(access) {}

  grpc::Status ListAgreements(
      grpc::ServerContext* context,
      const agreement::v1::ListAgreementsRequest* request,
      agreement::v1::ListAgreementsResponse* response) override;
  grpc::Status GetAgreement(
      grpc::ServerContext* context,
      const agreement::v1::GetAgreementRequest* request,
      agreement::v1::GetAgreementResponse* response) override;

 private:
  const registry::Registry* const registry_;
  const Access* const access_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_AGREEMENT_SERVICE_H_
