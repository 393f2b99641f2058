#include "libs/bus/kafka_producer.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/bus/bounds.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kTryAgain = absl::Milliseconds(50);
// An abort gets this time even if the append has used up its own: what it
// leaves open would keep readers from all that comes after it.
constexpr absl::Duration kAbortTime = absl::Seconds(5);
// Beyond this another producer's transaction is in the way; that is not this
// one's failure.
constexpr absl::Duration kVisibleTime = absl::Seconds(5);
constexpr absl::Duration kVisiblePauseMax = absl::Milliseconds(16);

bool IsFenced(rd_kafka_resp_err_t err) {
  return ReasonOfKafka(err) == status::v1::REASON_CODE_FENCED;
}

}  // namespace

void KafkaProducer::OnDelivered(rd_kafka_t* /*handle*/,
                                const rd_kafka_message_t* message,
                                void* /*opaque*/) {
  auto* slot = static_cast<Slot*>(message->_private);
  slot->err = message->err;
  slot->offset = message->offset;
}

absl::StatusOr<std::unique_ptr<KafkaProducer>> KafkaProducer::Open(
    KafkaConnection* connection, const std::string& producer_id) {
  RETURN_IF_ERROR(ValidateId("producer_id", producer_id));
  const std::string transactional_id = connection->FullName(producer_id);
  RETURN_IF_ERROR(ValidateId("producer_id", transactional_id));
  std::unique_ptr<KafkaProducer> producer(
      new KafkaProducer(connection, transactional_id));
  ASSIGN_OR_RETURN(
      producer->handle_,
      connection->MakeHandle(
          RD_KAFKA_PRODUCER,
          TransactionalSettings(connection->options(), transactional_id),
          [](rd_kafka_conf_t* conf) {
            rd_kafka_conf_set_dr_msg_cb(conf, OnDelivered);
          }));
  const absl::Time deadline = connection->Deadline();
  while (true) {
    const KafkaError error(rd_kafka_init_transactions(
        producer->handle_->get(), MillisecondsUntil(deadline)));
    if (error == nullptr) return producer;
    if (rd_kafka_error_is_retriable(error.get()) == 0 ||
        absl::Now() >= deadline) {
      return connection->Failure(
          rd_kafka_error_code(error.get()),
          absl::StrCat("opening producer ", transactional_id));
    }
    absl::SleepFor(kTryAgain);
  }
}

absl::StatusOr<std::vector<int64_t>> KafkaProducer::Append(
    const std::vector<Outgoing>& messages) {
  const absl::Time deadline = connection_->Deadline();
  const MutexLock lock(&mutex_);
  RETURN_IF_ERROR(finished_);
  if (messages.empty()) return std::vector<int64_t>();
  RETURN_IF_ERROR(CheckSizes(messages));
  for (const Outgoing& message : messages) {
    absl::Status there = connection_->Require(message.to);
    if (ReasonOf(there) == status::v1::REASON_CODE_NOT_FOUND) return there;
    if (!there.ok()) return Finish(there);
  }
  absl::Status status = Transact(messages, deadline);
  if (!status.ok() && finished_.ok() && out_of_sequence_) {
    status = Transact(messages, deadline);
    if (!status.ok() && out_of_sequence_) return Finish(status);
  }
  if (ReasonOf(status) == status::v1::REASON_CODE_NOT_FOUND) {
    // Deleted since it was looked up; which one Kafka does not say here.
    for (const Outgoing& message : messages) {
      connection_->Forget(message.to.topic);
    }
  }
  RETURN_IF_ERROR(status);
  std::vector<int64_t> offsets;
  offsets.reserve(slots_.size());
  for (Slot& slot : slots_) {
    slot.value = SharedBytes();
    offsets.push_back(slot.offset);
  }
  return offsets;
}

absl::Status KafkaProducer::Transact(const std::vector<Outgoing>& messages,
                                     absl::Time deadline) {
  slots_.assign(messages.size(), Slot());
  out_of_sequence_ = false;
  if (const KafkaError error(rd_kafka_begin_transaction(handle_->get()));
      error != nullptr) {
    return Finish(Explain(error.get(), "beginning"));
  }
  for (size_t i = 0; i < messages.size(); ++i) {
    const rd_kafka_resp_err_t err = Send(messages[i], &slots_[i], deadline);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    return Abort(connection_->Failure(
        err, absl::StrCat("appending to ",
                          connection_->FullName(messages[i].to.topic), "/",
                          messages[i].to.partition)));
  }
  RETURN_IF_ERROR(Commit(deadline));
  for (const Slot& slot : slots_) {
    if (slot.err != RD_KAFKA_RESP_ERR_NO_ERROR || slot.offset < 0) {
      return Finish(Error(
          status::v1::REASON_CODE_STORAGE_FAILED,
          absl::StrCat("producer ", transactional_id_,
                       ": Kafka has the messages, but did not say where; "
                       "open the producer again and read what is there")));
    }
  }
  AwaitVisible(messages, deadline);
  return absl::OkStatus();
}

rd_kafka_resp_err_t KafkaProducer::Send(const Outgoing& message, Slot* slot,
                                        absl::Time deadline) {
  const std::string topic = connection_->FullName(message.to.topic);
  slot->value = message.value;
  // Null, not empty: in a compacted topic this removes the key.
  void* value =
      message.value.empty() ? nullptr : const_cast<char*>(message.value.data());
  while (true) {
    // The value is not copied: the slot keeps it while librdkafka has it.
    const rd_kafka_resp_err_t err = rd_kafka_producev(
        handle_->get(), RD_KAFKA_V_TOPIC(topic.c_str()),
        RD_KAFKA_V_PARTITION(message.to.partition),
        RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
        RD_KAFKA_V_VALUE(value, message.value.size()), RD_KAFKA_V_OPAQUE(slot),
        RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL || absl::Now() >= deadline) {
      return err;
    }
    rd_kafka_poll(handle_->get(), 50);
  }
}

absl::Status KafkaProducer::Commit(absl::Time deadline) {
  while (true) {
    const KafkaError error(rd_kafka_commit_transaction(
        handle_->get(), MillisecondsUntil(deadline)));
    if (error == nullptr) return absl::OkStatus();
    if (rd_kafka_error_txn_requires_abort(error.get()) != 0) {
      out_of_sequence_ = rd_kafka_error_code(error.get()) ==
                         RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER;
      return Abort(Explain(error.get(), "committing"));
    }
    if (rd_kafka_error_is_retriable(error.get()) == 0 ||
        absl::Now() >= deadline) {
      return Finish(Explain(error.get(), "committing"));
    }
    absl::SleepFor(kTryAgain);
  }
}

absl::Status KafkaProducer::Abort(const absl::Status& reason) {
  const absl::Time deadline = absl::Now() + kAbortTime;
  while (true) {
    const KafkaError error(rd_kafka_abort_transaction(
        handle_->get(), MillisecondsUntil(deadline)));
    if (error == nullptr) break;
    if (rd_kafka_error_is_retriable(error.get()) == 0 ||
        absl::Now() >= deadline) {
      const absl::Status failed = Explain(error.get(), "aborting");
      // That there is a newer one says more than what it made fail.
      return Finish(
          ReasonOf(failed) == status::v1::REASON_CODE_FENCED ? failed : reason);
    }
    absl::SleepFor(kTryAgain);
  }
  const ReasonCode code = ReasonOf(reason);
  const bool all_reported =
      std::none_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
        return slot.value.owner() != nullptr &&
               slot.err == RD_KAFKA_RESP_ERR__IN_PROGRESS;
      });
  if (all_reported &&
      (code == status::v1::REASON_CODE_NOT_FOUND ||
       code == status::v1::REASON_CODE_TOO_LARGE || out_of_sequence_)) {
    return reason;
  }
  return Finish(reason);
}

void KafkaProducer::AwaitVisible(const std::vector<Outgoing>& messages,
                                 absl::Time deadline) {
  std::map<TopicPartition, int64_t> last;
  for (size_t i = 0; i < messages.size(); ++i) {
    int64_t& highest = last[messages[i].to];
    highest = std::max(highest, slots_[i].offset);
  }
  const absl::Time give_up = std::min(deadline, absl::Now() + kVisibleTime);
  absl::Duration pause = absl::Milliseconds(1);
  while (!last.empty()) {
    const KafkaPartitions ends(
        rd_kafka_topic_partition_list_new(static_cast<int>(last.size())));
    for (const auto& [partition, offset] : last) {
      rd_kafka_topic_partition_list_add(
          ends.get(), connection_->FullName(partition.topic).c_str(),
          partition.partition)
          ->offset = RD_KAFKA_OFFSET_END;
    }
    if (rd_kafka_offsets_for_times(handle_->get(), ends.get(),
                                   MillisecondsUntil(give_up)) ==
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      // The list was sorted as the map is only by chance: look each up.
      std::erase_if(last, [&](const auto& entry) {
        const rd_kafka_topic_partition_t* end =
            rd_kafka_topic_partition_list_find(
                ends.get(), connection_->FullName(entry.first.topic).c_str(),
                entry.first.partition);
        return end != nullptr && end->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
               end->offset > entry.second;
      });
    }
    if (last.empty()) return;
    if (absl::Now() >= give_up) break;
    absl::SleepFor(pause);
    pause = std::min(pause * 2, kVisiblePauseMax);
  }
  if (absl::Now() - warned_ < absl::Minutes(1)) return;
  warned_ = absl::Now();
  LogWarning(
      "what was appended is not readable yet: another producer's "
      "transaction is open before it",
      {{"producer", transactional_id_},
       {"topic", last.begin()->first.topic},
       {"partition", last.begin()->first.partition}});
}

absl::Status KafkaProducer::Explain(const rd_kafka_error_t* error,
                                    absl::string_view doing) {
  const std::string what =
      absl::StrCat("producer ", transactional_id_, ", ", doing,
                   " an append: ", rd_kafka_error_string(error));
  rd_kafka_resp_err_t err = rd_kafka_error_code(error);
  if (rd_kafka_error_is_fatal(error) != 0) {
    std::array<char, 512> words = {};
    const rd_kafka_resp_err_t fatal =
        rd_kafka_fatal_error(handle_->get(), words.data(), words.size());
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) err = fatal;
  }
  if (IsFenced(err)) return connection_->Failure(err, what);
  // What happened to the first message that failed is why the rest did.
  for (const Slot& slot : slots_) {
    if (slot.err == RD_KAFKA_RESP_ERR_NO_ERROR ||
        slot.err == RD_KAFKA_RESP_ERR__IN_PROGRESS ||
        slot.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
        slot.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
      continue;
    }
    return connection_->Failure(slot.err, what);
  }
  return connection_->Failure(err, what);
}

absl::Status KafkaProducer::Finish(const absl::Status& status) {
  finished_ = status;
  return status;
}

}  // namespace sluice::bus
