#include "libs/bus/group_coordinator.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace sluice::bus {

// Everything but `group` and `wakeup` is guarded by the coordinator's mutex.
class GroupCoordinator::Member {
 public:
  Member(Group* member_of, std::shared_ptr<Wakeup> to_fire)
      : group(member_of), wakeup(std::move(to_fire)) {}

  Group* const group;
  const std::shared_ptr<Wakeup> wakeup;
  Assignment owned;
  // Grows with each change of `owned`; 0 is before the first.
  uint64_t version = 0;
};

struct GroupCoordinator::Group {
  int partitions = 0;
  // Held while a commit is written and while partitions move, so that no commit
  // of an old owner lands after one of the new owner. Taken before the
  // coordinator's mutex.
  Mutex commits;
  // In the order they joined.
  std::vector<std::shared_ptr<Member>> members;
};

GroupCoordinator::GroupCoordinator() = default;
GroupCoordinator::~GroupCoordinator() = default;

absl::StatusOr<std::shared_ptr<GroupCoordinator::Member>>
GroupCoordinator::Join(const std::string& group, const std::string& topic,
                       int partitions, std::shared_ptr<Wakeup> wakeup) {
  Group* joined = nullptr;
  {
    const MutexLock lock(&mutex_);
    std::unique_ptr<Group>& entry = groups_[topic][group];
    if (entry == nullptr) {
      if (group_count_ >= kGroupsMax) {
        groups_[topic].erase(group);
        return Error(status::v1::REASON_CODE_TOO_MANY,
                     absl::StrCat("the bus has ", kGroupsMax,
                                  " consumer groups, its limit: use the same "
                                  "group names again instead of new ones"));
      }
      ++group_count_;
      entry = std::make_unique<Group>();
      entry->partitions = partitions;
    }
    joined = entry.get();
  }
  auto member = std::make_shared<Member>(joined, std::move(wakeup));
  std::vector<std::shared_ptr<Wakeup>> woken;
  {
    const MutexLock commits(&joined->commits);
    const MutexLock lock(&mutex_);
    if (joined->members.size() >= kMembersMax) {
      return Error(status::v1::REASON_CODE_TOO_MANY,
                   absl::StrCat("group ", group, " has ", kMembersMax,
                                " members, its limit: let some leave"));
    }
    joined->members.push_back(member);
    woken = Rebalance(joined);
  }
  for (const auto& each : woken) each->Fire();
  return member;
}

void GroupCoordinator::Leave(const std::shared_ptr<Member>& member) {
  Group* group = member->group;
  std::vector<std::shared_ptr<Wakeup>> woken;
  {
    const MutexLock commits(&group->commits);
    const MutexLock lock(&mutex_);
    std::erase(group->members, member);
    member->owned.clear();
    woken = Rebalance(group);
  }
  for (const auto& each : woken) each->Fire();
}

std::vector<std::shared_ptr<Wakeup>> GroupCoordinator::Rebalance(Group* group) {
  std::vector<std::shared_ptr<Wakeup>> woken;
  if (group->members.empty()) return woken;
  std::vector<Member*> by_load;
  by_load.reserve(group->members.size());
  for (const auto& member : group->members) by_load.push_back(member.get());
  // Who has most may keep one more, so that the least moves.
  std::stable_sort(by_load.begin(), by_load.end(),
                   [](const Member* a, const Member* b) {
                     return a->owned.size() > b->owned.size();
                   });
  const size_t total = static_cast<size_t>(group->partitions);
  const size_t share = total / by_load.size();
  const size_t larger_shares = total % by_load.size();

  std::set<int> free;
  for (int partition = 0; partition < group->partitions; ++partition) {
    free.insert(partition);
  }
  std::set<Member*> changed;
  for (size_t i = 0; i < by_load.size(); ++i) {
    Member* member = by_load[i];
    const size_t keeps = share + (i < larger_shares ? 1 : 0);
    while (member->owned.size() > keeps) {
      member->owned.erase(std::prev(member->owned.end()));
      changed.insert(member);
    }
    for (const auto& [partition, generation] : member->owned) {
      free.erase(partition);
    }
  }
  for (size_t i = 0; i < by_load.size(); ++i) {
    Member* member = by_load[i];
    const size_t gets = share + (i < larger_shares ? 1 : 0);
    while (member->owned.size() < gets) {
      member->owned[*free.begin()] = ++generation_;
      free.erase(free.begin());
      changed.insert(member);
    }
  }
  for (Member* member : changed) {
    ++member->version;
    woken.push_back(member->wakeup);
  }
  return woken;
}

std::optional<GroupCoordinator::Assignment> GroupCoordinator::Changes(
    const Member& member, uint64_t* seen) const {
  const MutexLock lock(&mutex_);
  if (member.version == *seen) return std::nullopt;
  *seen = member.version;
  return member.owned;
}

bool GroupCoordinator::Owns(const Member& member, int partition,
                            uint64_t generation) const {
  const MutexLock lock(&mutex_);
  const auto found = member.owned.find(partition);
  return found != member.owned.end() && found->second == generation;
}

absl::Status GroupCoordinator::Commit(
    const Member& member, int partition, uint64_t generation,
    const std::function<absl::Status()>& write) {
  const MutexLock commits(&member.group->commits);
  if (!Owns(member, partition, generation)) {
    return Error(status::v1::REASON_CODE_FENCED,
                 absl::StrCat("partition ", partition,
                              " belongs to another member of the group by now: "
                              "drop what was fetched from it and poll again"));
  }
  return write();
}

void GroupCoordinator::Wake(const std::string& topic,
                            const std::vector<int>& partitions) {
  std::vector<std::shared_ptr<Wakeup>> woken;
  {
    const MutexLock lock(&mutex_);
    const auto groups = groups_.find(topic);
    if (groups == groups_.end()) return;
    for (const auto& [name, group] : groups->second) {
      for (const auto& member : group->members) {
        if (std::any_of(partitions.begin(), partitions.end(),
                        [&](int partition) {
                          return member->owned.contains(partition);
                        })) {
          woken.push_back(member->wakeup);
        }
      }
    }
  }
  for (const auto& wakeup : woken) wakeup->Fire();
}

}  // namespace sluice::bus
