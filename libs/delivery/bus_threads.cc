#include "libs/delivery/bus_threads.h"

#include <pthread.h>

#include <utility>

namespace sluice::delivery {

BusThreads::~BusThreads() {
  std::map<uint64_t, std::thread> threads;
  {
    MutexLock lock(&mutex_);
    // Nobody reaps any more.
    threads.swap(threads_);
  }
  for (auto& [number, thread] : threads) thread.join();
}

bool BusThreads::Run(std::function<void()> call) {
  Reap();
  MutexLock lock(&mutex_);
  if (threads_.size() >= threads_max_) return false;
  const uint64_t number = ++last_number_;
  threads_[number] =
      std::thread([this, number, running = std::move(call)]() mutable {
        pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
        running();
        running = nullptr;
        MutexLock done(&mutex_);
        done_.push_back(number);
      });
  return true;
}

void BusThreads::Reap() {
  std::vector<std::thread> done;
  {
    MutexLock lock(&mutex_);
    for (const uint64_t number : done_) {
      const auto found = threads_.find(number);
      done.push_back(std::move(found->second));
      threads_.erase(found);
    }
    done_.clear();
  }
  for (std::thread& thread : done) thread.join();
}

}  // namespace sluice::delivery
