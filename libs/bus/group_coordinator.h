// Who of a consumer group has which partition. Knows nothing of RocksDB.
#ifndef SLUICE_LIBS_BUS_GROUP_COORDINATOR_H_
#define SLUICE_LIBS_BUS_GROUP_COORDINATOR_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/bus/wakeup.h"

namespace sluice::bus {

// Thread-safe. A partition moves in one step: from then on the old owner's
// commits are fenced and the new owner's are good; both are woken to learn it
// from Poll. Partitions move only as far as an even share asks for.
class GroupCoordinator {
 public:
  static constexpr size_t kGroupsMax = 10'000;
  static constexpr size_t kMembersMax = 1'024;

  // partition -> generation. A partition that was lost and came back has
  // another one.
  using Assignment = std::map<int, uint64_t>;

  class Member;

  GroupCoordinator();
  ~GroupCoordinator();

  // A member of `group` reading `topic`, which has `partitions`. `wakeup` is
  // fired, without locks, when the member's assignment changes or its
  // partitions grow. TOO_MANY beyond the bounds above.
  absl::StatusOr<std::shared_ptr<Member>> Join(const std::string& group,
                                               const std::string& topic,
                                               int partitions,
                                               std::shared_ptr<Wakeup> wakeup);

  // Its partitions go to the others.
  void Leave(const std::shared_ptr<Member>& member);

  // What the member has, if that changed since `*seen`, which it updates; start
  // with 0.
  std::optional<Assignment> Changes(const Member& member, uint64_t* seen) const;

  bool Owns(const Member& member, int partition, uint64_t generation) const;

  // Runs `write` while the partition cannot change its owner. FENCED, without
  // running it, if the member does not have the partition in this generation.
  absl::Status Commit(const Member& member, int partition, uint64_t generation,
                      const std::function<absl::Status()>& write);

  // Wakes the members that have these partitions of `topic`.
  void Wake(const std::string& topic, const std::vector<int>& partitions);

 private:
  struct Group;

  // Shares the partitions out evenly; returns whom to wake.
  std::vector<std::shared_ptr<Wakeup>> Rebalance(Group* group)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  // By topic, then by group. Kept for good: a group is a name in a
  // configuration.
  std::map<std::string, std::map<std::string, std::unique_ptr<Group>>> groups_
      ABSL_GUARDED_BY(mutex_);
  size_t group_count_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_GROUP_COORDINATOR_H_
