// How the embedded log lies in RocksDB: families, keys and values. The
// reference is docs/formats/embedded-bus.md.
#ifndef SLUICE_LIBS_BUS_LAYOUT_H_
#define SLUICE_LIBS_BUS_LAYOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/bus/event_log.h"

namespace sluice::bus::layout {

// Families, in the order they are opened in.
enum Family : size_t {
  kMeta,        // format version, topics, producers' epochs
  kPartitions,  // begin and end of each partition
  kMessages,    // the messages
  kIndex,   // time and size of each message, without its value: for retention
  kKeys,    // compacted topics: newest message of each key
  kGroups,  // committed offsets
};

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr char kVersionKey[] = "version";
inline constexpr char kTopicPrefix[] = "topic/";
inline constexpr char kProducerPrefix[] = "producer/";

// Topics have a number, so that a key is short whatever the topic's name.
struct PartitionId {
  uint32_t topic = 0;
  uint32_t partition = 0;
};

struct TopicRow {
  uint32_t id = 0;
  TopicSpec spec;
};

// The end of a partition: what the next append goes on from.
struct EndRow {
  int64_t end = 0;
  // Time of the newest message, or of the newest there ever was.
  int64_t micros = 0;
  // Bytes of all values ever appended.
  uint64_t bytes = 0;
};

struct IndexRow {
  int64_t micros = 0;
  // Bytes of all values appended before this one.
  uint64_t bytes_before = 0;
};

// Newest message of a key in a compacted topic.
struct KeyRow {
  int64_t offset = 0;
  // Its value is empty: the key is removed.
  bool tombstone = false;
};

// A message as it lies in kMessages, without its key and value.
struct MessageHeader {
  int64_t micros = 0;
  uint32_t key_size = 0;
};
inline constexpr size_t kMessageHeaderBytes = 12;

// Keys. All numbers big-endian, so that rows sort by partition and offset.
std::string TopicKey(absl::string_view name);
std::string ProducerKey(absl::string_view producer_id);
std::string BeginKey(PartitionId id);
std::string EndKey(PartitionId id);
std::string OffsetKey(PartitionId id, int64_t offset);
std::string NewestKey(PartitionId id, absl::string_view message_key);
std::string TombstoneKey(PartitionId id, int64_t offset);
std::string GroupKey(absl::string_view group, PartitionId id);

// The offset at the end of an OffsetKey or TombstoneKey. CORRUPT if `key` is no
// such key.
absl::StatusOr<int64_t> OffsetOf(absl::string_view key);

// Values. The Decode functions return CORRUPT for bytes that do not fit.
std::string EncodeNumber(uint64_t number);
absl::StatusOr<uint64_t> DecodeNumber(absl::string_view bytes);
std::string Encode(const TopicRow& row);
absl::StatusOr<TopicRow> DecodeTopic(absl::string_view name,
                                     absl::string_view bytes);
std::string Encode(const EndRow& row);
absl::StatusOr<EndRow> DecodeEnd(absl::string_view bytes);
std::string Encode(const IndexRow& row);
absl::StatusOr<IndexRow> DecodeIndex(absl::string_view bytes);
std::string Encode(const KeyRow& row);
absl::StatusOr<KeyRow> DecodeKey(absl::string_view bytes);
std::string Encode(const MessageHeader& header);
absl::StatusOr<MessageHeader> DecodeMessageHeader(absl::string_view bytes);

}  // namespace sluice::bus::layout

#endif  // SLUICE_LIBS_BUS_LAYOUT_H_
