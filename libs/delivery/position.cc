#include "libs/delivery/position.h"

#include <optional>

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

struct Sequenced {
  int64_t offset = 0;
  uint64_t sequence = 0;
};

// The first message at or behind `from`; nothing at the end.
absl::StatusOr<std::optional<Sequenced>> FirstFrom(
    bus::EventLog* log, const bus::TopicPartition& partition, int64_t from) {
  ASSIGN_OR_RETURN(const auto messages,
                   log->Read(partition, from, /*count_max=*/1, /*bytes_max=*/1,
                             absl::ZeroDuration()));
  if (messages.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const records::OpenedEnvelope envelope,
                   records::OpenEnvelope(messages[0].value));
  return Sequenced{messages[0].offset, envelope.header.sequence()};
}

}  // namespace

std::string EncodePosition(const Position& position) {
  exchange::v1::PositionToken token;
  token.set_resource(position.resource);
  token.set_epoch(kFirstEpoch);
  for (const auto& [partition, progress] : position.partitions) {
    auto* part = token.add_partitions();
    part->set_partition(partition);
    part->set_generation(progress.generation);
    part->set_sequence(progress.sequence);
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
    if (part.row() != 0) return Invalid("the token points into a batch");
    const bool is_new =
        position.partitions
            .insert({part.partition(), {part.generation(), part.sequence()}})
            .second;
    if (!is_new) return Invalid("the token names a partition twice");
  }
  return position;
}

absl::StatusOr<int64_t> FindOffsetAfter(bus::EventLog* log,
                                        const bus::TopicPartition& partition,
                                        uint64_t after) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  ASSIGN_OR_RETURN(const auto first, FirstFrom(log, partition, range.begin));
  if (first.has_value() && first->sequence > after + 1) {
    return Error(status::v1::REASON_CODE_POSITION_EXPIRED,
                 absl::StrCat("partition ", partition.partition, " of ",
                              partition.topic, " keeps batches from ",
                              first->sequence, " on and the position asks for ",
                              after + 1, ": start from the beginning"));
  }
  // Invariant: every message below `low` has a sequence of at most `after`,
  // every one from `high` on a greater one.
  int64_t low = range.begin;
  int64_t high = range.end;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const auto found, FirstFrom(log, partition, middle));
    if (!found.has_value() || found->offset >= high ||
        found->sequence > after) {
      high = middle;
    } else {
      low = found->offset + 1;
    }
  }
  return low;
}

}  // namespace sluice::delivery
