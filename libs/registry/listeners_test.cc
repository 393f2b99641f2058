#include "libs/registry/listeners.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "sluice/registry/v1/command.pb.h"

namespace sluice::registry {
namespace {

using CommandListeners = Listeners<uint64_t, const v1::Command&>;

TEST_CASE("listeners are called in the order they were added") {
  CommandListeners listeners;
  std::string calls;
  listeners.Add([&](uint64_t, const v1::Command&) { calls += 'a'; });
  const uint64_t second =
      listeners.Add([&](uint64_t, const v1::Command&) { calls += 'b'; });
  listeners.Add([&](uint64_t offset, const v1::Command&) {
    calls += std::to_string(offset);
  });
  listeners.Call(7, {});
  listeners.Remove(second);
  listeners.Call(8, {});
  CHECK(calls == "ab7a8");
}

TEST_CASE("a listener may remove itself and add another") {
  CommandListeners listeners;
  int calls = 0;
  uint64_t id = 0;
  id = listeners.Add([&](uint64_t, const v1::Command&) {
    listeners.Remove(id);
    listeners.Add([&](uint64_t, const v1::Command&) { ++calls; });
  });
  listeners.Call(1, {});
  const int after_first = calls;
  listeners.Call(2, {});
  CHECK(calls == after_first + 1);
}

TEST_CASE("a removed listener is not running any more when Remove returns") {
  CommandListeners listeners;
  Mutex mutex;
  CondVar changed;
  bool is_running = false;
  bool may_end = false;
  bool has_ended = false;
  const uint64_t id = listeners.Add([&](uint64_t, const v1::Command&) {
    const MutexLock lock(&mutex);
    is_running = true;
    changed.SignalAll();
    while (!may_end) changed.Wait(&mutex);
    has_ended = true;
  });
  std::thread caller([&] { listeners.Call(1, {}); });
  {
    const MutexLock lock(&mutex);
    while (!is_running) changed.Wait(&mutex);
  }
  std::thread releaser([&] {
    const MutexLock lock(&mutex);
    may_end = true;
    changed.SignalAll();
  });
  listeners.Remove(id);
  {
    const MutexLock lock(&mutex);
    CHECK(has_ended);
  }
  releaser.join();
  caller.join();
}

}  // namespace
}  // namespace sluice::registry
