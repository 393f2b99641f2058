// The appenders of the Kafka log: one idempotent producer for all of them.
#ifndef SLUICE_LIBS_BUS_KAFKA_APPENDER_H_
#define SLUICE_LIBS_BUS_KAFKA_APPENDER_H_

#include <cstdint>
#include <map>
#include <memory>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/bus/event_log.h"
#include "libs/bus/kafka_connection.h"

namespace sluice::bus {

// Appends for everyone who has an appender. Thread-safe. The handle is made
// with the first message, and anew after an error that librdkafka calls fatal.
class KafkaAppendChannel {
 public:
  // `connection` must outlive this.
  explicit KafkaAppendChannel(KafkaConnection* connection)
      : connection_(connection) {}
  ~KafkaAppendChannel();

  // As Appender::Append.
  absl::StatusOr<int64_t> Append(const Outgoing& message);

 private:
  struct Report {
    bool there = false;
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    int64_t offset = -1;
  };
  // What librdkafka's own thread tells a waiting one. It outlives the handle.
  struct Desk {
    Mutex mutex;
    CondVar reported;
    uint64_t last_id ABSL_GUARDED_BY(mutex) = 0;
    // Of messages that someone waits for.
    std::map<uint64_t, Report> reports ABSL_GUARDED_BY(mutex);
  };

  // Runs in a thread of librdkafka's.
  static void OnEvent(rd_kafka_t* handle, rd_kafka_event_t* event,
                      void* opaque);

  // The handle, or another one if it is of no more use.
  absl::StatusOr<std::shared_ptr<KafkaHandle>> Handle();
  // The next message gets another handle.
  void Drop(const std::shared_ptr<KafkaHandle>& handle);
  // Waits for the report. _PURGE_QUEUE if the message never left.
  Report Send(rd_kafka_t* handle, const Outgoing& message);

  KafkaConnection* const connection_;
  Desk desk_;
  Mutex mutex_;
  std::shared_ptr<KafkaHandle> handle_ ABSL_GUARDED_BY(mutex_);
};

class KafkaAppender : public Appender {
 public:
  explicit KafkaAppender(KafkaAppendChannel* channel) : channel_(channel) {}

  absl::StatusOr<int64_t> Append(const Outgoing& message) override {
    return channel_->Append(message);
  }

 private:
  KafkaAppendChannel* const channel_;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_APPENDER_H_
