#include "libs/bus/kafka_groups.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "libs/base/status.h"
#include "libs/bus/bounds.h"

namespace sluice::bus {
namespace {

constexpr absl::Duration kAskAgain = absl::Milliseconds(100);
// One attempt.
constexpr absl::Duration kQuestion = absl::Seconds(5);

}  // namespace

void KafkaGroups::Add(const std::string& group_id, KafkaHandle* handle) {
  const MutexLock lock(&mutex_);
  members_[handle] = {group_id, 0};
}

void KafkaGroups::Remove(KafkaHandle* handle) {
  const MutexLock lock(&mutex_);
  const auto member = members_.find(handle);
  if (member == members_.end()) return;
  // Nobody new finds it.
  member->second.group_id.clear();
  while (member->second.questions > 0) answered_.Wait(&mutex_);
  members_.erase(member);
}

absl::StatusOr<int64_t> KafkaGroups::CommittedOffset(
    const std::string& group, const TopicPartition& partition) {
  RETURN_IF_ERROR(ValidateId("group", group));
  const std::string group_id = connection_->FullName(group);
  KafkaHandle* through = nullptr;
  {
    const MutexLock lock(&mutex_);
    for (auto& [handle, member] : members_) {
      if (member.group_id != group_id) continue;
      ++member.questions;
      through = handle;
      break;
    }
  }
  if (through != nullptr) {
    const absl::StatusOr<int64_t> committed =
        Ask(through->get(), group, partition);
    const MutexLock lock(&mutex_);
    --members_[through].questions;
    answered_.SignalAll();
    return committed;
  }
  ASSIGN_OR_RETURN(const std::unique_ptr<KafkaHandle> handle,
                   connection_->MakeHandle(RD_KAFKA_CONSUMER,
                                           {{"group.id", group_id},
                                            {"enable.auto.commit", "false"}}));
  return Ask(handle->get(), group, partition);
}

absl::StatusOr<int64_t> KafkaGroups::Ask(rd_kafka_t* handle,
                                         const std::string& group,
                                         const TopicPartition& partition) {
  const absl::Time deadline = connection_->Deadline();
  while (true) {
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(1));
    const rd_kafka_topic_partition_t* asked = rd_kafka_topic_partition_list_add(
        list.get(), connection_->FullName(partition.topic).c_str(),
        partition.partition);
    rd_kafka_resp_err_t err = rd_kafka_committed(
        handle, list.get(),
        MillisecondsUntil(std::min(deadline, absl::Now() + kQuestion)));
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) err = asked->err;
    if (ReasonOfKafka(err) == status::v1::REASON_CODE_NOT_FOUND ||
        (err == RD_KAFKA_RESP_ERR_NO_ERROR && asked->offset < 0)) {
      return Error(status::v1::REASON_CODE_NOT_FOUND,
                   absl::StrCat("group ", group, " has committed nothing for ",
                                partition.topic, "/", partition.partition));
    }
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return asked->offset;
    if (!IsPassing(err) || absl::Now() >= deadline) {
      return connection_->Failure(
          err, absl::StrCat("asking what group ", connection_->FullName(group),
                            " has committed"));
    }
    absl::SleepFor(kAskAgain);
  }
}

}  // namespace sluice::bus
