#include "libs/base/worker_pool.h"

#include <pthread.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/mutex.h"

namespace sluice {
namespace {

// Opens once; any number of threads wait for it.
class Gate {
 public:
  void Open() {
    MutexLock lock(&mutex_);
    open_ = true;
    changed_.SignalAll();
  }
  void Wait() {
    MutexLock lock(&mutex_);
    while (!open_) changed_.Wait(&mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST_CASE("One thread runs tasks in the order they came") {
  std::vector<int> ran;
  {
    WorkerPool pool("test", 1);
    for (int i = 0; i < 1000; ++i) {
      CHECK(pool.Schedule([&ran, i] { ran.push_back(i); }));
    }
  }
  REQUIRE(ran.size() == 1000);
  for (int i = 0; i < 1000; ++i) CHECK(ran[i] == i);
}

TEST_CASE("Tasks run side by side on as many threads as were asked for") {
  WorkerPool pool("test", 3);
  Gate gate;
  Mutex mutex;
  CondVar arrived;
  int waiting = 0;
  for (int i = 0; i < 3; ++i) {
    pool.Schedule([&] {
      {
        MutexLock lock(&mutex);
        ++waiting;
        arrived.Signal();
      }
      gate.Wait();
    });
  }
  {
    MutexLock lock(&mutex);
    // Hangs unless all three run at once.
    while (waiting < 3) arrived.Wait(&mutex);
  }
  gate.Open();
  pool.Stop();
}

TEST_CASE("Stop runs what is queued and takes nothing more") {
  std::atomic<int> ran = 0;
  WorkerPool pool("test", 2);
  Gate gate;
  for (int i = 0; i < 100; ++i) {
    pool.Schedule([&] {
      gate.Wait();
      ++ran;
    });
  }
  gate.Open();
  pool.Stop();
  CHECK(ran == 100);
  CHECK_FALSE(pool.Schedule([&] { ++ran; }));
  pool.Stop();
  CHECK(ran == 100);
}

TEST_CASE("A task may schedule another, also while the pool stops") {
  std::atomic<int> ran = 0;
  std::atomic<int> refused = 0;
  {
    WorkerPool pool("test", 2);
    for (int i = 0; i < 100; ++i) {
      pool.Schedule([&] {
        ++ran;
        if (!pool.Schedule([&] { ++ran; })) ++refused;
      });
    }
    pool.Stop();
  }
  CHECK(ran + refused == 200);
}

TEST_CASE("A task is destroyed when it has run or was refused") {
  auto token = std::make_shared<int>(0);
  WorkerPool pool("test", 1);
  pool.Schedule([token] {});
  pool.Stop();
  pool.Schedule([token] {});
  CHECK(token.use_count() == 1);
}

TEST_CASE("Threads carry the pool's name, cut to what the system shows") {
  std::string name;
  WorkerPool pool("a-very-long-pool-name", 1);
  pool.Schedule([&] {
    char buffer[16];
    pthread_getname_np(pthread_self(), buffer, sizeof(buffer));
    name = buffer;
  });
  pool.Stop();
  CHECK(name == "a-very-long-poo");
}

}  // namespace
}  // namespace sluice
