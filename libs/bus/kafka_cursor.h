// A consumer without a group that stands somewhere in a partition.
#ifndef SLUICE_LIBS_BUS_KAFKA_CURSOR_H_
#define SLUICE_LIBS_BUS_KAFKA_CURSOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_connection.h"

namespace sluice::bus {

// Has a handle of its own. Not thread-safe.
class KafkaCursor {
 public:
  // `connection` must outlive the cursor.
  static absl::StatusOr<std::unique_ptr<KafkaCursor>> Make(
      KafkaConnection* connection, bool tail);

  ~KafkaCursor();
  KafkaCursor(const KafkaCursor&) = delete;
  KafkaCursor& operator=(const KafkaCursor&) = delete;

  // Fetches from `offset` on, whatever it did before.
  absl::Status Start(const TopicPartition& partition, int64_t offset);
  // Fetches no more.
  void Stop();

  // Whether it stands where a read of `partition` from `offset` begins.
  bool StandsAt(const TopicPartition& partition, int64_t offset) const {
    return started_ && partition == partition_ && offset == next_;
  }
  // The offset after the last message taken.
  int64_t next() const { return next_; }
  bool started() const { return started_; }
  absl::Time last_used() const { return last_used_; }
  void Touch();

  struct Taken {
    enum Kind { kNothing, kMessage, kEnd, kError };
    Kind kind = kNothing;
    Message message;                                       // of kMessage
    int64_t end = 0;                                       // of kEnd
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;  // of kError
  };
  // What comes next by `deadline`, at once if that has passed. Errors are those
  // that do not pass by themselves.
  Taken Take(absl::Time deadline);

 private:
  explicit KafkaCursor(KafkaConnection* connection) : connection_(connection) {}

  // Of errors that are not a message. Runs in the thread that takes.
  static void OnError(rd_kafka_t* handle, int err, const char* said,
                      void* opaque);

  KafkaConnection* const connection_;
  std::unique_ptr<KafkaHandle> handle_;
  // After the handle, which they are part of.
  KafkaQueue queue_;
  KafkaTopic topic_;
  rd_kafka_resp_err_t error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  TopicPartition partition_;
  int64_t next_ = 0;
  bool started_ = false;
  size_t taken_bytes_ = 0;
  absl::Time last_used_ = absl::InfinitePast();
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_CURSOR_H_
