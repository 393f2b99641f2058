#include "libs/bus/append_path.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/bus/bounds.h"
#include "libs/bus/layout.h"
#include "libs/bus/message_store.h"

namespace sluice::bus {
namespace {

using status::v1::REASON_CODE_FENCED;
using status::v1::REASON_CODE_TOO_MANY;
using storage::Database;
using storage::Durability;

constexpr uint32_t kRowsPerDrop = 30'000;

}  // namespace

AppendPath::AppendPath(Database* database, TopicTable* topics, Clock* clock,
                       Appended appended)
    : database_(database),
      topics_(topics),
      clock_(clock),
      appended_(std::move(appended)),
      queue_([this](const std::vector<AppendRequest*>& group) {
        Commit(group);
      }) {}

absl::Status AppendPath::Load() {
  const MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  const std::unique_ptr<rocksdb::Iterator> rows(session.db()->NewIterator(
      rocksdb::ReadOptions(), session.family(layout::kMeta)));
  const absl::string_view prefix = layout::kProducerPrefix;
  for (rows->Seek(storage::AsSlice(prefix));
       rows->Valid() && rows->key().starts_with(storage::AsSlice(prefix));
       rows->Next()) {
    ASSIGN_OR_RETURN(const uint64_t epoch,
                     layout::DecodeNumber(AsView(rows->value())));
    epochs_[std::string(AsView(rows->key()).substr(prefix.size()))] = epoch;
  }
  return database_->Translate(rows->status(), "read from");
}

absl::StatusOr<uint64_t> AppendPath::OpenProducer(
    const std::string& producer_id) {
  RETURN_IF_ERROR(ValidateId("producer_id", producer_id));
  const MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  const auto found = epochs_.find(producer_id);
  if (found == epochs_.end() && epochs_.size() >= kProducersMax) {
    return Error(REASON_CODE_TOO_MANY,
                 absl::StrCat("the bus knows ", kProducersMax,
                              " producers, its limit: use the same ids again "
                              "instead of new ones"));
  }
  const uint64_t epoch = found == epochs_.end() ? 1 : found->second + 1;
  rocksdb::WriteBatch batch;
  RETURN_IF_ERROR(database_->Translate(
      batch.Put(session.family(layout::kMeta), layout::ProducerKey(producer_id),
                layout::EncodeNumber(epoch)),
      "write to"));
  RETURN_IF_ERROR(session.Write(&batch, Durability::kSynced));
  epochs_[producer_id] = epoch;
  return epoch;
}

absl::StatusOr<std::vector<int64_t>> AppendPath::Append(
    const std::optional<ProducerIdentity>& producer,
    const std::vector<Outgoing>& messages) {
  RETURN_IF_ERROR(CheckSizes(messages));
  AppendRequest request;
  request.producer = producer.has_value() ? &*producer : nullptr;
  request.messages = &messages;
  request.partitions.reserve(messages.size());
  for (const Outgoing& message : messages) {
    request.bytes += message.key.size() + message.value.size();
    ASSIGN_OR_RETURN(Partition * partition, topics_->FindPartition(message.to));
    request.partitions.push_back(partition);
  }
  queue_.Submit(&request);
  if (!request.status.ok()) return request.status;
  return std::move(request.offsets);
}

absl::Status AppendPath::CheckEpoch(const AppendRequest& request) const {
  if (request.producer == nullptr) return absl::OkStatus();
  const auto found = epochs_.find(request.producer->id);
  if (found != epochs_.end() && found->second == request.producer->epoch) {
    return absl::OkStatus();
  }
  return Error(REASON_CODE_FENCED,
               absl::StrCat("producer ", request.producer->id,
                            " was opened again since: this instance must stop; "
                            "let one process at a time use this id"));
}

void AppendPath::Commit(const std::vector<AppendRequest*>& group) {
  std::vector<Partition*> grown;
  {
    const MutexLock lock(&mutex_);
    const absl::Status status = CommitLocked(group, &grown);
    if (!status.ok()) {
      for (AppendRequest* request : group) {
        if (request->status.ok()) request->status = status;
      }
    }
  }
  if (!grown.empty()) appended_(grown);
}

absl::Status AppendPath::CommitLocked(const std::vector<AppendRequest*>& group,
                                      std::vector<Partition*>* grown) {
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  Staged staged;
  const int64_t now_micros = absl::ToUnixMicros(clock_->Now());
  for (AppendRequest* request : group) {
    request->status = CheckEpoch(*request);
    if (!request->status.ok()) continue;
    RETURN_IF_ERROR(Stage(session, request, now_micros, &staged));
  }
  if (staged.tails.empty()) return absl::OkStatus();
  for (const auto& [partition, tail] : staged.tails) {
    RETURN_IF_ERROR(database_->Translate(
        staged.batch.Put(session.family(layout::kPartitions),
                         layout::EndKey(partition->id()), layout::Encode(tail)),
        "write to"));
  }
  RETURN_IF_ERROR(session.Write(&staged.batch, Durability::kSynced));
  for (const auto& [partition, tail] : staged.tails) {
    partition->tail = tail;
    partition->GrowTo(tail.end, tail.bytes);
    grown->push_back(partition);
  }
  return absl::OkStatus();
}

absl::Status AppendPath::Stage(const Database::Session& session,
                               AppendRequest* request, int64_t now_micros,
                               Staged* staged) {
  request->offsets.reserve(request->messages->size());
  for (size_t i = 0; i < request->messages->size(); ++i) {
    const Outgoing& message = (*request->messages)[i];
    Partition* partition = request->partitions[i];
    layout::EndRow& tail =
        staged->tails.try_emplace(partition, partition->tail).first->second;
    tail.micros = std::max(tail.micros, now_micros);
    RETURN_IF_ERROR(PutMessage(session, partition->id(), tail.end, tail.micros,
                               message.key, message.value.view(),
                               &staged->batch));
    RETURN_IF_ERROR(partition->cleanup() == Cleanup::kCompact
                        ? StageKey(session, partition, message, tail, staged)
                        : StageIndex(session, partition, tail, staged));
    request->offsets.push_back(tail.end);
    ++tail.end;
    tail.bytes += message.value.size();
  }
  return absl::OkStatus();
}

absl::Status AppendPath::StageIndex(const Database::Session& session,
                                    Partition* partition,
                                    const layout::EndRow& at, Staged* staged) {
  return database_->Translate(
      staged->batch.Put(session.family(layout::kIndex),
                        layout::OffsetKey(partition->id(), at.end),
                        layout::Encode(layout::IndexRow{at.micros, at.bytes})),
      "write to");
}

absl::Status AppendPath::StageKey(const Database::Session& session,
                                  Partition* partition, const Outgoing& message,
                                  const layout::EndRow& at, Staged* staged) {
  const layout::PartitionId id = partition->id();
  rocksdb::WriteBatch& batch = staged->batch;
  rocksdb::ColumnFamilyHandle* keys = session.family(layout::kKeys);
  const std::string newest_key = layout::NewestKey(id, message.key);
  const auto [entry, fresh] = staged->newest.try_emplace(
      std::make_pair(partition, message.key), layout::KeyRow());
  std::optional<layout::KeyRow> superseded;
  if (!fresh) {
    superseded = entry->second;
  } else {
    ASSIGN_OR_RETURN(const auto stored, session.Get(layout::kKeys, newest_key));
    if (stored.has_value()) {
      ASSIGN_OR_RETURN(superseded, layout::DecodeKey(AsView(*stored)));
    }
  }
  entry->second = layout::KeyRow{at.end, message.value.empty()};
  rocksdb::Status status =
      batch.Put(keys, newest_key, layout::Encode(entry->second));
  if (status.ok() && superseded.has_value()) {
    status = batch.Delete(session.family(layout::kMessages),
                          layout::OffsetKey(id, superseded->offset));
    if (status.ok() && superseded->tombstone) {
      status = batch.Delete(keys, layout::TombstoneKey(id, superseded->offset));
    }
  }
  if (status.ok() && entry->second.tombstone) {
    std::string row = layout::EncodeNumber(static_cast<uint64_t>(at.micros));
    row += message.key;
    status = batch.Put(keys, layout::TombstoneKey(id, at.end), row);
  }
  return database_->Translate(status, "write to");
}

absl::Status AppendPath::DropTombstones(Partition* partition,
                                        absl::Time before) {
  const MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  const layout::PartitionId id = partition->id();
  rocksdb::ColumnFamilyHandle* keys = session.family(layout::kKeys);
  const std::string first = layout::TombstoneKey(id, 0);
  const std::string last = layout::TombstoneKey(id, partition->tail.end);
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(
      session.db()->NewIterator(options, keys));
  rocksdb::WriteBatch batch;
  // What one batch does not take, the next maintenance does.
  for (rows->Seek(first); rows->Valid() && batch.Count() < kRowsPerDrop;
       rows->Next()) {
    const absl::string_view row = AsView(rows->value());
    ASSIGN_OR_RETURN(const uint64_t micros,
                     layout::DecodeNumber(row.substr(0, sizeof(uint64_t))));
    if (absl::FromUnixMicros(static_cast<int64_t>(micros)) >= before) break;
    ASSIGN_OR_RETURN(const int64_t offset,
                     layout::OffsetOf(AsView(rows->key())));
    rocksdb::Status status = batch.Delete(session.family(layout::kMessages),
                                          layout::OffsetKey(id, offset));
    if (status.ok()) {
      status = batch.Delete(
          keys, layout::NewestKey(id, row.substr(sizeof(uint64_t))));
    }
    if (status.ok()) status = batch.Delete(keys, rows->key());
    RETURN_IF_ERROR(database_->Translate(status, "write to"));
  }
  RETURN_IF_ERROR(database_->Translate(rows->status(), "read from"));
  if (batch.Count() == 0) return absl::OkStatus();
  return session.Write(&batch, Durability::kProcessCrash);
}

}  // namespace sluice::bus
