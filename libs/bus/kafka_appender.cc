#include "libs/bus/kafka_appender.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/bus/bounds.h"

namespace sluice::bus {
namespace {

// librdkafka reports on a message by request_timeout; this is for a machine
// that is slow.
constexpr absl::Duration kReportSlack = absl::Seconds(5);

}  // namespace

KafkaAppendChannel::~KafkaAppendChannel() {
  const MutexLock lock(&mutex_);
  handle_.reset();
}

void KafkaAppendChannel::OnEvent(rd_kafka_t* handle, rd_kafka_event_t* event,
                                 void* /*opaque*/) {
  const KafkaEvent owned(event);
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_DR) return;
  auto* desk = static_cast<Desk*>(KafkaHandle::OwnerOf(handle));
  const MutexLock lock(&desk->mutex);
  while (const rd_kafka_message_t* message =
             rd_kafka_event_message_next(event)) {
    const auto waiting =
        desk->reports.find(reinterpret_cast<uintptr_t>(message->_private));
    if (waiting == desk->reports.end()) continue;
    rd_kafka_resp_err_t err = message->err;
    // It was sent before, and waited to be sent again: it may be there.
    if (err == RD_KAFKA_RESP_ERR__PURGE_QUEUE &&
        rd_kafka_message_status(message) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
      err = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
    }
    waiting->second = {true, err, message->offset};
  }
  desk->reported.SignalAll();
}

void KafkaAppendChannel::Drop(const std::shared_ptr<KafkaHandle>& handle) {
  const MutexLock lock(&mutex_);
  if (handle_ == handle) handle_ = nullptr;
}

absl::StatusOr<std::shared_ptr<KafkaHandle>> KafkaAppendChannel::Handle() {
  const MutexLock lock(&mutex_);
  std::array<char, 512> words = {};
  if (handle_ != nullptr) {
    const rd_kafka_resp_err_t fatal =
        rd_kafka_fatal_error(handle_->get(), words.data(), words.size());
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
      LogWarning("the producer for single appends is made anew",
                 {{"error", rd_kafka_err2name(fatal)}, {"said", words.data()}});
      // Whoever still waits at it keeps it until it is answered.
      handle_ = nullptr;
    }
  }
  if (handle_ == nullptr) {
    ASSIGN_OR_RETURN(
        handle_,
        connection_->MakeHandle(
            RD_KAFKA_PRODUCER, AppenderSettings(connection_->options()),
            [](rd_kafka_conf_t* conf) {
              rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
              rd_kafka_conf_set_background_event_cb(conf, OnEvent);
            },
            &desk_));
    const KafkaQueue main(rd_kafka_queue_get_main(handle_->get()));
    const KafkaQueue background(rd_kafka_queue_get_background(handle_->get()));
    rd_kafka_queue_forward(main.get(), background.get());
  }
  return handle_;
}

KafkaAppendChannel::Report KafkaAppendChannel::Send(rd_kafka_t* handle,
                                                    const Outgoing& message) {
  uint64_t id;
  {
    const MutexLock lock(&desk_.mutex);
    id = ++desk_.last_id;
    desk_.reports[id] = Report();
  }
  const std::string topic = connection_->FullName(message.to.topic);
  // Null, not empty: in a compacted topic this removes the key.
  void* value =
      message.value.empty() ? nullptr : const_cast<char*>(message.value.data());
  Report report;
  // The report names the message by a number, which is carried as a pointer.
  // NOLINTNEXTLINE(performance-no-int-to-ptr): it is never followed.
  void* const named = reinterpret_cast<void*>(static_cast<uintptr_t>(id));
  report.err =
      rd_kafka_producev(handle, RD_KAFKA_V_TOPIC(topic.c_str()),
                        RD_KAFKA_V_PARTITION(message.to.partition),
                        RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
                        RD_KAFKA_V_VALUE(value, message.value.size()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                        RD_KAFKA_V_OPAQUE(named), RD_KAFKA_V_END);
  const MutexLock lock(&desk_.mutex);
  if (report.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const absl::Time give_up = connection_->Deadline() + kReportSlack;
    while (!desk_.reports[id].there && absl::Now() < give_up) {
      desk_.reported.WaitFor(&desk_.mutex, give_up - absl::Now());
    }
    report = desk_.reports[id];
    if (!report.there) report.err = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
  } else if (report.err == RD_KAFKA_RESP_ERR__FATAL) {
    // The handle did not even take it.
    report.err = RD_KAFKA_RESP_ERR__PURGE_QUEUE;
  }
  desk_.reports.erase(id);
  return report;
}

absl::StatusOr<int64_t> KafkaAppendChannel::Append(const Outgoing& message) {
  RETURN_IF_ERROR(CheckSize(message));
  RETURN_IF_ERROR(connection_->Require(message.to));
  ASSIGN_OR_RETURN(std::shared_ptr<KafkaHandle> handle, Handle());
  Report report = Send(handle->get(), message);
  if (report.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE) {
    // Never sent: an earlier message has made the handle useless meanwhile.
    Drop(handle);
    ASSIGN_OR_RETURN(handle, Handle());
    report = Send(handle->get(), message);
  }
  if (report.err == RD_KAFKA_RESP_ERR_NO_ERROR && report.offset >= 0) {
    return report.offset;
  }
  // After a refusal librdkafka may go on refusing what Kafka would take by now.
  if (!IsPassing(report.err)) Drop(handle);
  const std::string what =
      absl::StrCat("appending to ", connection_->FullName(message.to.topic),
                   "/", message.to.partition);
  if (report.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Error(status::v1::REASON_CODE_STORAGE_FAILED,
                 absl::StrCat(what,
                              ": Kafka has the message, but did not say "
                              "where"));
  }
  absl::Status failure = connection_->Failure(report.err, what);
  if (ReasonOf(failure) == status::v1::REASON_CODE_NOT_FOUND) {
    connection_->Forget(message.to.topic);
  }
  // Nobody fences an appender: that its epoch is old is the handle's affair.
  if (ReasonOf(failure) == status::v1::REASON_CODE_FENCED) {
    return Error(status::v1::REASON_CODE_STORAGE_FAILED, failure.message());
  }
  return failure;
}

}  // namespace sluice::bus
