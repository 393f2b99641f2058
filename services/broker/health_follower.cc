#include "services/broker/health_follower.h"

#include <pthread.h>

#include <utility>

#include "libs/base/log.h"

namespace sluice::broker {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(200);

}  // namespace

HealthFollower::HealthFollower(grpc::HealthCheckServiceInterface* health,
                               std::function<absl::Status()> ready)
    : health_(health), ready_(std::move(ready)) {
  Follow();
  thread_ = std::thread([this] { Run(); });
}

HealthFollower::~HealthFollower() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    stop_.SignalAll();
  }
  thread_.join();
}

void HealthFollower::Run() {
  pthread_setname_np(pthread_self(), "health");
  while (true) {
    {
      MutexLock lock(&mutex_);
      if (!stopping_) stop_.WaitFor(&mutex_, kInterval);
      if (stopping_) return;
    }
    Follow();
  }
}

void HealthFollower::Follow() {
  const absl::Status ready = ready_();
  if (told_ == ready.ok()) return;
  told_ = ready.ok();
  health_->SetServingStatus(ready.ok());
  if (ready.ok()) {
    LogInfo("the broker can deliver");
  } else {
    LogWarning("the broker cannot deliver", {{"error", ready}});
  }
}

}  // namespace sluice::broker
