// Keeps gRPC's health service as the broker is, so that load balancers send
// clients to a broker that can deliver.
#ifndef SLUICE_SERVICES_BROKER_HEALTH_FOLLOWER_H_
#define SLUICE_SERVICES_BROKER_HEALTH_FOLLOWER_H_

#include <functional>
#include <optional>
#include <thread>

#include "absl/status/status.h"
#include "grpcpp/health_check_service_interface.h"
#include "libs/base/mutex.h"

namespace sluice::broker {

class HealthFollower {
 public:
  // Asks `ready` now and a few times a second, and logs each change. `health`
  // must outlive this, as must what `ready` refers to.
  HealthFollower(grpc::HealthCheckServiceInterface* health,
                 std::function<absl::Status()> ready);
  ~HealthFollower();
  HealthFollower(const HealthFollower&) = delete;
  HealthFollower& operator=(const HealthFollower&) = delete;

 private:
  void Run();
  void Follow();

  grpc::HealthCheckServiceInterface* const health_;
  const std::function<absl::Status()> ready_;
  // What was told last. The constructor's, then the thread's.
  std::optional<bool> told_;

  Mutex mutex_;
  CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_HEALTH_FOLLOWER_H_
