#include "libs/bus/wakeup.h"

#include <catch2/catch.hpp>
#include <thread>

namespace sluice::bus {
namespace {

TEST_CASE("between two arms a wakeup calls once") {
  Wakeup wakeup;
  int calls = 0;
  wakeup.Set([&] { ++calls; });
  CHECK(calls == 0);
  wakeup.Fire();
  wakeup.Fire();
  CHECK(calls == 1);
  wakeup.Arm();
  wakeup.Fire();
  wakeup.Fire();
  CHECK(calls == 2);
}

TEST_CASE("what fired before the callback was set is not missed") {
  Wakeup wakeup;
  wakeup.Fire();
  int calls = 0;
  wakeup.Set([&] { ++calls; });
  CHECK(calls == 1);
}

TEST_CASE("close waits for a running call and none comes after it") {
  Wakeup wakeup;
  Mutex mutex;
  CondVar changed;
  bool running = false;
  bool may_end = false;
  bool ended = false;
  wakeup.Set([&] {
    const MutexLock lock(&mutex);
    running = true;
    changed.SignalAll();
    while (!may_end) changed.Wait(&mutex);
    ended = true;
  });
  std::thread firing([&] { wakeup.Fire(); });
  {
    const MutexLock lock(&mutex);
    while (!running) changed.Wait(&mutex);
  }
  std::thread closing([&] {
    wakeup.Close();
    const MutexLock lock(&mutex);
    CHECK(ended);
  });
  {
    const MutexLock lock(&mutex);
    may_end = true;
    changed.SignalAll();
  }
  firing.join();
  closing.join();
  wakeup.Arm();
  ended = false;
  wakeup.Fire();
  CHECK_FALSE(ended);
}

}  // namespace
}  // namespace sluice::bus
