// The bus as the rest of Sluice sees it: topics of ordered partitions, appended
// to atomically, read from explicit offsets, shared by groups that commit
// positions.
//
// Two implementations pass one contract test suite (event_log_contract.h): the
// embedded one on RocksDB, and Kafka. What Kafka cannot promise is not here.
#ifndef SLUICE_LIBS_BUS_EVENT_LOG_H_
#define SLUICE_LIBS_BUS_EVENT_LOG_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/shared_bytes.h"

namespace sluice::bus {

// Largest message: key and value together.
inline constexpr size_t kMessageBytesMax = 1'000'000;

enum class Cleanup {
  kDelete,   // messages leave when they are older or more than retention allows
  kCompact,  // of each key the newest message stays; an empty value removes the
             // key
};

struct TopicSpec {
  // Letters, digits, '.', '_' and '-'; 1 to 249 characters, as Kafka has it.
  std::string name;
  // 1 to 1,024; never changes.
  int partitions = 1;
  Cleanup cleanup = Cleanup::kDelete;
  // kDelete only. Whole milliseconds, at most 100 years. Infinite: kept for
  // ever.
  absl::Duration retention = absl::InfiniteDuration();
  // kDelete only: bytes of values a partition keeps; 0 means no bound.
  uint64_t retention_bytes = 0;

  friend bool operator==(const TopicSpec&, const TopicSpec&) = default;
};

struct TopicPartition {
  std::string topic;
  int partition = 0;

  friend auto operator<=>(const TopicPartition&,
                          const TopicPartition&) = default;
};

// A message as it lies in a partition. Offsets grow; there may be gaps.
struct Message {
  int64_t offset = 0;
  // When the bus took it, by the bus's clock. A clock may be set back: who must
  // not see time fall takes the latest so far.
  absl::Time time;
  std::string key;
  SharedBytes value;
};

// A message to append.
struct Outgoing {
  TopicPartition to;
  std::string key;
  SharedBytes value;
};

// [begin, end): offsets a partition holds at this moment. end is what the next
// message gets at the earliest.
struct OffsetRange {
  int64_t begin = 0;
  int64_t end = 0;
};

// Appends, under an identity that only one process has at a time. Thread-safe.
class Producer {
 public:
  virtual ~Producer() = default;

  // Appends all of `messages` or none, durably: when it returns OK they survive
  // a crash. Returns their offsets in the order given. The messages of one call
  // that go to one partition stand there in that order.
  // Errors: FENCED (a newer producer of this id exists), NOT_FOUND (topic or
  // partition), TOO_LARGE (a message above kMessageBytesMax or a call above
  // 64 MiB), STORAGE_FAILED.
  // After NOT_FOUND and TOO_LARGE nothing of the call is visible and the
  // producer goes on. After any other error it is finished and Append keeps
  // failing; whether the call's messages are there, all or none, is settled
  // for good once another producer of this id is open, and can be read then.
  virtual absl::StatusOr<std::vector<int64_t>> Append(
      const std::vector<Outgoing>& messages) = 0;
};

// Appends single messages. Many may have one, none is fenced. Thread-safe.
class Appender {
 public:
  virtual ~Appender() = default;

  // Appends durably and returns the offset. Errors: NOT_FOUND, TOO_LARGE (as
  // Producer::Append; the message is not there), STORAGE_FAILED (it may be
  // there, or come to be there, once): append again if twice does no harm.
  virtual absl::StatusOr<int64_t> Append(const Outgoing& message) = 0;
};

// What GroupMember::Poll has for its caller. Handle in this order: lost,
// gained, fetched.
struct PollResult {
  // Partitions this member no longer has. Commits for them are FENCED from now
  // on.
  std::vector<TopicPartition> lost;
  // Partitions this member has from now on; nothing is fetched from them before
  // Seek.
  std::vector<TopicPartition> gained;

  struct Fetched {
    TopicPartition from;
    // At least one, in order.
    std::vector<Message> messages;
  };
  std::vector<Fetched> fetched;

  // Nothing is left to fetch of what was at hand: each partition that this
  // member has, and has sought in, was at its end at some moment after its last
  // message was fetched, and none is known to have more since. An empty
  // `fetched` alone says nothing: messages may be on their way.
  bool at_end = false;
};

// One member of a consumer group. Every partition of the topic belongs to at
// most one member of the group at a time. Other members may have to wait for
// this one's Poll before they get a partition, so poll at each wakeup, also
// without room for messages; who does not poll for 5 minutes may lose all
// partitions. Not thread-safe, but Wakeup's callback comes from any thread.
class GroupMember {
 public:
  // Leaves the group; its partitions go to the others.
  virtual ~GroupMember() = default;

  // Never blocks. Fetches at most about `bytes_max` bytes of values, at least
  // one message if there is one and bytes_max > 0, and each message only once
  // between two Seeks. 0 fetches nothing and still brings changes of the
  // assignment.
  // Errors: POSITION_EXPIRED (retention has passed the place of a partition,
  // which FieldOf names "<topic>/<partition>"; Seek elsewhere), NOT_FOUND (the
  // bus has no such topic, or so it says: each time once, for the member goes
  // on where the topic comes back, and DescribeTopic tells whether it is gone),
  // STORAGE_FAILED, CORRUPT.
  virtual absl::StatusOr<PollResult> Poll(size_t bytes_max) = 0;

  // Next fetch from `partition` starts at the first message with an offset of
  // at least `offset`. NOT_FOUND unless the partition is this member's.
  virtual absl::Status Seek(const TopicPartition& partition,
                            int64_t offset) = 0;

  // Says that everything below `offset` is taken care of. Does not wait: the
  // newest commit of a partition replaces one that is on its way, and those on
  // their way are finished when the member leaves. FENCED if the partition is
  // known to be another's; the commit of a member that does not know it yet
  // takes no effect. What a crash loses is fetched again by the next member. A
  // bus that says that it has no such topic has not taken it, which Poll tells
  // with NOT_FOUND: commit again once the topic is found to be there.
  virtual absl::Status Commit(const TopicPartition& partition,
                              int64_t offset) = 0;

  // `wakeup` is called, from any thread and without any lock of the log held,
  // whenever Poll may have something new since it last returned nothing; after
  // a Seek, poll without waiting for it. It runs in threads that append, join
  // or leave, so it must not block, call the log, or take a lock that is held
  // around a call of the log. Set once, before the first Poll. It is not called
  // after this object is gone.
  virtual void OnWakeup(std::function<void()> wakeup) = 0;
};

// Kafka says "unknown topic" also of one that is there: by a node that has just
// started, or while a leader moves. So one such answer is evidence of nothing.
// So many in a row, each to a question with a second between two of them, say
// that a topic is gone: by then Kafka has long moved a leader or started a
// node.
inline constexpr int kMissingAnswersMax = 30;

// Thread-safe.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // OK if the topic is there with the same spec. WRONG_STATE if it is there
  // with another (the message names what differs and the command that mends
  // it), OUT_OF_BOUNDS for a spec outside its bounds.
  virtual absl::Status CreateTopic(const TopicSpec& spec) = 0;

  // NOT_FOUND if there is none: see kMissingAnswersMax.
  virtual absl::StatusOr<TopicSpec> DescribeTopic(const std::string& name) = 0;

  // The producer `producer_id`; an earlier one of this id is fenced from now
  // on, also across processes and restarts.
  virtual absl::StatusOr<std::unique_ptr<Producer>> OpenProducer(
      const std::string& producer_id) = 0;

  virtual absl::StatusOr<std::unique_ptr<Appender>> OpenAppender() = 0;

  // NOT_FOUND for an unknown partition.
  virtual absl::StatusOr<OffsetRange> Offsets(
      const TopicPartition& partition) = 0;

  // Messages from the first with an offset of at least `from`, in order: at
  // most `count_max` and about `bytes_max` bytes of values, at least one if
  // there is one. Waits up to `wait` for the first; returns none when there is
  // none by then. Errors: NOT_FOUND, POSITION_EXPIRED (from < Offsets().begin),
  // CORRUPT, STORAGE_FAILED.
  virtual absl::StatusOr<std::vector<Message>> Read(
      const TopicPartition& partition, int64_t from, size_t count_max,
      size_t bytes_max, absl::Duration wait) = 0;

  // A new member of `group` (1 to 249 characters), which reads `topic`.
  virtual absl::StatusOr<std::unique_ptr<GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) = 0;

  // What the group has committed for the partition; NOT_FOUND if nothing. A
  // commit on its way does not count.
  virtual absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const TopicPartition& partition) = 0;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_EVENT_LOG_H_
