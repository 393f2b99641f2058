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
// the one before that is written. A stream without credit, data or a finished
// write holds bounded memory and no thread.
#ifndef SLUICE_LIBS_DELIVERY_STREAM_H_
#define SLUICE_LIBS_DELIVERY_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/audit/audit_log.h"
#include "libs/base/mutex.h"
#include "libs/base/worker_pool.h"
#include "libs/bus/event_log.h"
#include "libs/delivery/gate.h"
#include "libs/delivery/policy_processor.h"
#include "libs/delivery/processor.h"
#include "libs/delivery/sink.h"
#include "libs/delivery/start_point.h"

namespace sluice::delivery {

// Bounds of one stream.
inline constexpr uint32_t kCreditBatchesMax = 1024;
inline constexpr uint64_t kCreditBytesMax = uint64_t{256} << 20;
// Batches between the pump and the sink.
inline constexpr size_t kPipelineBatchesMax = 16;
// Deliveries that may wait for their acknowledgement; then nothing more is
// sent.
inline constexpr size_t kUnacknowledgedMax = 4096;

struct StreamOptions {
  // Names the stream in the audit trail.
  std::string id;
  std::string resource;
  std::string agreement;
  audit::v1::Peer peer;
  // The group on the bus, and this stream's membership in it.
  std::string group;
  std::unique_ptr<bus::GroupMember> member;
  StartSpec start;
  std::unique_ptr<Processor> processor;
  // Asked before each write, and the pass held while it starts; an error ends
  // the stream.
  std::function<absl::StatusOr<std::unique_ptr<Gate::Pass>>()> enter_gate;
  // Called once, when the stream has ended, with what it told its sink.
  std::function<void(const absl::Status&)> on_end;

  // These outlive the stream. `audit` null: nothing is recorded; only a
  // processor that announces nothing may do without.
  bus::EventLog* log = nullptr;
  WorkerPool* pool = nullptr;
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

  // Looks again at what time alone can change: a key that was waited for, the
  // agreement's end. Call about once a second.
  void Tick();

 private:
  struct FetchedMessage {
    bus::TopicPartition from;
    bus::Message message;
  };

  // What waits its turn to be written, in order.
  struct Pending {
    // Counts everything that was queued: pipeline_ holds consecutive numbers.
    uint64_t number = 0;
    // A delivery; otherwise `frame` goes out as it is.
    std::optional<Prepared> prepared;
    Frame frame;
    bus::TopicPartition from;
    int64_t offset = 0;
    uint64_t ownership = 0;
    // Its entry is in the audit trail, or it has none.
    bool durable = false;
    // Its partition went to another member of the group.
    bool lost = false;
  };

  struct Unacknowledged {
    bus::TopicPartition from;
    int64_t offset = 0;
    uint64_t ownership = 0;
  };

  // Everything of a partition up to a delivery is acknowledged.
  struct Commit {
    bus::TopicPartition partition;
    int64_t offset = 0;
    uint64_t ownership = 0;
    uint64_t delivery_id = 0;
  };

  explicit Stream(StreamOptions options);

  // The pump. These run one at a time, on the pool.
  void SchedulePump() ABSL_LOCKS_EXCLUDED(mutex_);
  void SchedulePumpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RunPump();
  // One round; true if there is more to do at once.
  absl::StatusOr<bool> PumpOnce();
  // True if partitions were gained: from where to fetch is known only now.
  absl::StatusOr<bool> Fetch(size_t bytes_max);
  void SayCaughtUp();
  bool EndIfHalfClosed();
  void Lose(const bus::TopicPartition& partition);
  absl::Status Gain(const bus::TopicPartition& partition);
  // True if the next message was dealt with, false if it must wait.
  absl::StatusOr<bool> PrepareNext();
  void Enqueue(const FetchedMessage& fetched, Prepared prepared);
  void PushFrameLocked(Frame frame) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TakeAcknowledgements();
  std::vector<Commit> SettleLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RecordReceipt(Commit commit);
  void OnReceipt(const absl::Status& status, const Commit& commit);
  // Ends what is left to end; true if nothing of the stream is at work any
  // more.
  bool WindDown();
  // Bytes that may be prepared now; 0 while any bound is reached.
  size_t RoomBytes();

  // The writer: at most one thread at a time.
  void OnDurable(uint64_t number, const absl::StatusOr<uint64_t>& index);
  void ScheduleWritesLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteAllReady();
  bool TakeReady(Pending* next);
  void WriteOne(Pending next);

  const StreamOptions options_;

  // Used by the pump alone, after Begin.
  std::unique_ptr<bus::GroupMember> member_;
  std::unique_ptr<Processor> processor_;
  std::deque<FetchedMessage> fetched_;
  Position position_;
  // Numbers each time that a partition was gained, so that what belongs to an
  // earlier time is not committed in a later one.
  std::map<bus::TopicPartition, uint64_t> owned_;
  uint64_t last_ownership_ = 0;
  bool assigned_once_ = false;
  // As the last Poll said.
  bool at_end_ = false;
  bool caught_up_ = false;
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
