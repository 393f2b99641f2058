#include "libs/bus/embedded_log.h"

#include <algorithm>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/log.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/bus/append_path.h"
#include "libs/bus/bounds.h"
#include "libs/bus/embedded_group_member.h"
#include "libs/bus/group_coordinator.h"
#include "libs/bus/layout.h"
#include "libs/bus/message_store.h"
#include "libs/bus/retention.h"
#include "libs/bus/topic_table.h"
#include "libs/bus/wakeup.h"
#include "libs/storage/database.h"
#include "rocksdb/table.h"

namespace sluice::bus {
namespace {

using status::v1::REASON_CODE_NOT_FOUND;
using status::v1::REASON_CODE_TOO_MANY;
using status::v1::REASON_CODE_WRONG_STATE;
using storage::Database;
using storage::Durability;

// Of a name that is not there, in a message.
constexpr size_t kNameCharactersMax = 249;
// Values from this size on lie in blob files: written twice (log and file) and
// never moved again until they are garbage.
constexpr uint64_t kMinBlobBytes = 4096;
constexpr uint64_t kBlobFileBytes = uint64_t{128} << 20;
constexpr size_t kMessageBlockBytes = size_t{32} << 10;
// A partition may grow this much, in eighths of its bound, before maintenance
// is woken.
constexpr uint64_t kSlackDivisor = 8;

rocksdb::ColumnFamilyOptions MessageOptions(
    const EmbeddedLogOptions& options,
    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kMessageBlockBytes;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // Payloads come compressed and sealed.
  family.compression = rocksdb::kNoCompression;
  family.write_buffer_size = options.memtable_bytes / 2;
  family.max_write_buffer_number = 4;
  family.enable_blob_files = true;
  family.min_blob_size = kMinBlobBytes;
  family.blob_file_size = kBlobFileBytes;
  return family;
}

storage::DatabaseOptions MakeDatabaseOptions(
    const EmbeddedLogOptions& options) {
  const std::shared_ptr<rocksdb::Cache> cache =
      rocksdb::NewLRUCache(options.block_cache_bytes);
  const rocksdb::ColumnFamilyOptions rows = storage::SmallRowOptions(cache);
  storage::DatabaseOptions database;
  database.path = options.path;
  database.env = options.env;
  database.memtable_bytes_max = options.memtable_bytes;
  // In the order of layout::Family.
  database.families = {{"meta", rows},
                       {"partitions", rows},
                       {"messages", MessageOptions(options, cache)},
                       {"index", rows},
                       {"keys", rows},
                       {"groups", rows}};
  return database;
}

class EmbeddedProducer : public Producer {
 public:
  EmbeddedProducer(AppendPath* path, std::string id, uint64_t epoch)
      : path_(path), identity_(ProducerIdentity{std::move(id), epoch}) {}

  absl::StatusOr<std::vector<int64_t>> Append(
      const std::vector<Outgoing>& messages) override {
    return path_->Append(identity_, messages);
  }

 private:
  AppendPath* const path_;
  const std::optional<ProducerIdentity> identity_;
};

// Without an identity: nothing to fence.
class EmbeddedAppender : public Appender {
 public:
  explicit EmbeddedAppender(AppendPath* path) : path_(path) {}

  absl::StatusOr<int64_t> Append(const Outgoing& message) override {
    ASSIGN_OR_RETURN(const std::vector<int64_t> offsets,
                     path_->Append(std::nullopt, {message}));
    return offsets.front();
  }

 private:
  AppendPath* const path_;
};

class EmbeddedLogImpl : public EmbeddedLog {
 public:
  EmbeddedLogImpl(EmbeddedLogOptions options,
                  std::unique_ptr<Database> database);
  ~EmbeddedLogImpl() override;

  // Reads what is stored, then starts maintenance. Before anything else.
  absl::Status Load();

  absl::Status CreateTopic(const TopicSpec& spec) override;
  absl::StatusOr<TopicSpec> DescribeTopic(const std::string& name) override;
  absl::StatusOr<std::unique_ptr<Producer>> OpenProducer(
      const std::string& producer_id) override;
  absl::StatusOr<std::unique_ptr<Appender>> OpenAppender() override;
  absl::StatusOr<OffsetRange> Offsets(const TopicPartition& partition) override;
  absl::StatusOr<std::vector<Message>> Read(const TopicPartition& partition,
                                            int64_t from, size_t count_max,
                                            size_t bytes_max,
                                            absl::Duration wait) override;
  absl::StatusOr<std::unique_ptr<GroupMember>> JoinGroup(
      const std::string& group, const std::string& topic) override;
  absl::StatusOr<int64_t> CommittedOffset(
      const std::string& group, const TopicPartition& partition) override;
  absl::Status RunRetention() override;

 private:
  absl::Status CheckVersion(const Database::Session& session);
  absl::Status LoadTopics(const Database::Session& session);
  static absl::Status LoadPartition(const Database::Session& session,
                                    Partition* partition);
  void OnAppended(const std::vector<Partition*>& grown);
  void Maintain();

  const EmbeddedLogOptions options_;
  const std::unique_ptr<Database> database_;
  TopicTable topics_;
  GroupCoordinator groups_;
  Retention retention_;
  AppendPath append_path_;

  // One topic is created at a time. Taken before a Session.
  Mutex create_mutex_;

  Mutex maintenance_mutex_;
  CondVar maintenance_wake_;
  bool stopping_ ABSL_GUARDED_BY(maintenance_mutex_) = false;
  bool overdue_ ABSL_GUARDED_BY(maintenance_mutex_) = false;
  // Runs Maintain; started by Load, joined by the destructor.
  std::thread maintenance_;
};

EmbeddedLogImpl::EmbeddedLogImpl(EmbeddedLogOptions options,
                                 std::unique_ptr<Database> database)
    : options_(std::move(options)),
      database_(std::move(database)),
      retention_(database_.get()),
      append_path_(
          database_.get(), &topics_, options_.clock,
          [this](const std::vector<Partition*>& grown) { OnAppended(grown); }) {
}

EmbeddedLogImpl::~EmbeddedLogImpl() {
  {
    const MutexLock lock(&maintenance_mutex_);
    stopping_ = true;
    maintenance_wake_.SignalAll();
  }
  if (maintenance_.joinable()) maintenance_.join();
}

absl::Status EmbeddedLogImpl::Load() {
  {
    ASSIGN_OR_RETURN(const auto session, database_->Use());
    RETURN_IF_ERROR(CheckVersion(session));
    RETURN_IF_ERROR(LoadTopics(session));
  }
  RETURN_IF_ERROR(append_path_.Load());
  if (options_.maintenance_interval != absl::InfiniteDuration()) {
    maintenance_ = std::thread([this] { Maintain(); });
  }
  return absl::OkStatus();
}

absl::Status EmbeddedLogImpl::CheckVersion(const Database::Session& session) {
  ASSIGN_OR_RETURN(const auto stored,
                   session.Get(layout::kMeta, layout::kVersionKey));
  if (!stored.has_value()) {
    rocksdb::WriteBatch batch;
    RETURN_IF_ERROR(database_->Translate(
        batch.Put(session.family(layout::kMeta), layout::kVersionKey,
                  layout::EncodeNumber(layout::kFormatVersion)),
        "write to"));
    return session.Write(&batch, Durability::kSynced);
  }
  ASSIGN_OR_RETURN(const uint64_t version,
                   layout::DecodeNumber(AsView(*stored)));
  if (version == layout::kFormatVersion) return absl::OkStatus();
  return Error(
      REASON_CODE_WRONG_STATE,
      absl::StrCat("the bus in ", options_.path, " has format version ",
                   version, ", this program knows version ",
                   layout::kFormatVersion,
                   ": use the version of Sluice that made it"));
}

absl::Status EmbeddedLogImpl::LoadTopics(const Database::Session& session) {
  const absl::string_view prefix = layout::kTopicPrefix;
  const std::unique_ptr<rocksdb::Iterator> rows(session.db()->NewIterator(
      rocksdb::ReadOptions(), session.family(layout::kMeta)));
  for (rows->Seek(storage::AsSlice(prefix));
       rows->Valid() && rows->key().starts_with(storage::AsSlice(prefix));
       rows->Next()) {
    ASSIGN_OR_RETURN(
        const layout::TopicRow row,
        layout::DecodeTopic(AsView(rows->key()).substr(prefix.size()),
                            AsView(rows->value())));
    Topic* topic = topics_.Add(row);
    for (const auto& partition : topic->partitions) {
      RETURN_IF_ERROR(LoadPartition(session, partition.get()));
    }
  }
  return database_->Translate(rows->status(), "read from");
}

absl::Status EmbeddedLogImpl::LoadPartition(const Database::Session& session,
                                            Partition* partition) {
  const layout::PartitionId id = partition->id();
  ASSIGN_OR_RETURN(const auto end,
                   session.Get(layout::kPartitions, layout::EndKey(id)));
  if (!end.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(partition->tail, layout::DecodeEnd(AsView(*end)));
  partition->GrowTo(partition->tail.end, partition->tail.bytes);
  ASSIGN_OR_RETURN(const auto begin_row,
                   session.Get(layout::kPartitions, layout::BeginKey(id)));
  if (!begin_row.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t stored_begin,
                   layout::DecodeNumber(AsView(*begin_row)));
  const auto begin = static_cast<int64_t>(stored_begin);
  uint64_t begin_bytes = partition->tail.bytes;
  ASSIGN_OR_RETURN(const auto first,
                   session.Get(layout::kIndex, layout::OffsetKey(id, begin)));
  if (first.has_value()) {
    ASSIGN_OR_RETURN(const layout::IndexRow row,
                     layout::DecodeIndex(AsView(*first)));
    begin_bytes = row.bytes_before;
  }
  partition->BeginAt(begin, begin_bytes);
  return absl::OkStatus();
}

absl::Status EmbeddedLogImpl::CreateTopic(const TopicSpec& spec) {
  RETURN_IF_ERROR(ValidateTopicSpec(spec));
  const MutexLock lock(&create_mutex_);
  if (const auto found = topics_.FindTopic(spec.name); found.ok()) {
    if ((*found)->spec == spec) return absl::OkStatus();
    return Error(REASON_CODE_WRONG_STATE,
                 absl::StrCat("topic ", spec.name,
                              " is there with another partition count, "
                              "clean-up or retention, which never change: use "
                              "the same, or another name"));
  }
  if (topics_.PartitionCount() + static_cast<size_t>(spec.partitions) >
      TopicTable::kPartitionsMax) {
    return Error(
        REASON_CODE_TOO_MANY,
        absl::StrCat("topic ", spec.name, " would bring the bus above ",
                     TopicTable::kPartitionsMax, " partitions: use fewer"));
  }
  layout::TopicRow row;
  row.id = topics_.NextId();
  row.spec = spec;
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  rocksdb::WriteBatch batch;
  RETURN_IF_ERROR(database_->Translate(
      batch.Put(session.family(layout::kMeta), layout::TopicKey(spec.name),
                layout::Encode(row)),
      "write to"));
  RETURN_IF_ERROR(session.Write(&batch, Durability::kSynced));
  topics_.Add(row);
  return absl::OkStatus();
}

absl::StatusOr<TopicSpec> EmbeddedLogImpl::DescribeTopic(
    const std::string& name) {
  ASSIGN_OR_RETURN(const Topic* topic, topics_.FindTopic(name));
  return topic->spec;
}

absl::StatusOr<std::unique_ptr<Producer>> EmbeddedLogImpl::OpenProducer(
    const std::string& producer_id) {
  ASSIGN_OR_RETURN(const uint64_t epoch,
                   append_path_.OpenProducer(producer_id));
  return std::make_unique<EmbeddedProducer>(&append_path_, producer_id, epoch);
}

absl::StatusOr<std::unique_ptr<Appender>> EmbeddedLogImpl::OpenAppender() {
  return std::make_unique<EmbeddedAppender>(&append_path_);
}

absl::StatusOr<OffsetRange> EmbeddedLogImpl::Offsets(
    const TopicPartition& partition) {
  ASSIGN_OR_RETURN(const Partition* found, topics_.FindPartition(partition));
  return found->offsets();
}

absl::StatusOr<std::vector<Message>> EmbeddedLogImpl::Read(
    const TopicPartition& partition, int64_t from, size_t count_max,
    size_t bytes_max, absl::Duration wait) {
  ASSIGN_OR_RETURN(Partition * found, topics_.FindPartition(partition));
  const absl::Time start = absl::Now();
  int64_t awaited = from;
  while (true) {
    const int64_t end = found->offsets().end;
    ASSIGN_OR_RETURN(
        std::vector<Message> messages,
        ReadMessages(database_.get(), *found, from, {count_max, bytes_max}));
    if (!messages.empty() || count_max == 0 || bytes_max == 0) return messages;
    // All below `end` was compacted away, or lies below `from`.
    awaited = std::max(awaited, end);
    const absl::Duration left = wait - (absl::Now() - start);
    if (!found->WaitFor(awaited, left)) return messages;
  }
}

absl::StatusOr<std::unique_ptr<GroupMember>> EmbeddedLogImpl::JoinGroup(
    const std::string& group, const std::string& topic) {
  RETURN_IF_ERROR(ValidateId("group", group));
  ASSIGN_OR_RETURN(const Topic* found, topics_.FindTopic(topic));
  auto wakeup = std::make_shared<Wakeup>();
  ASSIGN_OR_RETURN(auto member,
                   groups_.Join(group, topic, found->spec.partitions, wakeup));
  return std::make_unique<EmbeddedGroupMember>(database_.get(), found, &groups_,
                                               group, std::move(member),
                                               std::move(wakeup));
}

absl::StatusOr<int64_t> EmbeddedLogImpl::CommittedOffset(
    const std::string& group, const TopicPartition& partition) {
  ASSIGN_OR_RETURN(const Partition* found, topics_.FindPartition(partition));
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  ASSIGN_OR_RETURN(
      const auto stored,
      session.Get(layout::kGroups, layout::GroupKey(group, found->id())));
  if (!stored.has_value()) {
    return Error(REASON_CODE_NOT_FOUND,
                 absl::StrCat("group ", group.substr(0, kNameCharactersMax),
                              " has committed nothing for ", partition.topic,
                              "/", partition.partition));
  }
  ASSIGN_OR_RETURN(const uint64_t offset,
                   layout::DecodeNumber(AsView(*stored)));
  return static_cast<int64_t>(offset);
}

absl::Status EmbeddedLogImpl::RunRetention() {
  const absl::Time now = options_.clock->Now();
  absl::Status first_error;
  for (const Topic* topic : topics_.All()) {
    for (const auto& partition : topic->partitions) {
      first_error.Update(
          topic->spec.cleanup == Cleanup::kCompact
              ? append_path_.DropTombstones(partition.get(),
                                            now - options_.tombstone_retention)
              : retention_.Apply(topic->spec, partition.get(), now));
    }
  }
  first_error.Update(retention_.Reclaim());
  return first_error;
}

void EmbeddedLogImpl::OnAppended(const std::vector<Partition*>& grown) {
  std::map<std::string, std::vector<int>> by_topic;
  bool overdue = false;
  for (const Partition* partition : grown) {
    by_topic[partition->name().topic].push_back(partition->name().partition);
    const uint64_t bound = partition->retention_bytes();
    if (bound == 0) continue;
    const Partition::Extent extent = partition->extent();
    overdue = overdue || extent.end_bytes - extent.begin_bytes >
                             bound + bound / kSlackDivisor;
  }
  for (const auto& [topic, partitions] : by_topic) {
    groups_.Wake(topic, partitions);
  }
  if (!overdue) return;
  const MutexLock lock(&maintenance_mutex_);
  overdue_ = true;
  maintenance_wake_.SignalAll();
}

void EmbeddedLogImpl::Maintain() {
  while (true) {
    {
      const MutexLock lock(&maintenance_mutex_);
      bool timed_out = false;
      while (!stopping_ && !overdue_ && !timed_out) {
        timed_out = maintenance_wake_.WaitFor(&maintenance_mutex_,
                                              options_.maintenance_interval);
      }
      if (stopping_) return;
      overdue_ = false;
    }
    const absl::Status status = RunRetention();
    if (!status.ok()) {
      LogWarning("retention not applied; tried again later",
                 {{"path", options_.path}, {"error", status}});
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<EmbeddedLog>> OpenEmbeddedLog(
    EmbeddedLogOptions options) {
  ASSIGN_OR_RETURN(auto database, Database::Open(MakeDatabaseOptions(options)));
  auto log = std::make_unique<EmbeddedLogImpl>(std::move(options),
                                               std::move(database));
  RETURN_IF_ERROR(log->Load());
  return log;
}

}  // namespace sluice::bus
