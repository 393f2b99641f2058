// Reads from explicit offsets, for whoever is in no group.
#ifndef SLUICE_LIBS_BUS_KAFKA_READER_H_
#define SLUICE_LIBS_BUS_KAFKA_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_connection.h"
#include "libs/bus/kafka_cursor.h"

namespace sluice::bus {

// Keeps cursors open between reads, so that one that goes on where another
// ended finds what was fetched ahead meanwhile. Two pools: reads that wait for
// messages to come, and reads that do not. Thread-safe.
class KafkaReader {
 public:
  // A read waits for a free cursor when so many run.
  static constexpr size_t kTailCursorsMax = 8;
  static constexpr size_t kPointCursorsMax = 4;

  // `connection` must outlive this.
  explicit KafkaReader(KafkaConnection* connection) : connection_(connection) {}

  // As EventLog::Read.
  absl::StatusOr<std::vector<Message>> Read(const TopicPartition& partition,
                                            int64_t from, size_t count_max,
                                            size_t bytes_max,
                                            absl::Duration wait);

 private:
  struct Pool {
    bool tail;
    size_t cursors_max;
    size_t made = 0;
    std::vector<std::unique_ptr<KafkaCursor>> idle;
  };
  // One Read.
  struct Query {
    const TopicPartition& partition;
    int64_t from;
    size_t count_max;
    size_t bytes_max;
    // Of the caller's patience for a message that is yet to come.
    absl::Time deadline;
    // Of Kafka's time to hand out what it has.
    absl::Time give_up;
    // Below this there may be messages at hand; unknown: no need to ask.
    std::optional<int64_t> end;
  };

  absl::StatusOr<std::unique_ptr<KafkaCursor>> Acquire(Pool* pool,
                                                       const Query& query);
  void Release(Pool* pool, std::unique_ptr<KafkaCursor> cursor);

  // Places the cursor. False if there is nothing by the deadline.
  absl::StatusOr<bool> Place(KafkaCursor* cursor, Query* query);
  absl::StatusOr<std::vector<Message>> Collect(KafkaCursor* cursor,
                                               Query* query);
  // The error for a cursor whose place Kafka does not have.
  absl::Status OutOfRange(const Query& query, int64_t place);

  KafkaConnection* const connection_;
  Mutex mutex_;
  CondVar released_;
  Pool tail_ ABSL_GUARDED_BY(mutex_) = {true, kTailCursorsMax, 0, {}};
  Pool point_ ABSL_GUARDED_BY(mutex_) = {false, kPointCursorsMax, 0, {}};
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_READER_H_
