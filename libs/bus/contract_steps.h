// Steps that the contract's sections are written in.
#ifndef SLUICE_LIBS_BUS_CONTRACT_STEPS_H_
#define SLUICE_LIBS_BUS_CONTRACT_STEPS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/base/reason.h"
#include "libs/bus/event_log.h"
#include "libs/bus/event_log_contract.h"

namespace sluice::bus::contract {

// Everything a read may hand out at once, for tests that do not look at bounds.
inline constexpr size_t kPlenty = size_t{1} << 30;

Outgoing To(const TopicPartition& to, const std::string& key,
            const std::string& value);

// A topic of a unique name.
std::string MakeTopic(ContractHarness& harness, int partitions,
                      Cleanup cleanup = Cleanup::kDelete);

std::unique_ptr<Producer> OpenProducer(ContractHarness& harness,
                                       const std::string& id);

// Appends and requires success.
std::vector<int64_t> Append(Producer& producer,
                            const std::vector<Outgoing>& messages);

// All messages from `from` on that are there now.
std::vector<Message> ReadAll(ContractHarness& harness,
                             const TopicPartition& partition, int64_t from = 0);

// The values of ReadAll.
std::vector<std::string> Values(ContractHarness& harness,
                                const TopicPartition& partition,
                                int64_t from = 0);

std::string ValueOf(const Message& message);

// A member of a group, with what it has been told so far.
class Consumer {
 public:
  Consumer(ContractHarness& harness, const std::string& group,
           const std::string& topic);

  // Polls once and does as a consumer does: forgets what is lost, seeks what is
  // gained to the group's commit or 0, notes what is fetched. The status of the
  // Poll.
  absl::Status Step(size_t bytes_max = kPlenty);

  // Steps at each wakeup until `done`; false when patience ran out.
  bool StepUntil(const std::function<bool()>& done);

  // Waits for a wakeup since the last call; false when patience ran out.
  bool AwaitWakeup();
  // The same with a patience of its own.
  bool AwaitWakeup(absl::Duration patience);

  // Says that everything fetched from `partition` is taken care of.
  absl::Status Commit(const TopicPartition& partition);

  GroupMember& member() { return *member_; }

  std::vector<TopicPartition> owned;
  // Values fetched since the partition was gained last, by partition.
  std::map<TopicPartition, std::vector<std::string>> fetched;
  std::map<TopicPartition, int64_t> next;
  // Of the last Step: whether it was told so, and whether it had nothing.
  bool at_end = false;
  bool idle = false;

 private:
  ContractHarness& harness_;
  const std::string group_;
  Mutex mutex_;
  CondVar woken_;
  int wakeups_ ABSL_GUARDED_BY(mutex_) = 0;
  // Last, so that it is gone, and its callback with it, before what that
  // touches.
  std::unique_ptr<GroupMember> member_;
};

}  // namespace sluice::bus::contract

#endif  // SLUICE_LIBS_BUS_CONTRACT_STEPS_H_
