// Members of consumer groups whose streams have ended. To leave a group may
// take as long as the bus does not answer; nobody but a thread of the member's
// own waits for that.
#ifndef SLUICE_LIBS_DELIVERY_LEAVING_MEMBERS_H_
#define SLUICE_LIBS_DELIVERY_LEAVING_MEMBERS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"

namespace sluice::delivery {

// Thread-safe. The log of the members must outlive this.
class LeavingMembers {
 public:
  // At most `threads_max` members leave at once beside their callers.
  explicit LeavingMembers(size_t threads_max) : threads_max_(threads_max) {}

  // Waits until every member has left.
  ~LeavingMembers();

  LeavingMembers(const LeavingMembers&) = delete;
  LeavingMembers& operator=(const LeavingMembers&) = delete;

  // Destroys `member` in a thread of its own, and does not wait for it. While
  // the bound is reached it is destroyed here. Not to be called any more once
  // the destructor runs.
  void Leave(std::unique_ptr<bus::GroupMember> member);

  // Joins the threads that are done; call now and then.
  void Reap();

 private:
  const size_t threads_max_;
  Mutex mutex_;
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  // Of threads_: those that touch nothing here any more.
  std::vector<uint64_t> done_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_LEAVING_MEMBERS_H_
