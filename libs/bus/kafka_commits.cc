#include "libs/bus/kafka_commits.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kTryAgain = absl::Milliseconds(200);

// Runs in a thread of librdkafka's, which holds the queue's lock.
void OnResult(rd_kafka_t* /*handle*/, void* wakeup) {
  static_cast<Wakeup*>(wakeup)->Fire();
}

}  // namespace

KafkaCommits::KafkaCommits(KafkaConnection* connection, KafkaHandle* handle,
                           std::string topic, Wakeup* wakeup)
    : connection_(connection),
      handle_(handle),
      topic_(std::move(topic)),
      results_(rd_kafka_queue_new(handle->get())) {
  rd_kafka_queue_cb_event_enable(results_.get(), OnResult, wakeup);
}

KafkaCommits::~KafkaCommits() {
  rd_kafka_queue_cb_event_enable(results_.get(), nullptr, nullptr);
}

void KafkaCommits::Commit(int partition, int64_t offset) {
  waiting_[partition] = offset;
}

void KafkaCommits::Forget(int partition) {
  waiting_.erase(partition);
  sent_.erase(partition);
}

absl::Status KafkaCommits::Serve() {
  while (const KafkaEvent event =
             KafkaEvent(rd_kafka_queue_poll(results_.get(), 0))) {
    TakeResult(event.get());
  }
  Send();
  return std::exchange(trouble_, absl::OkStatus());
}

void KafkaCommits::Finish(absl::Time deadline) {
  while (absl::Now() < deadline && (under_way_ || !waiting_.empty())) {
    Send();
    const KafkaEvent event(rd_kafka_queue_poll(results_.get(), 50));
    if (event != nullptr) TakeResult(event.get());
  }
}

void KafkaCommits::TakeResult(rd_kafka_event_t* event) {
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_OFFSET_COMMIT) return;
  under_way_ = false;
  const std::map<int, int64_t> sent = std::exchange(sent_, {});
  rd_kafka_resp_err_t err = rd_kafka_event_error(event);
  const rd_kafka_topic_partition_list_t* results =
      rd_kafka_event_topic_partition_list(event);
  for (int i = 0; results != nullptr && i < results->cnt; ++i) {
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    err = results->elems[i].err;
  }
  switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    // Kafka has given the partitions to others; Poll learns which.
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR__NO_OFFSET:
    case RD_KAFKA_RESP_ERR__DESTROY:
      return;
    default:
      break;
  }
  if (!IsPassing(err)) {
    trouble_ = connection_->Failure(
        err, absl::StrCat("committing positions of ", topic_));
    return;
  }
  not_before_ = absl::Now() + kTryAgain;
  for (const auto& [partition, offset] : sent) {
    // Only where nothing newer waits.
    waiting_.emplace(partition, offset);
  }
}

void KafkaCommits::Send() {
  if (under_way_ || waiting_.empty() || absl::Now() < not_before_) return;
  const KafkaPartitions list(
      rd_kafka_topic_partition_list_new(static_cast<int>(waiting_.size())));
  for (const auto& [partition, offset] : waiting_) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)
        ->offset = offset;
  }
  const rd_kafka_resp_err_t err = rd_kafka_commit_queue(
      handle_->get(), list.get(), results_.get(), nullptr, nullptr);
  if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    not_before_ = absl::Now() + kTryAgain;
    return;
  }
  under_way_ = true;
  sent_ = std::exchange(waiting_, {});
}

}  // namespace sluice::bus
