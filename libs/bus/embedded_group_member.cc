#include "libs/bus/embedded_group_member.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/bus/layout.h"
#include "libs/bus/message_store.h"
#include "rocksdb/write_batch.h"

namespace sluice::bus {

EmbeddedGroupMember::EmbeddedGroupMember(
    storage::Database* database, const Topic* topic,
    GroupCoordinator* coordinator, std::string group,
    std::shared_ptr<GroupCoordinator::Member> member,
    std::shared_ptr<Wakeup> wakeup)
    : database_(database),
      topic_(topic),
      coordinator_(coordinator),
      group_(std::move(group)),
      member_(std::move(member)),
      wakeup_(std::move(wakeup)) {}

EmbeddedGroupMember::~EmbeddedGroupMember() {
  wakeup_->Close();
  coordinator_->Leave(member_);
}

absl::StatusOr<PollResult> EmbeddedGroupMember::Poll(size_t bytes_max) {
  // Before anything is looked at: what changes from here on wakes again.
  wakeup_->Arm();
  PollResult result;
  TakeChanges(&result);
  absl::Status status = Fetch(bytes_max, &result);
  // An error comes again with the next Poll; what else there is would be lost.
  if (!status.ok() && result.lost.empty() && result.gained.empty() &&
      result.fetched.empty()) {
    return status;
  }
  return result;
}

void EmbeddedGroupMember::TakeChanges(PollResult* result) {
  const auto assignment = coordinator_->Changes(*member_, &seen_version_);
  if (!assignment.has_value()) return;
  for (auto held = held_.begin(); held != held_.end();) {
    const auto owned = assignment->find(held->first);
    if (owned != assignment->end() &&
        owned->second == held->second.generation) {
      ++held;
      continue;
    }
    result->lost.push_back({topic_->spec.name, held->first});
    held = held_.erase(held);
  }
  for (const auto& [partition, generation] : *assignment) {
    if (held_.try_emplace(partition, Held{generation, std::nullopt}).second) {
      result->gained.push_back({topic_->spec.name, partition});
    }
  }
}

absl::Status EmbeddedGroupMember::Fetch(size_t bytes_max, PollResult* result) {
  size_t bytes_left = bytes_max;
  size_t messages_left = kPollMessagesMax;
  size_t at_end = 0;
  auto held = held_.lower_bound(turn_);
  for (size_t i = 0; i < held_.size(); ++i, ++held) {
    if (held == held_.end()) held = held_.begin();
    const int partition_number = held->first;
    std::optional<int64_t>& next = held->second.next;
    const Partition& partition =
        *topic_->partitions[static_cast<size_t>(partition_number)];
    const OffsetRange range = partition.offsets();
    if (!next.has_value() || (*next >= range.end && *next >= range.begin)) {
      ++at_end;
      continue;
    }
    if (bytes_left == 0 || messages_left == 0) continue;
    turn_ = partition_number + 1;
    ASSIGN_OR_RETURN(
        std::vector<Message> messages,
        ReadMessages(database_, partition, *next, {messages_left, bytes_left}));
    if (messages.empty()) {
      // All that was below range.end has been compacted away.
      next = range.end;
      ++at_end;
      continue;
    }
    next = messages.back().offset + 1;
    if (*next >= range.end) ++at_end;
    messages_left -= messages.size();
    for (const Message& message : messages) {
      bytes_left -= std::min(bytes_left, message.value.size());
    }
    result->fetched.push_back({partition.name(), std::move(messages)});
  }
  result->at_end = at_end == held_.size();
  return absl::OkStatus();
}

EmbeddedGroupMember::Held* EmbeddedGroupMember::FindOwned(
    const TopicPartition& partition) {
  if (partition.topic != topic_->spec.name) return nullptr;
  const auto held = held_.find(partition.partition);
  if (held == held_.end() ||
      !coordinator_->Owns(*member_, held->first, held->second.generation)) {
    return nullptr;
  }
  return &held->second;
}

absl::Status EmbeddedGroupMember::Seek(const TopicPartition& partition,
                                       int64_t offset) {
  Held* held = FindOwned(partition);
  if (held == nullptr) {
    return Error(
        status::v1::REASON_CODE_NOT_FOUND,
        absl::StrCat("partition ", partition.topic, "/", partition.partition,
                     " is not this member's: poll to learn which are"));
  }
  held->next = offset;
  return absl::OkStatus();
}

absl::Status EmbeddedGroupMember::Commit(const TopicPartition& partition,
                                         int64_t offset) {
  if (offset < 0) {
    return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, "offset",
                      "a committed offset is 0 or more");
  }
  const auto held = held_.find(partition.partition);
  if (partition.topic != topic_->spec.name || held == held_.end()) {
    return Error(
        status::v1::REASON_CODE_FENCED,
        absl::StrCat("partition ", partition.topic, "/", partition.partition,
                     " is not this member's: drop what was fetched "
                     "from it and poll again"));
  }
  return coordinator_->Commit(
      *member_, held->first, held->second.generation, [&]() -> absl::Status {
        const layout::PartitionId id =
            topic_->partitions[static_cast<size_t>(held->first)]->id();
        ASSIGN_OR_RETURN(const auto session, database_->Use());
        rocksdb::WriteBatch batch;
        RETURN_IF_ERROR(database_->Translate(
            batch.Put(session.family(layout::kGroups),
                      layout::GroupKey(group_, id),
                      layout::EncodeNumber(static_cast<uint64_t>(offset))),
            "write to"));
        return session.Write(&batch, storage::Durability::kProcessCrash);
      });
}

void EmbeddedGroupMember::OnWakeup(std::function<void()> wakeup) {
  wakeup_->Set(std::move(wakeup));
}

}  // namespace sluice::bus
