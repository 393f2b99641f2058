#include "libs/base/mutex.h"

#include <catch2/catch.hpp>
#include <deque>
#include <thread>
#include <vector>

namespace sluice {
namespace {

TEST_CASE("A mutex lets one thread at a time change what it guards") {
  Mutex mutex;
  int64_t count = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 20'000; ++n) {
        MutexLock lock(&mutex);
        mutex.AssertHeld();
        // Two steps, so that an unlocked change would be lost.
        const int64_t seen = count;
        count = seen + 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(count == 80'000);
}

TEST_CASE("A waiting thread wakes when the condition comes true") {
  Mutex mutex;
  CondVar changed;
  std::deque<int> queue;
  std::vector<int> taken;
  std::thread taker([&] {
    while (taken.size() < 1000) {
      MutexLock lock(&mutex);
      while (queue.empty()) changed.Wait(&mutex);
      taken.push_back(queue.front());
      queue.pop_front();
    }
  });
  for (int i = 0; i < 1000; ++i) {
    MutexLock lock(&mutex);
    queue.push_back(i);
    changed.Signal();
  }
  taker.join();
  for (int i = 0; i < 1000; ++i) CHECK(taken[i] == i);
}

TEST_CASE("SignalAll wakes every waiting thread") {
  Mutex mutex;
  CondVar changed;
  bool open = false;
  int through = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      MutexLock lock(&mutex);
      while (!open) changed.Wait(&mutex);
      ++through;
    });
  }
  {
    MutexLock lock(&mutex);
    open = true;
    changed.SignalAll();
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(through == 4);
}

TEST_CASE(
    "A bounded wait says that its time has passed and holds the mutex again") {
  Mutex mutex;
  CondVar never;
  MutexLock lock(&mutex);
  // A wait may return early, never late without saying so.
  while (!never.WaitFor(&mutex, absl::Milliseconds(1))) {
  }
  mutex.AssertHeld();
}

}  // namespace
}  // namespace sluice
