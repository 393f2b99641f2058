#include "libs/delivery/bus_threads.h"

#include <catch2/catch.hpp>
#include <memory>

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
  void Ask() {
    MutexLock lock(&mutex_);
    ++asking_;
    changed_.SignalAll();
    while (!answers_) changed_.Wait(&mutex_);
    ++answered_;
  }
  void WaitForAsking(int count) {
    MutexLock lock(&mutex_);
    while (asking_ < count) changed_.Wait(&mutex_);
  }
  int answered() const {
    MutexLock lock(&mutex_);
    return answered_;
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool answers_ ABSL_GUARDED_BY(mutex_) = false;
  int asking_ ABSL_GUARDED_BY(mutex_) = 0;
  int answered_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_CASE(
    "Calls wait for the bus beside each other, and all are over at the "
    "end") {
  Bus bus;
  {
    BusThreads threads("test", 8);
    for (int i = 0; i < 5; ++i) CHECK(threads.Run([&] { bus.Ask(); }));
    // All of them are at it while none gets an answer.
    bus.WaitForAsking(5);
    CHECK(bus.answered() == 0);
    threads.Reap();
    bus.Answer();
  }
  CHECK(bus.answered() == 5);
}

TEST_CASE("Beyond the bound a call is refused, and not run later") {
  Bus bus;
  BusThreads threads("test", 1);
  CHECK(threads.Run([&] { bus.Ask(); }));
  bus.WaitForAsking(1);
  bool has_run = false;
  CHECK_FALSE(threads.Run([&] { has_run = true; }));
  // The thread that waits does not keep others from looking.
  threads.Reap();
  bus.Answer();
  CHECK_FALSE(has_run);
}

TEST_CASE("What a call holds is gone when the threads are") {
  const auto held = std::make_shared<int>(1);
  {
    BusThreads threads("test", 1);
    CHECK(threads.Run([copy = held] { CHECK(*copy == 1); }));
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("Threads that are done make room") {
  BusThreads threads("test", 2);
  int runs = 0;
  for (int i = 0; i < 100; ++i) {
    Bus bus;
    bus.Answer();
    while (!threads.Run([&] { bus.Ask(); })) {
    }
    bus.WaitForAsking(1);
    ++runs;
  }
  CHECK(runs == 100);
}

}  // namespace
}  // namespace sluice::delivery
