// Threads for what waits for the bus: to leave a group, or to ask where a
// partition begins, may take as long as the bus does not answer. Each call has
// a thread of its own, so nobody else waits for that, nor one call for another.
#ifndef SLUICE_LIBS_DELIVERY_BUS_THREADS_H_
#define SLUICE_LIBS_DELIVERY_BUS_THREADS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "libs/base/mutex.h"

namespace sluice::delivery {

// Thread-safe. What the calls use must outlive this.
class BusThreads {
 public:
  // Threads named `name` (15 characters show), at most `threads_max` at once.
  BusThreads(std::string name, size_t threads_max)
      : name_(std::move(name)), threads_max_(threads_max) {}

  // Waits until every call has returned.
  ~BusThreads();

  BusThreads(const BusThreads&) = delete;
  BusThreads& operator=(const BusThreads&) = delete;

  // Runs `call` in a thread of its own, which then destroys it, and does not
  // wait for it. False while the bound is reached: `call` is not run. Not to be
  // called any more once the destructor runs.
  bool Run(std::function<void()> call);

  // Joins the threads that are done; call now and then.
  void Reap();

 private:
  const std::string name_;
  const size_t threads_max_;
  Mutex mutex_;
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  // Of threads_: those that touch nothing here any more.
  std::vector<uint64_t> done_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_BUS_THREADS_H_
