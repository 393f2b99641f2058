#include "libs/delivery/leaving_members.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"

namespace sluice::delivery {
namespace {

// A bus that does not answer before it is told to.
class Bus {
 public:
  void Answer() {
    MutexLock lock(&mutex_);
    answers_ = true;
    changed_.SignalAll();
  }
  void LeaveOne() {
    MutexLock lock(&mutex_);
    ++leaving_;
    changed_.SignalAll();
    while (!answers_) changed_.Wait(&mutex_);
    ++left_;
  }
  void WaitForLeaving(int count) {
    MutexLock lock(&mutex_);
    while (leaving_ < count) changed_.Wait(&mutex_);
  }
  int left() const {
    MutexLock lock(&mutex_);
    return left_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool answers_ ABSL_GUARDED_BY(mutex_) = false;
  int leaving_ ABSL_GUARDED_BY(mutex_) = 0;
  int left_ ABSL_GUARDED_BY(mutex_) = 0;
};

class Member : public bus::GroupMember {
 public:
  explicit Member(Bus* bus) : bus_(bus) {}
  ~Member() override { bus_->LeaveOne(); }
  absl::StatusOr<bus::PollResult> Poll(size_t) override {
    return bus::PollResult();
  }
  absl::Status Seek(const bus::TopicPartition&, int64_t) override {
    return absl::OkStatus();
  }
  absl::Status Commit(const bus::TopicPartition&, int64_t) override {
    return absl::OkStatus();
  }
  void OnWakeup(std::function<void()>) override {}

 private:
  Bus* const bus_;
};

TEST_CASE("Members leave at once, and all have left at the end") {
  Bus bus;
  {
    LeavingMembers leaving(8);
    for (int i = 0; i < 5; ++i) leaving.Leave(std::make_unique<Member>(&bus));
    // All of them are at it while none gets an answer.
    bus.WaitForLeaving(5);
    CHECK(bus.left() == 0);
    leaving.Reap();
    bus.Answer();
  }
  CHECK(bus.left() == 5);
}

TEST_CASE("Beyond the bound a member leaves in its caller's thread") {
  Bus bus;
  LeavingMembers leaving(1);
  leaving.Leave(std::make_unique<Member>(&bus));
  bus.WaitForLeaving(1);
  std::thread caller([&] { leaving.Leave(std::make_unique<Member>(&bus)); });
  bus.WaitForLeaving(2);
  // The thread that waits does not keep others from looking.
  leaving.Reap();
  bus.Answer();
  caller.join();
}

TEST_CASE("Threads that are done make room") {
  Bus bus;
  bus.Answer();
  LeavingMembers leaving(2);
  for (int i = 0; i < 100; ++i) leaving.Leave(std::make_unique<Member>(&bus));
  leaving.Reap();
}

}  // namespace
}  // namespace sluice::delivery
