// sluice.audit.v1.AuditService over libs/audit.
#ifndef SLUICE_SERVICES_BROKER_AUDIT_SERVICE_H_
#define SLUICE_SERVICES_BROKER_AUDIT_SERVICE_H_

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "libs/audit/audit_log.h"
#include "libs/registry/registry.h"
#include "services/broker/access.h"
#include "sluice/audit/v1/audit_service.grpc.pb.h"

namespace sluice::broker {

// For auditors alone; each call is in the trail before it is answered.
class AuditServiceImpl : public audit::v1::AuditService::Service {
 public:
  // All must outlive the server.
  AuditServiceImpl(audit::AuditLog* log, const registry::Registry* registry,
                   const Access* access)
      : log_(log), registry_(registry), access_(access) {}

  grpc::Status ListEntries(grpc::ServerContext* context,
                           const audit::v1::ListEntriesRequest* request,
                           audit::v1::ListEntriesResponse* response) override;
  grpc::Status ReadEntries(
      grpc::ServerContext* context,
      const audit::v1::ReadEntriesRequest* request,
      grpc::ServerWriter<audit::v1::ReadEntriesResponse>* writer) override;
  grpc::Status GetCheckpoint(
      grpc::ServerContext* context,
      const audit::v1::GetCheckpointRequest* request,
      audit::v1::GetCheckpointResponse* response) override;
  grpc::Status GetInclusionProof(
      grpc::ServerContext* context,
      const audit::v1::GetInclusionProofRequest* request,
      audit::v1::GetInclusionProofResponse* response) override;
  grpc::Status GetConsistencyProof(
      grpc::ServerContext* context,
      const audit::v1::GetConsistencyProofRequest* request,
      audit::v1::GetConsistencyProofResponse* response) override;

 private:
  // Whether the caller is an auditor, and the access recorded.
  absl::Status Admit(const grpc::ServerContext& context,
                     const std::string& method, uint64_t first,
                     uint64_t count) const;
  absl::Status List(const audit::v1::ListEntriesRequest& request,
                    audit::v1::ListEntriesResponse* response) const;
  absl::Status Stream(
      const audit::v1::ReadEntriesRequest& request,
      grpc::ServerWriter<audit::v1::ReadEntriesResponse>* writer) const;

  audit::AuditLog* const log_;
  const registry::Registry* const registry_;
  const Access* const access_;
  // Calls of ReadEntries under way.
  std::atomic<int> readers_{0};
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_AUDIT_SERVICE_H_
