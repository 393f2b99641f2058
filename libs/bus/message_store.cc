#include "libs/bus/message_store.h"

#include <cstring>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/storage/rocksdb_status.h"

namespace sluice::bus {
namespace {

using storage::AsSlice;

constexpr std::align_val_t kAlignment{64};

absl::Status Expired(const Partition& partition, int64_t from, int64_t begin) {
  const std::string name =
      absl::StrCat(partition.name().topic, "/", partition.name().partition);
  return FieldError(
      status::v1::REASON_CODE_POSITION_EXPIRED, name,
      absl::StrCat("offset ", from, " is gone, retention kept ", begin,
                   " and later: start from there, or from a baseline"));
}

absl::StatusOr<Message> DecodeMessage(absl::string_view key,
                                      absl::string_view stored) {
  ASSIGN_OR_RETURN(const layout::MessageHeader header,
                   layout::DecodeMessageHeader(stored));
  Message message;
  ASSIGN_OR_RETURN(message.offset, layout::OffsetOf(key));
  message.time = absl::FromUnixMicros(header.micros);
  stored.remove_prefix(layout::kMessageHeaderBytes);
  message.key.assign(stored.data(), header.key_size);
  stored.remove_prefix(header.key_size);
  message.value = AlignedCopy(stored);
  return message;
}

}  // namespace

SharedBytes AlignedCopy(absl::string_view bytes) {
  if (bytes.empty()) return SharedBytes();
  char* copy = static_cast<char*>(::operator new(bytes.size(), kAlignment));
  std::memcpy(copy, bytes.data(), bytes.size());
  std::shared_ptr<const void> owner(
      copy, [](char* owned) { ::operator delete(owned, kAlignment); });
  return SharedBytes(std::move(owner), absl::string_view(copy, bytes.size()));
}

absl::Status PutMessage(const storage::Database::Session& session,
                        layout::PartitionId id, int64_t offset, int64_t micros,
                        absl::string_view key, absl::string_view value,
                        rocksdb::WriteBatch* batch) {
  const std::string row = layout::OffsetKey(id, offset);
  const std::string header = layout::Encode(
      layout::MessageHeader{micros, static_cast<uint32_t>(key.size())});
  const rocksdb::Slice row_part(row);
  const rocksdb::Slice value_parts[] = {rocksdb::Slice(header), AsSlice(key),
                                        AsSlice(value)};
  return storage::FromRocksdb(batch->Put(session.family(layout::kMessages),
                                         rocksdb::SliceParts(&row_part, 1),
                                         rocksdb::SliceParts(value_parts, 3)),
                              "prepare a message for", "the bus");
}

absl::StatusOr<std::vector<Message>> ReadMessages(storage::Database* database,
                                                  const Partition& partition,
                                                  int64_t from,
                                                  ReadBounds bounds) {
  std::vector<Message> messages;
  ASSIGN_OR_RETURN(const auto session, database->Use());
  const int64_t end = partition.offsets().end;
  const std::string first = layout::OffsetKey(partition.id(), from);
  const std::string last = layout::OffsetKey(partition.id(), end);
  const rocksdb::Slice upper(last);
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(
      session.db()->NewIterator(options, session.family(layout::kMessages)));
  // After the iterator was made: retention moves the beginning first and
  // deletes then, so what this iterator lacks shows in the beginning read here.
  const int64_t begin = partition.offsets().begin;
  if (from < begin) return Expired(partition, from, begin);
  if (from >= end || bounds.count_max == 0 || bounds.bytes_max == 0) {
    return messages;
  }
  size_t bytes = 0;
  for (rows->Seek(first); rows->Valid(); rows->Next()) {
    ASSIGN_OR_RETURN(Message message,
                     DecodeMessage(AsView(rows->key()), AsView(rows->value())));
    bytes += message.value.size();
    messages.push_back(std::move(message));
    if (bytes >= bounds.bytes_max || messages.size() >= bounds.count_max) break;
  }
  if (!rows->status().ok()) {
    return database->Translate(rows->status(), "read from");
  }
  return messages;
}

}  // namespace sluice::bus
