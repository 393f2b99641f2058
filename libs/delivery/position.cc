#include "libs/delivery/position.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/records/envelope.h"
#include "sluice/exchange/v1/position.pb.h"

namespace sluice::delivery {
namespace {

constexpr char kTokenVersion = 1;
// The only history there is until a resource can be published anew from
// nothing.
constexpr uint64_t kFirstEpoch = 1;

absl::Status Invalid(absl::string_view why) {
  return FieldError(
      status::v1::REASON_CODE_POSITION_INVALID, "position",
      absl::StrCat(why,
                   ": use the position of a delivery of this agreement, "
                   "unchanged, or start from the beginning"));
}

// Offsets below the end may hold no message, and waiting brings none there. Who
// does not wait is given all the same what the bus does not have at hand.
constexpr absl::Duration kReadWait = absl::ZeroDuration();
constexpr size_t kScanCountMax = 1'000;
constexpr size_t kScanBytesMax = size_t{4} << 20;

// Nothing for a message that belongs to no chain of this partition.
std::optional<PartitionProgress> ProgressOf(
    const bus::TopicPartition& partition, const bus::Message& message) {
  const auto envelope = records::OpenEnvelope(message.value);
  if (!envelope.ok() ||
      partition.topic !=
          absl::StrCat("records.", envelope->header.resource()) ||
      static_cast<uint32_t>(partition.partition) !=
          envelope->header.partition()) {
    return std::nullopt;
  }
  return PartitionProgress{envelope->header.generation(),
                           envelope->header.sequence()};
}

absl::Status Expired(const bus::TopicPartition& partition, uint64_t first,
                     uint64_t after) {
  return Error(status::v1::REASON_CODE_POSITION_EXPIRED,
               absl::StrCat("partition ", partition.partition, " of ",
                            partition.topic, " keeps batches from ", first,
                            " on and the position asks for ", after + 1,
                            ": start from the beginning"));
}

absl::Status Ahead(const bus::TopicPartition& partition, uint64_t after) {
  return Invalid(absl::StrCat("partition ", partition.partition, " of ",
                              partition.topic, " has no batch ", after,
                              " yet, so the token is of another history"));
}

// The same by reading everything: for a partition where sequences do not grow,
// because someone wrote messages again.
absl::StatusOr<int64_t> ScanForOffsetAfter(bus::EventLog* log,
                                           const bus::TopicPartition& partition,
                                           const bus::OffsetRange& range,
                                           uint64_t after) {
  std::optional<int64_t> behind;
  uint64_t lowest_above = 0;
  for (int64_t from = range.begin; from < range.end;) {
    ASSIGN_OR_RETURN(
        const auto messages,
        log->Read(partition, from, kScanCountMax, kScanBytesMax, kReadWait));
    if (messages.empty()) break;
    for (const bus::Message& message : messages) {
      from = message.offset + 1;
      const auto progress = ProgressOf(partition, message);
      if (!progress.has_value()) continue;
      if (progress->sequence == after + 1) return message.offset;
      if (progress->sequence == after && !behind.has_value()) behind = from;
      if (progress->sequence > after &&
          (lowest_above == 0 || progress->sequence < lowest_above)) {
        lowest_above = progress->sequence;
      }
    }
  }
  if (behind.has_value()) return *behind;
  if (lowest_above > 0) return Expired(partition, lowest_above, after);
  return Ahead(partition, after);
}

}  // namespace

absl::StatusOr<std::optional<ChainMessage>> FirstFrom(
    bus::EventLog* log, const bus::TopicPartition& partition, int64_t offset) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  for (int64_t from = std::max(offset, range.begin); from < range.end;) {
    ASSIGN_OR_RETURN(const auto messages,
                     log->Read(partition, from, /*count_max=*/1,
                               /*bytes_max=*/1, kReadWait));
    if (messages.empty()) break;
    const auto progress = ProgressOf(partition, messages[0]);
    if (progress.has_value()) return ChainMessage{messages[0], *progress};
    from = messages[0].offset + 1;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<ChainMessage>> LastBefore(
    bus::EventLog* log, const bus::TopicPartition& partition, int64_t offset) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  const int64_t end = std::min(offset, range.end);
  const int64_t lowest = std::max(range.begin, end - kLookBackMax);
  for (int64_t at = end - 1; at >= lowest; --at) {
    ASSIGN_OR_RETURN(const auto messages,
                     log->Read(partition, at, /*count_max=*/1,
                               /*bytes_max=*/1, kReadWait));
    if (messages.empty() || messages[0].offset >= offset) continue;
    const auto progress = ProgressOf(partition, messages[0]);
    if (progress.has_value()) return ChainMessage{messages[0], *progress};
  }
  return std::nullopt;
}

std::string EncodePosition(const Position& position) {
  exchange::v1::PositionToken token;
  token.set_resource(position.resource);
  token.set_epoch(kFirstEpoch);
  for (const auto& [partition, progress] : position.partitions) {
    auto* part = token.add_partitions();
    part->set_partition(partition);
    part->set_generation(progress.generation);
    part->set_sequence(progress.sequence);
    part->set_row(progress.row);
  }
  std::string encoded(1, kTokenVersion);
  token.AppendToString(&encoded);
  return encoded;
}

absl::StatusOr<Position> DecodePosition(absl::string_view token,
                                        absl::string_view resource) {
  if (token.size() > kPositionBytesMax) return Invalid("too long");
  if (token.empty() || token[0] != kTokenVersion) {
    return Invalid("not a position token of a version this broker knows");
  }
  exchange::v1::PositionToken parsed;
  if (!parsed.ParseFromArray(token.data() + 1,
                             static_cast<int>(token.size() - 1))) {
    return Invalid("the token is damaged");
  }
  if (resource != parsed.resource()) {
    return Invalid("the token belongs to another resource");
  }
  if (parsed.epoch() != kFirstEpoch) {
    return Invalid("the token belongs to another history of the resource");
  }
  Position position;
  position.resource = parsed.resource();
  for (const auto& part : parsed.partitions()) {
    if (part.row() != 0 && part.sequence() == 0) {
      return Invalid("the token names rows of no batch");
    }
    const PartitionProgress progress{part.generation(), part.sequence(),
                                     part.row()};
    const bool is_new =
        position.partitions.insert({part.partition(), progress}).second;
    if (!is_new) return Invalid("the token names a partition twice");
  }
  return position;
}

absl::StatusOr<int64_t> FindOffsetAfter(bus::EventLog* log,
                                        const bus::TopicPartition& partition,
                                        uint64_t after) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  ASSIGN_OR_RETURN(const auto first, FirstFrom(log, partition, range.begin));
  // Whatever comes next shows in its sequence whether it is the right one.
  if (!first.has_value()) return range.end;
  if (first->progress.sequence > after + 1) {
    return Expired(partition, first->progress.sequence, after);
  }
  // Invariant: messages below `low` have a sequence of at most `after`, those
  // from `high` on a greater one.
  int64_t low = range.begin;
  int64_t high = range.end;
  std::optional<uint64_t> below;
  std::optional<uint64_t> above;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const auto found, FirstFrom(log, partition, middle));
    if (!found.has_value() || found->message.offset >= high) {
      high = middle;
    } else if (found->progress.sequence > after) {
      high = middle;
      above = found->progress.sequence;
    } else {
      low = found->message.offset + 1;
      below = found->progress.sequence;
    }
  }
  const bool from_start = !below.has_value() && above == after + 1;
  const bool behind = below == after && above.value_or(after + 1) == after + 1;
  if (from_start || behind) return low;
  if (!above.has_value()) {
    ASSIGN_OR_RETURN(const auto last, LastBefore(log, partition, range.end));
    if (last.has_value() && last->progress.sequence < after) {
      return Ahead(partition, after);
    }
  }
  return ScanForOffsetAfter(log, partition, range, after);
}

}  // namespace sluice::delivery
