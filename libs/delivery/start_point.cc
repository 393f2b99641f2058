#include "libs/delivery/start_point.h"

#include <optional>

#include "libs/base/status.h"

namespace sluice::delivery {
namespace {

absl::StatusOr<StartPoint> AtCommitted(bus::EventLog* log,
                                       const bus::TopicPartition& partition,
                                       int64_t offset) {
  StartPoint start;
  start.offset = offset;
  start.committed = true;
  ASSIGN_OR_RETURN(const std::optional<ChainMessage> last,
                   LastBefore(log, partition, offset));
  if (last.has_value()) {
    start.before = last->progress;
    start.last = last->message;
  }
  return start;
}

absl::StatusOr<StartPoint> AtBeginning(bus::EventLog* log,
                                       const bus::TopicPartition& partition) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  StartPoint start;
  start.offset = range.begin;
  start.is_fresh = true;
  ASSIGN_OR_RETURN(const std::optional<ChainMessage> first,
                   FirstFrom(log, partition, range.begin));
  // What retention has removed is behind the consumer, as if it had had it.
  if (first.has_value() && first->progress.sequence > 1) {
    start.before = {first->progress.generation, first->progress.sequence - 1};
  }
  return start;
}

absl::StatusOr<StartPoint> AtEnd(bus::EventLog* log,
                                 const bus::TopicPartition& partition) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  StartPoint start;
  start.offset = range.end;
  start.is_fresh = true;
  ASSIGN_OR_RETURN(const std::optional<ChainMessage> last,
                   LastBefore(log, partition, range.end));
  if (last.has_value()) {
    start.before = last->progress;
    start.last = last->message;
  }
  return start;
}

absl::StatusOr<StartPoint> AtPosition(bus::EventLog* log,
                                      const bus::TopicPartition& partition,
                                      const PartitionProgress& progress) {
  StartPoint start;
  start.before = progress;
  start.is_fresh = progress.sequence == 0;
  // Of a batch that the consumer has in part the rest is still to come.
  start.after = progress.row == 0 ? progress.sequence : progress.sequence - 1;
  ASSIGN_OR_RETURN(start.offset, FindOffsetAfter(log, partition, start.after));
  ASSIGN_OR_RETURN(const std::optional<ChainMessage> last,
                   LastBefore(log, partition, start.offset));
  if (last.has_value() && last->progress.sequence == start.after) {
    start.last = last->message;
  }
  return start;
}

// What the group has committed; nothing if it has not.
absl::StatusOr<std::optional<int64_t>> CommittedBy(
    const std::string& group, bus::EventLog* log,
    const bus::TopicPartition& partition) {
  const auto committed = log->CommittedOffset(group, partition);
  if (committed.ok()) return std::optional<int64_t>(*committed);
  if (ReasonOf(committed.status()) == status::v1::REASON_CODE_NOT_FOUND) {
    return std::optional<int64_t>();
  }
  return committed.status();
}

absl::StatusOr<StartPoint> AtNamedPosition(bus::EventLog* log,
                                           const bus::TopicPartition& partition,
                                           const Position& position,
                                           std::optional<int64_t> committed) {
  const auto named =
      position.partitions.find(static_cast<uint32_t>(partition.partition));
  ASSIGN_OR_RETURN(
      StartPoint start,
      AtPosition(log, partition,
                 named == position.partitions.end() ? PartitionProgress{}
                                                    : named->second));
  // A position says what was received, which is not yet acknowledged: it moves
  // the group back, and never on.
  start.committed = committed.has_value() && *committed <= start.offset;
  return start;
}

// Others of the group may have had the partition since the position was given:
// what is acknowledged, by whomever, is taken care of.
absl::StatusOr<StartPoint> AtLater(bus::EventLog* log,
                                   const bus::TopicPartition& partition,
                                   const Position& position,
                                   std::optional<int64_t> committed) {
  if (!committed.has_value()) {
    return AtNamedPosition(log, partition, position, committed);
  }
  ASSIGN_OR_RETURN(StartPoint acknowledged,
                   AtCommitted(log, partition, *committed));
  if (position.partitions.count(static_cast<uint32_t>(partition.partition)) ==
      0) {
    return acknowledged;
  }
  auto received = AtNamedPosition(log, partition, position, committed);
  if (received.ok() && received->offset >= acknowledged.offset) {
    return received;
  }
  if (received.ok() ||
      ReasonOf(received.status()) == status::v1::REASON_CODE_POSITION_EXPIRED) {
    return acknowledged;
  }
  return received.status();
}

absl::StatusOr<StartPoint> AtSpec(bus::EventLog* log,
                                  const bus::TopicPartition& partition,
                                  const StartSpec& spec,
                                  std::optional<int64_t> committed) {
  switch (spec.from) {
    case exchange::v1::START_FROM_END:
      return AtEnd(log, partition);
    case exchange::v1::START_FROM_POSITION:
      return AtNamedPosition(log, partition, spec.position, committed);
    case exchange::v1::START_FROM_RESUME:
      return AtLater(log, partition, spec.position, committed);
    default:
      return AtBeginning(log, partition);
  }
}

}  // namespace

absl::StatusOr<StartSpec> ParseStart(const exchange::v1::Start& start,
                                     absl::string_view resource) {
  StartSpec spec;
  if (start.from() != exchange::v1::START_FROM_UNSPECIFIED) {
    spec.from = start.from();
  }
  const bool by_position = spec.from == exchange::v1::START_FROM_POSITION ||
                           spec.from == exchange::v1::START_FROM_RESUME;
  if (by_position == start.position().empty()) {
    return FieldError(status::v1::REASON_CODE_POSITION_INVALID,
                      "start.position",
                      by_position ? "missing: give the position of the last "
                                    "delivery that was stored"
                                  : "goes with from: START_FROM_POSITION or "
                                    "START_FROM_RESUME only");
  }
  if (by_position) {
    ASSIGN_OR_RETURN(spec.position,
                     DecodePosition(AsView(start.position()), resource));
  }
  return spec;
}

absl::StatusOr<StartPoint> ResolveStart(bus::EventLog* log,
                                        const std::string& group,
                                        const bus::TopicPartition& partition,
                                        const StartSpec& spec, bool regained) {
  ASSIGN_OR_RETURN(const std::optional<int64_t> committed,
                   CommittedBy(group, log, partition));
  if (committed.has_value() &&
      (regained || spec.from == exchange::v1::START_FROM_COMMITTED)) {
    return AtCommitted(log, partition, *committed);
  }
  ASSIGN_OR_RETURN(StartPoint start, AtSpec(log, partition, spec, committed));
  start.moves_back = committed.has_value() && *committed > start.offset;
  return start;
}

}  // namespace sluice::delivery
