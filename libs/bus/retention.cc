#include "libs/bus/retention.h"

#include <memory>
#include <string>

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/bus/layout.h"
#include "rocksdb/write_batch.h"

namespace sluice::bus {
namespace {

using storage::Database;

// Share of what blob files hold that may be garbage before they are rewritten.
constexpr uint64_t kGarbageDivisor = 2;

}  // namespace

absl::Status Retention::Apply(const TopicSpec& spec, Partition* partition,
                              absl::Time now) {
  const bool by_time = spec.retention != absl::InfiniteDuration();
  const bool by_bytes = spec.retention_bytes != 0;
  if (!by_time && !by_bytes) return absl::OkStatus();
  const MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  const layout::PartitionId id = partition->id();

  // Every message below this end has its row in what is read next.
  const Partition::Extent extent = partition->extent();
  const OffsetRange& range = extent.offsets;
  const std::string first = layout::OffsetKey(id, range.begin);
  const std::string last = layout::OffsetKey(id, range.end);
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(
      session.db()->NewIterator(options, session.family(layout::kIndex)));
  const absl::Time oldest =
      by_time ? now - spec.retention : absl::InfinitePast();
  int64_t new_begin = range.begin;
  uint64_t bytes_before_kept = extent.end_bytes;
  bool kept = false;
  for (rows->Seek(first); rows->Valid() && !kept; rows->Next()) {
    ASSIGN_OR_RETURN(const int64_t offset,
                     layout::OffsetOf(AsView(rows->key())));
    ASSIGN_OR_RETURN(const layout::IndexRow row,
                     layout::DecodeIndex(AsView(rows->value())));
    const bool too_old = absl::FromUnixMicros(row.micros) < oldest;
    const bool too_much =
        by_bytes && offset + 1 < range.end &&
        extent.end_bytes - row.bytes_before > spec.retention_bytes;
    kept = !too_old && !too_much;
    if (kept) {
      bytes_before_kept = row.bytes_before;
    } else {
      new_begin = offset + 1;
    }
  }
  RETURN_IF_ERROR(database_->Translate(rows->status(), "read from"));
  if (new_begin == range.begin) return absl::OkStatus();
  removed_bytes_ += bytes_before_kept - extent.begin_bytes;
  // Readers look at the beginning after they have made their iterator: who
  // misses a removed message is told that it expired. If the write fails, the
  // messages stay on the disk until a later attempt, unseen.
  partition->BeginAt(new_begin, bytes_before_kept);
  return Remove(session, id, new_begin);
}

absl::Status Retention::Remove(const Database::Session& session,
                               layout::PartitionId id, int64_t new_begin) {
  // From the stored beginning on, which a failed attempt has left behind.
  ASSIGN_OR_RETURN(const auto stored,
                   session.Get(layout::kPartitions, layout::BeginKey(id)));
  uint64_t begin = 0;
  if (stored.has_value()) {
    ASSIGN_OR_RETURN(begin, layout::DecodeNumber(AsView(*stored)));
  }
  const std::string first = layout::OffsetKey(id, static_cast<int64_t>(begin));
  const std::string last = layout::OffsetKey(id, new_begin);
  rocksdb::WriteBatch batch;
  rocksdb::Status status =
      batch.DeleteRange(session.family(layout::kMessages), first, last);
  if (status.ok()) {
    status = batch.DeleteRange(session.family(layout::kIndex), first, last);
  }
  if (status.ok()) {
    status =
        batch.Put(session.family(layout::kPartitions), layout::BeginKey(id),
                  layout::EncodeNumber(static_cast<uint64_t>(new_begin)));
  }
  RETURN_IF_ERROR(database_->Translate(status, "write to"));
  return session.Write(&batch, storage::Durability::kProcessCrash);
}

absl::Status Retention::Reclaim() {
  const MutexLock lock(&mutex_);
  if (removed_bytes_ < kReclaimBytes) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto session, database_->Use());
  rocksdb::ColumnFamilyHandle* messages = session.family(layout::kMessages);
  rocksdb::CompactRangeOptions options;
  // Large values lie in blob files, so this rewrites little but their
  // addresses.
  rocksdb::Status status =
      session.db()->CompactRange(options, messages, nullptr, nullptr);
  if (status.ok()) {
    status = session.db()->CompactRange(options, session.family(layout::kIndex),
                                        nullptr, nullptr);
  }
  RETURN_IF_ERROR(database_->Translate(status, "compact"));
  removed_bytes_ = 0;
  uint64_t live = 0;
  uint64_t garbage = 0;
  using Properties = rocksdb::DB::Properties;
  session.db()->GetIntProperty(messages, Properties::kLiveBlobFileSize, &live);
  session.db()->GetIntProperty(messages, Properties::kLiveBlobFileGarbageSize,
                               &garbage);
  if (garbage <= live / kGarbageDivisor) return absl::OkStatus();
  options.blob_garbage_collection_policy =
      rocksdb::BlobGarbageCollectionPolicy::kForce;
  options.blob_garbage_collection_age_cutoff = 1.0;
  options.bottommost_level_compaction =
      rocksdb::BottommostLevelCompaction::kForce;
  return database_->Translate(
      session.db()->CompactRange(options, messages, nullptr, nullptr),
      "compact");
}

}  // namespace sluice::bus
