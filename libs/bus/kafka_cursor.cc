#include "libs/bus/kafka_cursor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::bus {

absl::StatusOr<std::unique_ptr<KafkaCursor>> KafkaCursor::Make(
    KafkaConnection* connection, bool tail) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<KafkaHandle> handle,
      connection->MakeHandle(RD_KAFKA_CONSUMER, CursorSettings(tail)));
  return std::unique_ptr<KafkaCursor>(
      new KafkaCursor(connection, std::move(handle)));
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
  if (rd_kafka_consume_start(topic_.get(), partition.partition, offset) != 0) {
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
}

void KafkaCursor::Touch() { last_used_ = absl::Now(); }

KafkaCursor::Taken KafkaCursor::Take(absl::Time deadline) {
  while (true) {
    const KafkaMessage message(rd_kafka_consume(
        topic_.get(), partition_.partition, MillisecondsUntil(deadline)));
    if (message == nullptr) {
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
