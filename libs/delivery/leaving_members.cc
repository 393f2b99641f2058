#include "libs/delivery/leaving_members.h"

#include <pthread.h>

#include <utility>

namespace sluice::delivery {

LeavingMembers::~LeavingMembers() {
  std::map<uint64_t, std::thread> threads;
  {
    MutexLock lock(&mutex_);
    // Nobody reaps any more.
    threads.swap(threads_);
  }
  for (auto& [number, thread] : threads) thread.join();
}

void LeavingMembers::Leave(std::unique_ptr<bus::GroupMember> member) {
  Reap();
  MutexLock lock(&mutex_);
  // The parameter is destroyed by the caller, without the lock.
  if (threads_.size() >= threads_max_) return;
  const uint64_t number = ++last_number_;
  threads_[number] =
      std::thread([this, number, leaving = std::move(member)]() mutable {
        pthread_setname_np(pthread_self(), "deliver/leave");
        leaving.reset();
        MutexLock done(&mutex_);
        done_.push_back(number);
      });
}

void LeavingMembers::Reap() {
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
