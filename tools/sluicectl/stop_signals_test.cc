#include "tools/sluicectl/stop_signals.h"

#include <pthread.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <vector>

#include "libs/base/mutex.h"

namespace sluice::sluicectl {
namespace {

class Counts {
 public:
  void Add(int count) {
    MutexLock lock(&mutex_);
    counts_.push_back(count);
    added_.SignalAll();
  }

  std::vector<int> WaitFor(size_t size) {
    MutexLock lock(&mutex_);
    while (counts_.size() < size) added_.Wait(&mutex_);
    return counts_;
  }

 private:
  Mutex mutex_;
  CondVar added_;
  std::vector<int> counts_ ABSL_GUARDED_BY(mutex_);
};

TEST_CASE("each signal is counted, and the process lives on") {
  Counts counts;
  StopSignals signals([&counts](int count) { counts.Add(count); });
  ::kill(::getpid(), SIGINT);
  CHECK(counts.WaitFor(1) == std::vector<int>{1});
  ::kill(::getpid(), SIGTERM);
  CHECK(counts.WaitFor(2) == std::vector<int>{1, 2});
}

TEST_CASE("afterwards signals are as they were") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  {
    const StopSignals signals([](int) {});
  }
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  CHECK(sigismember(&after, SIGINT) == sigismember(&before, SIGINT));
  CHECK(sigismember(&after, SIGTERM) == sigismember(&before, SIGTERM));
}

}  // namespace
}  // namespace sluice::sluicectl
