// A member of a consumer group of Kafka.
#ifndef SLUICE_LIBS_BUS_KAFKA_GROUP_MEMBER_H_
#define SLUICE_LIBS_BUS_KAFKA_GROUP_MEMBER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_commits.h"
#include "libs/bus/kafka_connection.h"
#include "libs/bus/kafka_groups.h"
#include "libs/bus/wakeup.h"

namespace sluice::bus {

// As GroupMember says.
//
// Rebalances are cooperative: a partition stays with its member unless an even
// share asks otherwise. librdkafka hands a change over as an event, and other
// members wait until it is answered, which Poll does. A partition that is
// gained is not given to librdkafka before Seek says where it starts, so
// nothing is fetched that nobody asked for. Each partition has a queue of its
// own, so that a Poll can stop in the middle; Seek makes what is queued stale,
// and librdkafka drops it.
class KafkaGroupMember : public GroupMember {
 public:
  // Messages of one Poll, whatever their size.
  static constexpr size_t kPollMessagesMax = 10'000;

  // Joins. `connection` and `groups` must outlive the member.
  static absl::StatusOr<std::unique_ptr<KafkaGroupMember>> Join(
      KafkaConnection* connection, KafkaGroups* groups,
      const std::string& group, const std::string& topic);

  // Finishes commits and leaves, each for some seconds at most.
  ~KafkaGroupMember() override;

  absl::StatusOr<PollResult> Poll(size_t bytes_max) override;
  absl::Status Seek(const TopicPartition& partition, int64_t offset) override;
  absl::Status Commit(const TopicPartition& partition, int64_t offset) override;
  void OnWakeup(std::function<void()> wakeup) override;

 private:
  // A partition that Poll has announced as gained.
  struct Held {
    KafkaQueue queue;
    // Whether librdkafka has it, which is from the first Seek on.
    bool fetched = false;
    // Where the next fetch starts; nothing before Seek.
    std::optional<int64_t> next;
    bool at_end = false;
    // Why nothing comes until the next Seek.
    absl::Status trouble;
    // Taken since librdkafka was last told to look again.
    size_t taken_bytes = 0;
    size_t taken_messages = 0;
  };
  using HeldMap = std::map<int, Held>;

  KafkaGroupMember(KafkaConnection* connection, KafkaGroups* groups,
                   std::string group_id, std::string topic, int partitions);

  // Runs in the thread that polls.
  static void OnError(rd_kafka_t* handle, int err, const char* said,
                      void* opaque);

  // Everything but messages: changes of the assignment, errors.
  void TakeEvents(PollResult* result);
  void TakeRebalance(rd_kafka_event_t* event, PollResult* result);
  void Gain(int partition, PollResult* result);
  void Lose(int partition, PollResult* result);
  void Abandon(Held* held);
  void TakeError(rd_kafka_resp_err_t err, absl::string_view said);

  void Fetch(size_t bytes_max, PollResult* result);
  // From one partition, within what is left.
  std::vector<Message> FetchFrom(int partition, Held* held, size_t* bytes_left,
                                 size_t* messages_left);
  void TakeFetchError(int partition, Held* held,
                      const rd_kafka_message_t& message);

  // Gives librdkafka the partition at `offset`, or takes it back.
  absl::Status Subscribe();
  absl::Status Assign(int partition, int64_t offset);
  absl::Status Unassign(const std::vector<int>& partitions);
  KafkaPartitions ListOf(const std::vector<int>& partitions) const;

  Held* Find(const TopicPartition& partition);
  std::string Spell(int partition) const;

  // Lets the group go, within a bounded time.
  void Leave();
  // Whether the handle may be destroyed. librdkafka 2.0 asserts, and takes the
  // process with it, when a handle goes that has joined a group and has not
  // been told its first assignment (its issue 4312, repaired in 2.3): so that
  // assignment is waited for.
  bool SafeToDestroy();

  KafkaConnection* const connection_;
  KafkaGroups* const groups_;
  const std::string group_id_;
  const std::string topic_;
  // As Kafka calls it.
  const std::string full_topic_;
  const size_t prefetch_bytes_;
  const std::unique_ptr<Wakeup> wakeup_ = std::make_unique<Wakeup>();

  std::unique_ptr<KafkaHandle> handle_;
  // Changes of the assignment and errors.
  KafkaQueue events_;
  std::unique_ptr<KafkaCommits> commits_;

  // Whether an assignment was ever told.
  bool assigned_once_ = false;
  HeldMap held_;
  // Of the member as a whole.
  absl::Status trouble_;
  // That Kafka has no such topic, until it is told. librdkafka goes on by
  // itself where the topic comes back.
  absl::Status missing_;
  // The partition that the next fetch begins with, so that none starves.
  int turn_ = 0;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_GROUP_MEMBER_H_
