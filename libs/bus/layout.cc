#include "libs/bus/layout.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/endian.h"
#include "libs/base/status.h"

namespace sluice::bus::layout {
namespace {

constexpr char kBegin = 'b';
constexpr char kEnd = 'e';
constexpr char kNewest = 'k';
constexpr char kTombstone = 't';
constexpr size_t kNumberBytes = 8;
constexpr size_t kTopicRowBytes = 4 + 4 + 1 + 8 + 8;
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

absl::Status Unfit(absl::string_view what) {
  return Error(status::v1::REASON_CODE_CORRUPT,
               absl::StrCat("a ", what,
                            " row of the embedded bus does not parse: restore "
                            "the bus folder from a backup"));
}

template <typename T>
void AppendLittle(T value, std::string* to) {
  char bytes[sizeof(value)];
  StoreLittle(value, bytes);
  to->append(bytes, sizeof(bytes));
}

std::string PartitionPrefix(PartitionId id) {
  std::string key;
  key.reserve(24);
  AppendBig32(id.topic, &key);
  AppendBig32(id.partition, &key);
  return key;
}

}  // namespace

std::string TopicKey(absl::string_view name) {
  return absl::StrCat(kTopicPrefix, name);
}

std::string ProducerKey(absl::string_view producer_id) {
  return absl::StrCat(kProducerPrefix, producer_id);
}

std::string BeginKey(PartitionId id) {
  std::string key = PartitionPrefix(id);
  key.push_back(kBegin);
  return key;
}

std::string EndKey(PartitionId id) {
  std::string key = PartitionPrefix(id);
  key.push_back(kEnd);
  return key;
}

std::string OffsetKey(PartitionId id, int64_t offset) {
  std::string key = PartitionPrefix(id);
  AppendBig64(static_cast<uint64_t>(offset), &key);
  return key;
}

std::string NewestKey(PartitionId id, absl::string_view message_key) {
  std::string key = PartitionPrefix(id);
  key.push_back(kNewest);
  key.append(message_key.data(), message_key.size());
  return key;
}

std::string TombstoneKey(PartitionId id, int64_t offset) {
  std::string key = PartitionPrefix(id);
  key.push_back(kTombstone);
  AppendBig64(static_cast<uint64_t>(offset), &key);
  return key;
}

std::string GroupKey(absl::string_view group, PartitionId id) {
  // The prefix has a fixed length, so the group's name may hold any byte.
  std::string key = PartitionPrefix(id);
  key.append(group.data(), group.size());
  return key;
}

absl::StatusOr<int64_t> OffsetOf(absl::string_view key) {
  if (key.size() < 2 * kNumberBytes) return Unfit("message");
  return static_cast<int64_t>(
      LoadBig64(key.data() + key.size() - kNumberBytes));
}

std::string EncodeNumber(uint64_t number) {
  std::string bytes;
  AppendLittle(number, &bytes);
  return bytes;
}

absl::StatusOr<uint64_t> DecodeNumber(absl::string_view bytes) {
  if (bytes.size() != kNumberBytes) return Unfit("number");
  return LoadLittle<uint64_t>(bytes.data());
}

std::string Encode(const TopicRow& row) {
  std::string bytes;
  AppendLittle(row.id, &bytes);
  AppendLittle(static_cast<uint32_t>(row.spec.partitions), &bytes);
  bytes.push_back(row.spec.cleanup == Cleanup::kCompact ? 'c' : 'd');
  AppendLittle(row.spec.retention == absl::InfiniteDuration()
                   ? kForever
                   : absl::ToInt64Microseconds(row.spec.retention),
               &bytes);
  AppendLittle(row.spec.retention_bytes, &bytes);
  return bytes;
}

absl::StatusOr<TopicRow> DecodeTopic(absl::string_view name,
                                     absl::string_view bytes) {
  if (bytes.size() != kTopicRowBytes || (bytes[8] != 'c' && bytes[8] != 'd')) {
    return Unfit("topic");
  }
  TopicRow row;
  row.spec.name = std::string(name);
  row.id = LoadLittle<uint32_t>(bytes.data());
  row.spec.partitions = LoadLittle<int32_t>(bytes.data() + 4);
  row.spec.cleanup = bytes[8] == 'c' ? Cleanup::kCompact : Cleanup::kDelete;
  const auto retention = LoadLittle<int64_t>(bytes.data() + 9);
  row.spec.retention = retention == kForever ? absl::InfiniteDuration()
                                             : absl::Microseconds(retention);
  row.spec.retention_bytes = LoadLittle<uint64_t>(bytes.data() + 17);
  return row;
}

std::string Encode(const EndRow& row) {
  std::string bytes;
  AppendLittle(row.end, &bytes);
  AppendLittle(row.micros, &bytes);
  AppendLittle(row.bytes, &bytes);
  return bytes;
}

absl::StatusOr<EndRow> DecodeEnd(absl::string_view bytes) {
  if (bytes.size() != 3 * kNumberBytes) return Unfit("partition");
  EndRow row;
  row.end = LoadLittle<int64_t>(bytes.data());
  row.micros = LoadLittle<int64_t>(bytes.data() + kNumberBytes);
  row.bytes = LoadLittle<uint64_t>(bytes.data() + 2 * kNumberBytes);
  return row;
}

std::string Encode(const IndexRow& row) {
  std::string bytes;
  AppendLittle(row.micros, &bytes);
  AppendLittle(row.bytes_before, &bytes);
  return bytes;
}

absl::StatusOr<IndexRow> DecodeIndex(absl::string_view bytes) {
  if (bytes.size() != 2 * kNumberBytes) return Unfit("index");
  IndexRow row;
  row.micros = LoadLittle<int64_t>(bytes.data());
  row.bytes_before = LoadLittle<uint64_t>(bytes.data() + kNumberBytes);
  return row;
}

std::string Encode(const KeyRow& row) {
  std::string bytes;
  AppendLittle(row.offset, &bytes);
  bytes.push_back(row.tombstone ? kTombstone : kNewest);
  return bytes;
}

absl::StatusOr<KeyRow> DecodeKey(absl::string_view bytes) {
  if (bytes.size() != kNumberBytes + 1) return Unfit("key");
  KeyRow row;
  row.offset = LoadLittle<int64_t>(bytes.data());
  row.tombstone = bytes[kNumberBytes] == kTombstone;
  return row;
}

std::string Encode(const MessageHeader& header) {
  std::string bytes;
  AppendLittle(header.micros, &bytes);
  AppendLittle(header.key_size, &bytes);
  return bytes;
}

absl::StatusOr<MessageHeader> DecodeMessageHeader(absl::string_view bytes) {
  if (bytes.size() < kMessageHeaderBytes) return Unfit("message");
  MessageHeader header;
  header.micros = LoadLittle<int64_t>(bytes.data());
  header.key_size = LoadLittle<uint32_t>(bytes.data() + kNumberBytes);
  if (header.key_size > bytes.size() - kMessageHeaderBytes) {
    return Unfit("message");
  }
  return header;
}

}  // namespace sluice::bus::layout
