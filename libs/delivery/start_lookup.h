// Where a stream begins in a partition that it gains, asked of the bus in a
// thread that may wait for it. The stream goes on meanwhile, also to its end.
#ifndef SLUICE_LIBS_DELIVERY_START_LOOKUP_H_
#define SLUICE_LIBS_DELIVERY_START_LOOKUP_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/delivery/bus_threads.h"
#include "libs/delivery/position.h"
#include "libs/delivery/start_point.h"

namespace sluice::delivery {

// Thread-safe. Its thread keeps it alive.
class StartLookup {
 public:
  struct Question {
    // Outlives the threads.
    bus::EventLog* log = nullptr;
    std::string group;
    bus::TopicPartition partition;
    StartSpec start;
    // As ResolveStart.
    bool regained = false;
    // What the consumer has had of the partition and keeps count of: it begins
    // no earlier, whatever the group has committed.
    std::optional<PartitionProgress> had;
    // Whether the answer says where the partition begins, unless it is fresh.
    bool wants_history = false;
  };

  // Asks where to begin, once. `answered` is called, from any thread, when Take
  // has the answer, which is an error as ResolveStart's or STORAGE_FAILED if
  // all of `threads` are in use.
  static std::shared_ptr<StartLookup> Find(Question question,
                                           BusThreads* threads,
                                           std::function<void()> answered);

  // Asks until the bus says that the group's commit is `start.offset` or before
  // it; the answer is `start` then, and STORAGE_FAILED if that takes too long.
  static std::shared_ptr<StartLookup> AwaitMovedBack(
      Question question, StartPoint start, BusThreads* threads,
      std::function<void()> answered);

  StartLookup(const StartLookup&) = delete;
  StartLookup& operator=(const StartLookup&) = delete;

  // The answer, once; nothing before it is there.
  std::optional<absl::StatusOr<StartPoint>> Take();

  // Nobody wants the answer any more. Does not wait: a call of the bus that is
  // under way ends by itself, and it is the last one.
  void BreakOff() { broken_off_ = true; }

 private:
  using Ask = std::function<absl::StatusOr<StartPoint>(bus::EventLog* log)>;

  StartLookup() = default;
  static std::shared_ptr<StartLookup> Begin(bus::EventLog* log, Ask ask,
                                            BusThreads* threads,
                                            std::function<void()> answered);
  void Answer(absl::StatusOr<StartPoint> answer);

  std::atomic<bool> broken_off_ = false;
  Mutex mutex_;
  std::optional<absl::StatusOr<StartPoint>> answer_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_START_LOOKUP_H_
