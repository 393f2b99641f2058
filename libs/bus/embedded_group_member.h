// A member of a consumer group of the embedded log.
#ifndef SLUICE_LIBS_BUS_EMBEDDED_GROUP_MEMBER_H_
#define SLUICE_LIBS_BUS_EMBEDDED_GROUP_MEMBER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "libs/bus/event_log.h"
#include "libs/bus/group_coordinator.h"
#include "libs/bus/topic_table.h"
#include "libs/bus/wakeup.h"
#include "libs/storage/database.h"

namespace sluice::bus {

// As GroupMember says.
class EmbeddedGroupMember : public GroupMember {
 public:
  // Messages of one Poll, whatever their size.
  static constexpr size_t kPollMessagesMax = 10'000;

  // `member` has joined `group` with `wakeup`. Nothing else is owned.
  EmbeddedGroupMember(storage::Database* database, const Topic* topic,
                      GroupCoordinator* coordinator, std::string group,
                      std::shared_ptr<GroupCoordinator::Member> member,
                      std::shared_ptr<Wakeup> wakeup);
  ~EmbeddedGroupMember() override;

  absl::StatusOr<PollResult> Poll(size_t bytes_max) override;
  absl::Status Seek(const TopicPartition& partition, int64_t offset) override;
  absl::Status Commit(const TopicPartition& partition, int64_t offset) override;
  void OnWakeup(std::function<void()> wakeup) override;

 private:
  // A partition that Poll has announced as gained.
  struct Held {
    uint64_t generation = 0;
    // Where the next fetch starts; nothing before Seek.
    std::optional<int64_t> next;
  };

  void TakeChanges(PollResult* result);
  absl::Status Fetch(size_t bytes_max, PollResult* result);
  // The entry in held_ for `partition` if this member still owns it, or null.
  Held* FindOwned(const TopicPartition& partition);

  storage::Database* const database_;
  const Topic* const topic_;
  GroupCoordinator* const coordinator_;
  const std::string group_;
  const std::shared_ptr<GroupCoordinator::Member> member_;
  const std::shared_ptr<Wakeup> wakeup_;

  std::map<int, Held> held_;
  uint64_t seen_version_ = 0;
  // The partition that the next fetch begins with, so that none starves.
  int turn_ = 0;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_EMBEDDED_GROUP_MEMBER_H_
