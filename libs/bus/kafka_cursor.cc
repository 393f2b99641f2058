#include "libs/bus/kafka_cursor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::bus {

absl::StatusOr<std::unique_ptr<KafkaCursor>> KafkaCursor::Make(
    KafkaConnection* connection, bool tail) {
  std::unique_ptr<KafkaCursor> cursor(new KafkaCursor(connection));
  ASSIGN_OR_RETURN(cursor->handle_, connection->MakeHandle(
                                        RD_KAFKA_CONSUMER, CursorSettings(tail),
                                        [](rd_kafka_conf_t* conf) {
                                          rd_kafka_conf_set_error_cb(conf,
                                                                     OnError);
                                        },
                                        cursor.get()));
  cursor->queue_.reset(rd_kafka_queue_new(cursor->handle_->get()));
  return cursor;
}

void KafkaCursor::OnError(rd_kafka_t* handle, int err, const char* /*said*/,
                          void* /*opaque*/) {
  static_cast<KafkaCursor*>(KafkaHandle::OwnerOf(handle))->error_ =
      static_cast<rd_kafka_resp_err_t>(err);
  // Back to Take at once.
  rd_kafka_yield(handle);
}

KafkaCursor::~KafkaCursor() { Stop(); }

absl::Status KafkaCursor::Start(const TopicPartition& partition,
                                int64_t offset) {
  Stop();
  if (topic_ == nullptr || partition.topic != partition_.topic) {
    topic_.reset(rd_kafka_topic_new(
        handle_->get(), connection_->FullName(partition.topic).c_str(),
        nullptr));
    if (topic_ == nullptr) {
      return connection_->Failure(rd_kafka_last_error(),
                                  absl::StrCat("reading ", partition.topic));
    }
  }
  partition_ = partition;
  next_ = offset;
  taken_bytes_ = 0;
  error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (rd_kafka_consume_start_queue(topic_.get(), partition.partition, offset,
                                   queue_.get()) != 0) {
    return connection_->Failure(
        rd_kafka_last_error(),
        absl::StrCat("reading ", partition.topic, "/", partition.partition));
  }
  started_ = true;
  return absl::OkStatus();
}

void KafkaCursor::Stop() {
  if (!started_) return;
  started_ = false;
  rd_kafka_consume_stop(topic_.get(), partition_.partition);
  // What is left is of no use, and keeps the handle from ending.
  do {
    error_ = RD_KAFKA_RESP_ERR_NO_ERROR;
    while (const KafkaMessage left =
               KafkaMessage(rd_kafka_consume_queue(queue_.get(), 0))) {
    }
  } while (error_ != RD_KAFKA_RESP_ERR_NO_ERROR);
}

void KafkaCursor::Touch() { last_used_ = absl::Now(); }

KafkaCursor::Taken KafkaCursor::Take(absl::Time deadline) {
  while (true) {
    const KafkaMessage message(
        rd_kafka_consume_queue(queue_.get(), MillisecondsUntil(deadline)));
    if (message == nullptr) {
      const rd_kafka_resp_err_t err =
          std::exchange(error_, RD_KAFKA_RESP_ERR_NO_ERROR);
      if (err != RD_KAFKA_RESP_ERR_NO_ERROR && !IsPassing(err)) {
        return {Taken::kError, {}, 0, err};
      }
      if (absl::Now() >= deadline) return {};
      continue;
    }
    switch (message->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        // Left over from where it stood before.
        if (message->offset < next_) continue;
        next_ = message->offset + 1;
        taken_bytes_ += message->len;
        if (taken_bytes_ >= kCursorPrefetchBytes / 2) {
          taken_bytes_ = 0;
          KickFetcher(handle_->get(), rd_kafka_topic_name(topic_.get()),
                      partition_.partition);
        }
        return {Taken::kMessage, CopyMessage(*message), 0,
                RD_KAFKA_RESP_ERR_NO_ERROR};
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        return {Taken::kEnd, {}, message->offset, RD_KAFKA_RESP_ERR_NO_ERROR};
      default:
        // librdkafka goes on by itself.
        if (IsPassing(message->err)) continue;
        return {Taken::kError, {}, 0, message->err};
    }
  }
}

}  // namespace sluice::bus
