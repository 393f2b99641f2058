#include "libs/bus/kafka_group_member.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/log.h"
#include "libs/base/status.h"
#include "libs/bus/bounds.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kFinishCommits = absl::Seconds(5);
constexpr absl::Duration kLeave = absl::Seconds(5);
constexpr int kSeekTimeoutMs = 2'000;
// librdkafka stops fetching from a partition at 10,000 queued messages too.
constexpr size_t kKickMessages = 5'000;

// Runs in a thread of librdkafka's, which holds the queue's lock.
void OnQueueFilled(rd_kafka_t* /*handle*/, void* wakeup) {
  static_cast<Wakeup*>(wakeup)->Fire();
}

}  // namespace

KafkaGroupMember::KafkaGroupMember(KafkaConnection* connection,
                                   KafkaGroups* groups, std::string group_id,
                                   std::string topic, int partitions)
    : connection_(connection),
      groups_(groups),
      group_id_(std::move(group_id)),
      topic_(std::move(topic)),
      full_topic_(connection->FullName(topic_)),
      prefetch_bytes_(MemberPrefetchBytes(connection->options(), partitions)) {}

absl::StatusOr<std::unique_ptr<KafkaGroupMember>> KafkaGroupMember::Join(
    KafkaConnection* connection, KafkaGroups* groups, const std::string& group,
    const std::string& topic) {
  RETURN_IF_ERROR(ValidateId("group", group));
  const std::string group_id = connection->FullName(group);
  RETURN_IF_ERROR(ValidateId("group", group_id));
  ASSIGN_OR_RETURN(const int partitions, connection->PartitionCount(topic));
  std::unique_ptr<KafkaGroupMember> member(
      new KafkaGroupMember(connection, groups, group_id, topic, partitions));
  ASSIGN_OR_RETURN(
      member->handle_,
      connection->MakeHandle(
          RD_KAFKA_CONSUMER,
          MemberSettings(connection->options(), group_id, partitions),
          [](rd_kafka_conf_t* conf) {
            rd_kafka_conf_set_events(
                conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR);
            // Of errors that come by a partition's queue.
            rd_kafka_conf_set_error_cb(conf, OnError);
          },
          member.get()));
  rd_kafka_t* handle = member->handle_->get();
  rd_kafka_poll_set_consumer(handle);
  member->events_.reset(rd_kafka_queue_get_consumer(handle));
  rd_kafka_queue_cb_event_enable(member->events_.get(), OnQueueFilled,
                                 member->wakeup_.get());
  member->commits_ = std::make_unique<KafkaCommits>(
      connection, member->handle_.get(), member->full_topic_,
      member->wakeup_.get());
  RETURN_IF_ERROR(member->Subscribe());
  groups->Add(group_id, member->handle_.get());
  return member;
}

void KafkaGroupMember::OnError(rd_kafka_t* handle, int err, const char* said,
                               void* /*opaque*/) {
  static_cast<KafkaGroupMember*>(KafkaHandle::OwnerOf(handle))
      ->TakeError(static_cast<rd_kafka_resp_err_t>(err), said);
}

absl::Status KafkaGroupMember::Subscribe() {
  const KafkaPartitions topics = ListOf({RD_KAFKA_PARTITION_UA});
  const rd_kafka_resp_err_t err =
      rd_kafka_subscribe(handle_->get(), topics.get());
  if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return connection_->Failure(err, absl::StrCat("joining group ", group_id_));
}

KafkaGroupMember::~KafkaGroupMember() {
  wakeup_->Close();
  if (commits_ != nullptr) {
    groups_->Remove(handle_.get());
    commits_->Finish(absl::Now() + kFinishCommits);
    const bool safe = SafeToDestroy();
    rd_kafka_queue_cb_event_enable(events_.get(), nullptr, nullptr);
    for (auto& [partition, held] : held_) {
      Abandon(&held);
    }
    held_.clear();
    Leave();
    commits_.reset();
    if (!safe) {
      LogWarning(
          "a group member left before Kafka had told it anything: its "
          "handle stays until the process ends",
          {{"group", group_id_}});
      // What it logs from now on would come too late.
      rd_kafka_set_log_level(handle_->get(), 0);
      [[maybe_unused]] auto* const events = events_.release();
      [[maybe_unused]] auto* const handle = handle_.release();
    }
  }
  events_.reset();
}

bool KafkaGroupMember::SafeToDestroy() {
  rd_kafka_t* handle = handle_->get();
  // Of a member that has not joined it is NONE.
  const auto joined = [&] {
    const char* protocol = rd_kafka_rebalance_protocol(handle);
    return protocol != nullptr && absl::string_view(protocol) != "NONE";
  };
  if (assigned_once_) return true;
  if (!joined()) {
    // From here on it does not join any more.
    rd_kafka_unsubscribe(handle);
    if (!joined()) return true;
    if (!Subscribe().ok()) return false;
  }
  const absl::Time deadline = absl::Now() + kLeave;
  while (!assigned_once_ && absl::Now() < deadline) {
    const KafkaEvent event(rd_kafka_queue_poll(events_.get(), 50));
    PollResult ignored;
    if (event != nullptr &&
        rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
      TakeRebalance(event.get(), &ignored);
    }
  }
  return assigned_once_;
}

void KafkaGroupMember::Leave() {
  const KafkaQueue queue(rd_kafka_queue_new(handle_->get()));
  const KafkaError error(
      rd_kafka_consumer_close_queue(handle_->get(), queue.get()));
  if (error != nullptr) return;
  const absl::Time deadline = absl::Now() + kLeave;
  while (rd_kafka_consumer_closed(handle_->get()) == 0 &&
         absl::Now() < deadline) {
    const KafkaEvent event(rd_kafka_queue_poll(queue.get(), 50));
    // The answer of one who leaves is always: give all back.
    if (event != nullptr &&
        rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
      rd_kafka_assign(handle_->get(), nullptr);
    }
  }
}

absl::StatusOr<PollResult> KafkaGroupMember::Poll(size_t bytes_max) {
  // Before anything is looked at: what changes from here on wakes again.
  wakeup_->Arm();
  PollResult result;
  TakeEvents(&result);
  absl::Status status = commits_->Serve();
  if (ReasonOf(status) == status::v1::REASON_CODE_NOT_FOUND) {
    missing_ = std::exchange(status, absl::OkStatus());
  }
  Fetch(bytes_max, &result);
  if (status.ok()) status = trouble_;
  for (const auto& [partition, held] : held_) {
    if (status.ok()) status = held.trouble;
  }
  // A trouble of a partition comes again with the next Poll; what else there is
  // would be lost.
  if (!result.lost.empty() || !result.gained.empty() ||
      !result.fetched.empty()) {
    return result;
  }
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(std::exchange(missing_, absl::OkStatus()));
  return result;
}

// ------------------------------------------------------------- assignment

void KafkaGroupMember::TakeEvents(PollResult* result) {
  while (const KafkaEvent event =
             KafkaEvent(rd_kafka_queue_poll(events_.get(), 0))) {
    switch (rd_kafka_event_type(event.get())) {
      case RD_KAFKA_EVENT_REBALANCE:
        TakeRebalance(event.get(), result);
        break;
      case RD_KAFKA_EVENT_ERROR:
        TakeError(rd_kafka_event_error(event.get()),
                  rd_kafka_event_error_string(event.get()));
        break;
      default:
        break;
    }
  }
}

void KafkaGroupMember::TakeRebalance(rd_kafka_event_t* event,
                                     PollResult* result) {
  const rd_kafka_topic_partition_list_t* changed =
      rd_kafka_event_topic_partition_list(event);
  std::vector<int> partitions;
  partitions.reserve(static_cast<size_t>(changed->cnt));
  for (int i = 0; i < changed->cnt; ++i) {
    partitions.push_back(changed->elems[i].partition);
  }
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    assigned_once_ = true;
    for (const int partition : partitions) Gain(partition, result);
    // Of nothing: librdkafka gets each partition when Seek says where it
    // starts.
    const absl::Status answered = [&] {
      const KafkaPartitions none = ListOf({});
      const KafkaError error(
          rd_kafka_incremental_assign(handle_->get(), none.get()));
      return error == nullptr
                 ? absl::OkStatus()
                 : connection_->Failure(rd_kafka_error_code(error.get()),
                                        "taking over partitions");
    }();
    if (!answered.ok()) trouble_ = answered;
    return;
  }
  std::vector<int> fetched;
  for (const int partition : partitions) {
    const auto held = held_.find(partition);
    if (held != held_.end() && held->second.fetched) {
      fetched.push_back(partition);
    }
  }
  for (const int partition : partitions) Lose(partition, result);
  const absl::Status answered = Unassign(fetched);
  if (!answered.ok()) trouble_ = answered;
}

void KafkaGroupMember::Gain(int partition, PollResult* result) {
  Held held;
  held.queue.reset(rd_kafka_queue_get_partition(
      handle_->get(), full_topic_.c_str(), partition));
  // Its messages stay in it instead of going where the events go.
  rd_kafka_queue_forward(held.queue.get(), nullptr);
  rd_kafka_queue_cb_event_enable(held.queue.get(), OnQueueFilled,
                                 wakeup_.get());
  if (!held_.try_emplace(partition, std::move(held)).second) return;
  result->gained.push_back({topic_, partition});
}

void KafkaGroupMember::Lose(int partition, PollResult* result) {
  const auto held = held_.find(partition);
  if (held == held_.end()) return;
  Abandon(&held->second);
  held_.erase(held);
  commits_->Forget(partition);
  const TopicPartition name = {topic_, partition};
  // Gained in this very Poll: the caller need not hear of it.
  if (std::erase(result->gained, name) > 0) return;
  result->lost.push_back(name);
}

void KafkaGroupMember::Abandon(Held* held) {
  rd_kafka_queue_cb_event_enable(held->queue.get(), nullptr, nullptr);
  // Nobody looks into this queue any more, and what librdkafka puts there
  // keeps the partition, and with it the handle, from ending.
  rd_kafka_queue_forward(held->queue.get(), events_.get());
}

void KafkaGroupMember::TakeError(rd_kafka_resp_err_t err,
                                 absl::string_view said) {
  // librdkafka connects again by itself, and says so in its log.
  if (IsPassing(err)) return;
  switch (err) {
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
      LogWarning(
          "a group member was not polled for long and gave its "
          "partitions back",
          {{"group", group_id_}, {"topic", full_topic_}});
      return;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
      // Of one node; the others may do.
      return;
    default:
      break;
  }
  const absl::Status failure = connection_->Failure(
      err,
      absl::StrCat("group ", group_id_, " reading ", full_topic_, ": ", said));
  if (ReasonOf(failure) == status::v1::REASON_CODE_NOT_FOUND) {
    connection_->Forget(topic_);
    missing_ = failure;
  } else {
    trouble_ = failure;
  }
}

KafkaPartitions KafkaGroupMember::ListOf(
    const std::vector<int>& partitions) const {
  KafkaPartitions list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const int partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), full_topic_.c_str(),
                                      partition);
  }
  return list;
}

absl::Status KafkaGroupMember::Assign(int partition, int64_t offset) {
  const KafkaPartitions list = ListOf({partition});
  list->elems[0].offset = offset;
  const KafkaError error(
      rd_kafka_incremental_assign(handle_->get(), list.get()));
  if (error == nullptr) return absl::OkStatus();
  return connection_->Failure(
      rd_kafka_error_code(error.get()),
      absl::StrCat("fetching from ", Spell(partition), ": ",
                   rd_kafka_error_string(error.get())));
}

absl::Status KafkaGroupMember::Unassign(const std::vector<int>& partitions) {
  const KafkaPartitions list = ListOf(partitions);
  const KafkaError error(
      rd_kafka_incremental_unassign(handle_->get(), list.get()));
  if (error == nullptr) return absl::OkStatus();
  return connection_->Failure(
      rd_kafka_error_code(error.get()),
      absl::StrCat("giving partitions of ", full_topic_,
                   " back: ", rd_kafka_error_string(error.get())));
}

// ---------------------------------------------------------------- messages

void KafkaGroupMember::Fetch(size_t bytes_max, PollResult* result) {
  size_t bytes_left = bytes_max;
  size_t messages_left = kPollMessagesMax;
  size_t at_end = 0;
  size_t sought = 0;
  auto held = held_.lower_bound(turn_);
  for (size_t i = 0; i < held_.size(); ++i, ++held) {
    if (held == held_.end()) held = held_.begin();
    if (!held->second.next.has_value()) continue;
    ++sought;
    if (bytes_left > 0 && messages_left > 0 && held->second.trouble.ok()) {
      turn_ = held->first + 1;
      std::vector<Message> messages =
          FetchFrom(held->first, &held->second, &bytes_left, &messages_left);
      if (!messages.empty()) {
        result->fetched.push_back({{topic_, held->first}, std::move(messages)});
      }
    }
    if (held->second.at_end) ++at_end;
  }
  result->at_end = at_end == sought;
}

std::vector<Message> KafkaGroupMember::FetchFrom(int partition, Held* held,
                                                 size_t* bytes_left,
                                                 size_t* messages_left) {
  std::vector<Message> messages;
  while (*bytes_left > 0 && *messages_left > 0 && held->trouble.ok()) {
    const KafkaMessage message(rd_kafka_consume_queue(held->queue.get(), 0));
    if (message == nullptr) break;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      TakeFetchError(partition, held, *message);
      continue;
    }
    // Of before a Seek.
    if (message->offset < *held->next) continue;
    held->at_end = false;
    held->next = message->offset + 1;
    *bytes_left -= std::min(*bytes_left, message->len);
    --*messages_left;
    held->taken_bytes += message->len;
    ++held->taken_messages;
    messages.push_back(CopyMessage(*message));
  }
  if (held->taken_bytes >= prefetch_bytes_ / 2 ||
      held->taken_messages >= kKickMessages) {
    held->taken_bytes = 0;
    held->taken_messages = 0;
    KickFetcher(handle_->get(), full_topic_.c_str(), partition);
  }
  return messages;
}

void KafkaGroupMember::TakeFetchError(int partition, Held* held,
                                      const rd_kafka_message_t& message) {
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
      if (message.offset >= *held->next) held->at_end = true;
      return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      held->trouble = FieldError(
          status::v1::REASON_CODE_POSITION_EXPIRED,
          absl::StrCat(topic_, "/", partition),
          absl::StrCat("offset ", message.offset, " of ", Spell(partition),
                       " is not in Kafka: retention has removed it, or Kafka "
                       "has lost what was there; seek elsewhere"));
      return;
    default:
      break;
  }
  if (IsPassing(message.err)) return;
  const absl::Status failure = connection_->Failure(
      message.err, absl::StrCat("fetching from ", Spell(partition)));
  if (ReasonOf(failure) == status::v1::REASON_CODE_NOT_FOUND) {
    connection_->Forget(topic_);
    missing_ = failure;
  } else {
    held->trouble = failure;
  }
}

// ------------------------------------------------------- positions, commits

KafkaGroupMember::Held* KafkaGroupMember::Find(
    const TopicPartition& partition) {
  if (partition.topic != topic_) return nullptr;
  const auto held = held_.find(partition.partition);
  return held == held_.end() ? nullptr : &held->second;
}

std::string KafkaGroupMember::Spell(int partition) const {
  return absl::StrCat(full_topic_, "/", partition);
}

absl::Status KafkaGroupMember::Seek(const TopicPartition& partition,
                                    int64_t offset) {
  Held* held = Find(partition);
  if (held == nullptr) {
    return Error(
        status::v1::REASON_CODE_NOT_FOUND,
        absl::StrCat("partition ", partition.topic, "/", partition.partition,
                     " is not this member's: poll to learn which are"));
  }
  const int64_t from = std::max<int64_t>(offset, 0);
  bool placed = false;
  if (held->fetched && held->trouble.ok()) {
    const KafkaPartitions list = ListOf({partition.partition});
    list->elems[0].offset = from;
    const KafkaError error(
        rd_kafka_seek_partitions(handle_->get(), list.get(), kSeekTimeoutMs));
    placed = error == nullptr && list->elems[0].err == 0;
  }
  if (!placed && held->fetched) {
    // librdkafka has stopped with the partition and only starts it anew. Should
    // a change of the assignment be on its way at this very moment, this
    // answers it too, and the next Poll tells.
    RETURN_IF_ERROR(Unassign({partition.partition}));
    held->fetched = false;
    while (const KafkaMessage stale =
               KafkaMessage(rd_kafka_consume_queue(held->queue.get(), 0))) {
    }
  }
  if (!placed) {
    RETURN_IF_ERROR(Assign(partition.partition, from));
    held->fetched = true;
  }
  held->next = from;
  held->at_end = false;
  held->trouble = absl::OkStatus();
  return absl::OkStatus();
}

absl::Status KafkaGroupMember::Commit(const TopicPartition& partition,
                                      int64_t offset) {
  if (offset < 0) {
    return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, "offset",
                      "a committed offset is 0 or more");
  }
  if (Find(partition) == nullptr) {
    return Error(
        status::v1::REASON_CODE_FENCED,
        absl::StrCat("partition ", partition.topic, "/", partition.partition,
                     " is not this member's: drop what was fetched "
                     "from it and poll again"));
  }
  commits_->Commit(partition.partition, offset);
  return commits_->Serve();
}

void KafkaGroupMember::OnWakeup(std::function<void()> wakeup) {
  wakeup_->Set(std::move(wakeup));
}

}  // namespace sluice::bus
