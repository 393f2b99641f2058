// A producer of the Kafka log: one transactional producer of Kafka.
#ifndef SLUICE_LIBS_BUS_KAFKA_PRODUCER_H_
#define SLUICE_LIBS_BUS_KAFKA_PRODUCER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_connection.h"

namespace sluice::bus {

// As Producer says. An Append is one transaction, and returns when committed
// readers see it: Kafka answers a commit before it has marked the partitions,
// so this asks them until they are marked. After an outcome that is not known
// the handle is not used again; the transaction is settled when the next
// producer of this id is opened, or by Kafka itself after request_timeout and
// 10 s.
class KafkaProducer : public Producer {
 public:
  // `connection` must outlive the producer.
  static absl::StatusOr<std::unique_ptr<KafkaProducer>> Open(
      KafkaConnection* connection, const std::string& producer_id);

  absl::StatusOr<std::vector<int64_t>> Append(
      const std::vector<Outgoing>& messages) override;

 private:
  // A message that librdkafka has, until it reports on it.
  struct Slot {
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__IN_PROGRESS;
    int64_t offset = -1;
    SharedBytes value;
  };

  KafkaProducer(KafkaConnection* connection, std::string transactional_id)
      : connection_(connection),
        transactional_id_(std::move(transactional_id)) {}

  // Runs in the thread that appends, which serves librdkafka's queue.
  static void OnDelivered(rd_kafka_t* handle, const rd_kafka_message_t* message,
                          void* opaque);

  // The transaction from begin to commit.
  absl::Status Transact(const std::vector<Outgoing>& messages,
                        absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One message to librdkafka, waiting while its queue is full.
  rd_kafka_resp_err_t Send(const Outgoing& message, Slot* slot,
                           absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Commit(absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the transaction so that nothing of it is seen. The status is
  // `reason`'s if that worked, else why it did not.
  absl::Status Abort(const absl::Status& reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Until what was committed is seen, or for a while.
  void AwaitVisible(const std::vector<Outgoing>& messages, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // `error` as ours, with what Kafka said of single messages if it was that.
  absl::Status Explain(const rd_kafka_error_t* error, absl::string_view doing)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // No Append succeeds from now on; all fail with `status`.
  absl::Status Finish(const absl::Status& status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  KafkaConnection* const connection_;
  const std::string transactional_id_;

  Mutex mutex_;
  absl::Status finished_ ABSL_GUARDED_BY(mutex_);
  // Of the call that runs, or of the last one. Outlives the handle, which has
  // pointers to it.
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  // Whether the transaction failed only because Kafka missed messages of an
  // earlier one, which it had refused. Its abort gives librdkafka a new epoch,
  // so that it can be tried again.
  bool out_of_sequence_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time warned_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::unique_ptr<KafkaHandle> handle_;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_PRODUCER_H_
