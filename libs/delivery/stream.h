// One subscription at work: the eight steps of a delivery as a pipeline.
//
// Two strands of work run for a stream on the pool, and the audit trail's
// writer between them:
//
//   pump:  fetch, verify, desensitize, describe     (one batch after another)
//   audit: entry durable                            (groups, for all streams)
//   write: gate, start the write                    (in the order of the pump)
//
// so that one batch is treated while the entry of the one before is synced and
// the one before that is written. A stream without credit, data, quota or a
// finished write holds bounded memory and no thread.
//
// What must be asked of the bus, where to begin in a partition, is asked in
// threads beside the pool: no step of a stream waits for the bus.
//
// A stream outlives a short absence of what it depends on: while the broker has
// no lease, or the registry or the bus cannot be reached, it pauses with what
// it has prepared, and goes on by itself. What may be written is asked again
// for each write, so nothing that was prepared before a revocation leaves after
// it.
#ifndef SLUICE_LIBS_DELIVERY_STREAM_H_
#define SLUICE_LIBS_DELIVERY_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/audit/audit_log.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/worker_pool.h"
#include "libs/bus/event_log.h"
#include "libs/delivery/bus_threads.h"
#include "libs/delivery/gate.h"
#include "libs/delivery/policy_processor.h"
#include "libs/delivery/processor.h"
#include "libs/delivery/sink.h"
#include "libs/delivery/start_lookup.h"
#include "libs/delivery/start_point.h"
#include "libs/delivery/topic_inquiry.h"
#include "libs/registry/quota.h"

namespace sluice::delivery {

// Bounds of one stream.
inline constexpr uint32_t kCreditBatchesMax = 1024;
inline constexpr uint64_t kCreditBytesMax = uint64_t{256} << 20;
// Batches between the pump and the sink.
inline constexpr size_t kPipelineBatchesMax = 16;
// Deliveries that may wait for their acknowledgement; then nothing more is
// sent.
inline constexpr size_t kUnacknowledgedMax = 4096;
// How often a consumer that is caught up, and to whom nothing is sent of what
// is published, is told its position: far more often than retention removes
// messages, and seldom enough to hide when they were published.
inline constexpr absl::Duration kSayPositionEvery = absl::Minutes(10);
// How long a stream pauses before it ends with the (retriable) reason: its
// consumer may do better with another broker.
inline constexpr absl::Duration kPauseMaxDefault = absl::Minutes(5);

struct StreamOptions {
  // Names the stream in the audit trail.
  std::string id;
  std::string resource;
  std::string agreement;
  audit::v1::Peer peer;
  // The group on the bus, and this stream's membership in it.
  std::string group;
  std::unique_ptr<bus::GroupMember> member;
  // Takes the member when the sink is finished and nothing of the stream uses
  // it any more. To leave its group may take long, so this should not wait for
  // it: it is called from the pool. Null: the member is destroyed there.
  std::function<void(std::unique_ptr<bus::GroupMember>)> retire;
  StartSpec start;
  std::unique_ptr<Processor> processor;
  // Asked before each write, and the pass held while it starts. `publisher_key`
  // is that of the message to be written; empty if it is none. LEASE_LOST and
  // STORAGE_FAILED pause the stream, any other error ends it.
  std::function<absl::StatusOr<std::unique_ptr<Gate::Pass>>(
      const std::string& publisher_key)>
      enter_gate;
  // Takes records that are to be delivered from what the agreement's limits
  // allow, and whether those that were taken for the day that ends at `day_end`
  // may still be sent: as registry::Quota. Null: no limit on records.
  std::function<registry::Quota::Taking(uint64_t records)> take_records;
  std::function<bool(absl::Time day_end)> day_lasts;
  // Called once, from the pool, when the day's records are used up, another one
  // is there to be sent, and all that were taken before are written. Nothing
  // more is sent until `end` is called, then or later and from any thread, with
  // what the stream ends with. Null: the stream waits for the next day.
  using EndWith = std::function<void(const absl::Status&)>;
  std::function<void(EndWith end)> on_day_used_up;
  // Called once, when the stream has ended, with what it told its sink.
  std::function<void(const absl::Status&)> on_end;

  // These outlive the stream. `audit` null: nothing is recorded; only a
  // processor that announces nothing may do without.
  bus::EventLog* log = nullptr;
  Clock* clock = Clock::System();
  absl::Duration pause_max = kPauseMaxDefault;
  WorkerPool* pool = nullptr;
  BusThreads* bus_threads = nullptr;
  audit::AuditLog* audit = nullptr;
  DeliveryCounters* counters = nullptr;
  // Until Finish has been called.
  Sink* sink = nullptr;
};

// Thread-safe.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  // A stream that does nothing before Run.
  static std::shared_ptr<Stream> Create(StreamOptions options);

  // Begins: writes `started`, then what credit allows. Called once.
  void Run(const exchange::v1::Started& started);

  // The destructor runs on any thread, once the stream has ended and no step of
  // it is at work.
  ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // What the client sends.
  void AddCredit(const exchange::v1::Credit& credit);
  void Acknowledge(uint64_t delivery_id);
  // The client sends nothing more: the stream ends once its acknowledgements
  // are recorded.
  void HalfClose();

  // The sink's answer to Write. False: the connection is gone.
  void OnWritten(bool ok);

  // Ends the stream; the first call counts. `status` OK ends it in good order.
  void End(const absl::Status& status);

  // Looks again at what time alone can change: a lease or a key that was waited
  // for, quota, the agreement's end. Call about once a second, and when one of
  // them may have changed.
  void Tick();

  const std::string& agreement() const { return options_.agreement; }

 private:
  struct FetchedMessage {
    bus::TopicPartition from;
    bus::Message message;
    // Whether its bytes are held by the bus, which may hold much more with
    // them.
    bool pinned = true;
  };

  // The first of fetched_ once it is processed, while some of its rows are not
  // on their way yet.
  struct Current {
    // The whole message.
    Prepared prepared;
    // Rows of the message, also those that do not leave; 0 of a marker.
    uint32_t row_count = 0;
    uint32_t rows_done = 0;
    // Null: all of them leave.
    std::shared_ptr<const RowSelection> selection;
    // Records that were taken from the limits and are not on their way yet.
    uint32_t taken = 0;
    // With how many records a frame is tried: fewer once that many were too
    // large for one.
    uint32_t frame_records = std::numeric_limits<uint32_t>::max();

    // Of those that are not done the ones that leave.
    uint32_t LeavingLeft() const;
    // How many rows, from the first that is not done on, the next `leaving`
    // that leave are in.
    uint32_t RowsWith(uint32_t leaving) const;
  };

  // What waits its turn to be written, in order.
  struct Pending {
    // Counts everything that was queued: pipeline_ holds consecutive numbers.
    uint64_t number = 0;
    // A delivery; otherwise `response` goes out.
    std::optional<Prepared> prepared;
    exchange::v1::SubscribeResponse response;
    bus::TopicPartition from;
    // Where the consumer stands in the partition without this delivery.
    PartitionProgress before;
    // What the group commits once this is acknowledged.
    int64_t commit_offset = 0;
    uint64_t ownership = 0;
    // Records that were taken from the limits, and the end of the day for which
    // they count.
    uint32_t records = 0;
    absl::Time day_end = absl::InfiniteFuture();
    // Its entry is in the audit trail, or it has none.
    bool durable = false;
    // Its partition went to another member of the group.
    bool lost = false;
  };

  struct Unacknowledged {
    bus::TopicPartition from;
    int64_t commit_offset = 0;
    uint64_t ownership = 0;
  };

  // Everything of a partition up to a delivery is acknowledged.
  struct Commit {
    bus::TopicPartition partition;
    int64_t offset = 0;
    uint64_t ownership = 0;
    uint64_t delivery_id = 0;
  };

  using Answer = registry::Quota::Answer;

  explicit Stream(StreamOptions options);

  // The pump (stream.cc): it runs on the pool, at most one at a time. What
  // follows up to the writer is called by it alone, unless something else is
  // said.
  void SchedulePump() ABSL_LOCKS_EXCLUDED(mutex_);
  void SchedulePumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunPump();
  // One round; true if there is more to do at once.
  absl::StatusOr<bool> PumpOnce();
  // Bytes that may be prepared now; 0 while any bound is reached.
  size_t RoomBytes();
  bool EndIfHalfClosed();
  absl::Status SayCaughtUp();
  bool MaySayPosition();
  // Lets go of memory of the bus once messages have waited for a tick.
  void UnpinIfTicked();
  // Ends what is left to end; true if nothing of the stream is at work any
  // more.
  bool WindDown();

  // What it has of the bus (stream_partitions.cc).
  // What to make of an error of the bus: OK to ask again later.
  absl::Status WaitForBus(const absl::Status& why);
  // Once a tick while the topic may be gone: NOT_FOUND once it is.
  absl::Status LookForTopic();
  absl::Status Fetch(size_t bytes_max);
  void Lose(const bus::TopicPartition& partition);
  // One step towards the first of gaining_; true if that is begun with, and so
  // what is fetched may have changed.
  absl::StatusOr<bool> Gain();
  absl::StatusOr<bool> TryGain();
  // What the bus is asked about a partition.
  StartLookup::Question QuestionAbout(
      const bus::TopicPartition& partition) const;
  // What wakes the pump, from any thread.
  std::function<void()> PumpWakeup();
  void BreakOffLookup();
  // Begins to fetch from there.
  absl::Status Place(const bus::TopicPartition& partition,
                     const StartPoint& start);

  // From a message to its deliveries (stream_batches.cc).
  // True if the next message or a part of it was dealt with, false if it must
  // wait.
  absl::StatusOr<bool> PrepareNext();
  absl::StatusOr<bool> Process();
  absl::Status SkipRowsDone();
  absl::StatusOr<bool> SendCurrent();
  // As many of the current message's records as are taken and fit into a frame,
  // and how many `rows` of the message they are in.
  absl::StatusOr<Prepared> FillFrame(const FetchedMessage& fetched,
                                     uint32_t* rows);
  // Goes on behind the current message, of which nothing is left to leave.
  void PassOver(const FetchedMessage& fetched);
  // Queues `rows` rows of the current message.
  void Enqueue(const FetchedMessage& fetched, Prepared prepared, uint32_t rows);
  // Also by Run.
  void PushLocked(exchange::v1::SubscribeResponse response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The limits (stream_quota.cc).
  // How many of `wanted` records may be sent now.
  uint32_t TakeRecords(uint32_t wanted);
  // The day is used up, and was not when this was asked before.
  void NoteDayUsedUp();
  void SetQuotaWaiting(bool waiting);
  // True if on_day_used_up was called.
  bool SayDayUsedUp();
  bool CallOnDayUsedUp();
  bool NeedsRecount();
  // Takes again, of the new day and in order, what was prepared in a day that
  // is over. True if all of it is taken.
  bool Recount();
  struct Counted {
    uint64_t number = 0;
    uint32_t records = 0;
    absl::Time day_end;
  };
  std::vector<Counted> PreparedCounts();
  Answer RecountOne(const Counted& prepared);

  // What was acknowledged (stream_acknowledgements.cc).
  absl::Status TakeAcknowledgements();
  std::vector<Commit> SettleLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RecordReceipt(Commit commit);
  // By the audit trail's thread; at once where nothing is recorded.
  void OnReceipt(const absl::Status& status, const Commit& commit);
  // Commits what was passed over where nothing before it is outstanding.
  absl::Status CommitPassedOver();
  // Commits, and notes it for CommitAgain. FENCED is no error.
  absl::Status CommitTo(const bus::TopicPartition& partition, int64_t offset);
  // What the bus may not have taken while it did not know the topic.
  absl::Status CommitAgain();

  // The gate and the writer behind it (stream_writer.cc): at most one thread at
  // a time, which is not the pump's.
  void Pause(const absl::Status& why, bool leaves_writer);
  void Resume();
  // By the audit trail's thread.
  void OnDurable(uint64_t number, const absl::StatusOr<uint64_t>& index);
  void ScheduleWritesLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteAllReady();
  // What is asked before the next one is written.
  struct Ready {
    std::string publisher_key;
    absl::Time day_end;
  };
  // False if none is ready: then the writer is left.
  bool HasReady(Ready* ready);
  void LeaveToRecount();
  // False if it is not any more.
  bool TakeReady(Pending* next);
  void WriteOne(Pending next);

  const StreamOptions options_;

  // Used by the pump alone, after Begin.
  std::unique_ptr<bus::GroupMember> member_;
  std::unique_ptr<Processor> processor_;
  std::deque<FetchedMessage> fetched_;
  std::optional<Current> current_;
  Position position_;
  // Of batches that a stream starts within: what of them is done.
  std::map<uint32_t, PartitionProgress> starts_within_;
  // Offsets behind messages of which nothing leaves, since the last delivery of
  // their partition.
  std::map<bus::TopicPartition, int64_t> passed_over_;
  // Gained, and from where to read is not known yet.
  std::deque<bus::TopicPartition> gaining_;
  // Of the first of gaining_; null: the bus is not being asked.
  std::shared_ptr<StartLookup> lookup_;
  // It waits until the group's commit has moved back.
  bool moving_back_ = false;
  // The bus did not say where to begin, and was not asked again with success.
  bool gain_failing_ = false;
  // Since when the bus cannot be read.
  std::optional<absl::Time> bus_failing_since_;
  TopicInquiry inquiry_;
  // What this stream has committed last of each partition that it owns.
  std::map<bus::TopicPartition, int64_t> committed_;
  bool quota_waiting_ = false;
  // Of what was taken last.
  absl::Time taken_day_end_ = absl::InfiniteFuture();
  // Something prepared counts for a day that is over: nothing new is taken
  // before it.
  bool needs_recount_ = false;
  bool said_day_used_up_ = false;
  // Numbers each time that a partition was gained, so that what belongs to an
  // earlier time is not committed in a later one.
  std::map<bus::TopicPartition, uint64_t> owned_;
  uint64_t last_ownership_ = 0;
  // The partitions that came first are begun with; before, nothing is sent.
  bool assigned_once_ = false;
  // As the last Poll said.
  bool at_end_ = false;
  // It was said since the last delivery.
  bool caught_up_ = false;
  // Behind the last position that was said.
  bool passed_said_position_ = false;
  // When the position may be said next that moved by nothing but what is passed
  // over.
  absl::Time may_say_position_;
  bool finished_ = false;

  Mutex mutex_;
  enum class Pump { kIdle, kScheduled, kRunning, kRunAgain, kDone };
  Pump pump_ ABSL_GUARDED_BY(mutex_) = Pump::kIdle;
  bool running_ ABSL_GUARDED_BY(mutex_) = false;
  bool half_closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
  uint64_t credit_batches_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t credit_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_number_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_delivery_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Pending> pipeline_ ABSL_GUARDED_BY(mutex_);
  bool ticked_ ABSL_GUARDED_BY(mutex_) = false;
  // False from a failure to gain a partition to the next tick.
  bool may_gain_ ABSL_GUARDED_BY(mutex_) = true;
  // False from a look for the topic to the next tick.
  bool may_inquire_ ABSL_GUARDED_BY(mutex_) = true;
  // The writer waits, for the day of the next one is over: it counts again
  // before it is written.
  bool recounting_ ABSL_GUARDED_BY(mutex_) = false;
  // Nothing further is taken: the day is used up.
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Time> paused_since_ ABSL_GUARDED_BY(mutex_);
  // A Write waits for its OnWritten.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  // A thread is in WriteAllReady, or will be.
  bool in_writer_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<uint64_t, Unacknowledged> unacknowledged_ ABSL_GUARDED_BY(mutex_);
  // The highest delivery of each partition.
  std::map<bus::TopicPartition, uint64_t> acknowledged_ ABSL_GUARDED_BY(mutex_);
  int receipts_in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Commit> commits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::delivery

#endif  // SLUICE_LIBS_DELIVERY_STREAM_H_
