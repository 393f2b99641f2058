#include "libs/delivery/start_point.h"

#include <algorithm>
#include <optional>

#include "libs/base/status.h"
#include "libs/records/envelope.h"

namespace sluice::delivery {
namespace {

// How far back to look for the last message before an offset: a bus may have
// gaps of a few offsets where it keeps its own marks.
constexpr int64_t kLookBackMax = 1024;

absl::StatusOr<PartitionProgress> ProgressOf(const bus::Message& message) {
  ASSIGN_OR_RETURN(const records::OpenedEnvelope envelope,
                   records::OpenEnvelope(message.value));
  return PartitionProgress{envelope.header.generation(),
                           envelope.header.sequence()};
}

// The progress of the last message below `offset`; zero if there is none.
absl::StatusOr<PartitionProgress> ProgressBefore(
    bus::EventLog* log, const bus::TopicPartition& partition, int64_t offset) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  const int64_t lowest = std::max(range.begin, offset - kLookBackMax);
  for (int64_t at = offset - 1; at >= lowest; --at) {
    ASSIGN_OR_RETURN(const auto messages,
                     log->Read(partition, at, /*count_max=*/1,
                               /*bytes_max=*/1, absl::ZeroDuration()));
    if (!messages.empty() && messages[0].offset < offset) {
      return ProgressOf(messages[0]);
    }
  }
  return PartitionProgress{};
}

absl::StatusOr<StartPoint> StartAt(bus::EventLog* log,
                                   const bus::TopicPartition& partition,
                                   int64_t offset) {
  ASSIGN_OR_RETURN(const PartitionProgress before,
                   ProgressBefore(log, partition, offset));
  return StartPoint{offset, before};
}

}  // namespace

absl::StatusOr<StartSpec> ParseStart(const exchange::v1::Start& start,
                                     absl::string_view resource) {
  StartSpec spec;
  if (start.from() != exchange::v1::START_FROM_UNSPECIFIED) {
    spec.from = start.from();
  }
  const bool by_position = spec.from == exchange::v1::START_FROM_POSITION;
  if (by_position == start.position().empty()) {
    return FieldError(status::v1::REASON_CODE_POSITION_INVALID,
                      "start.position",
                      by_position ? "missing: give the position of the last "
                                    "delivery that was stored"
                                  : "goes with from: START_FROM_POSITION only");
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
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  if (regained || spec.from == exchange::v1::START_FROM_COMMITTED) {
    const auto committed = log->CommittedOffset(group, partition);
    if (committed.ok()) return StartAt(log, partition, *committed);
    if (ReasonOf(committed.status()) != status::v1::REASON_CODE_NOT_FOUND) {
      return committed.status();
    }
  }
  if (spec.from == exchange::v1::START_FROM_END) {
    return StartAt(log, partition, range.end);
  }
  const auto named = spec.position.partitions.find(partition.partition);
  if (named == spec.position.partitions.end()) {
    return StartPoint{range.begin, {}};
  }
  ASSIGN_OR_RETURN(const int64_t offset,
                   FindOffsetAfter(log, partition, named->second.sequence));
  return StartPoint{offset, named->second};
}

}  // namespace sluice::delivery
