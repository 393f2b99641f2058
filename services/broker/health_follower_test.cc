#include "services/broker/health_follower.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status.h"

namespace sluice::broker {
namespace {

// Remembers what it was told.
class FakeHealth : public grpc::HealthCheckServiceInterface {
 public:
  void SetServingStatus(const std::string& /*service*/,
                        bool /*serving*/) override {}
  void SetServingStatus(bool serving) override {
    MutexLock lock(&mutex_);
    told_.push_back(serving);
    changed_.SignalAll();
  }
  void Shutdown() override {}

  // Waits until it was told `count` times.
  std::vector<bool> Await(size_t count) {
    MutexLock lock(&mutex_);
    while (told_.size() < count) changed_.Wait(&mutex_);
    return told_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<bool> told_ ABSL_GUARDED_BY(mutex_);
};

TEST_CASE("the health service is told at once, and whenever it changes") {
  FakeHealth health;
  Mutex mutex;
  bool ready = false;
  const auto set = [&](bool value) {
    MutexLock lock(&mutex);
    ready = value;
  };
  HealthFollower follower(&health, [&]() -> absl::Status {
    MutexLock lock(&mutex);
    if (ready) return absl::OkStatus();
    return Error(status::v1::REASON_CODE_LEASE_LOST, "no lease");
  });
  CHECK(health.Await(1) == std::vector<bool>{false});
  set(true);
  CHECK(health.Await(2) == std::vector<bool>{false, true});
  set(false);
  CHECK(health.Await(3) == std::vector<bool>{false, true, false});
}

}  // namespace
}  // namespace sluice::broker
