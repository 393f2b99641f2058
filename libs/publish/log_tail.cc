#include "libs/publish/log_tail.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/publish/topics.h"

namespace sluice::publish {
namespace {

constexpr size_t kReadCountMax = 1'000;
constexpr size_t kReadBytesMax = size_t{4} << 20;

// The last message with an offset of at least `from`.
absl::StatusOr<std::optional<bus::Message>> LastFrom(
    bus::EventLog* log, const bus::TopicPartition& partition, int64_t from,
    int64_t end) {
  std::optional<bus::Message> last;
  while (from < end) {
    ASSIGN_OR_RETURN(std::vector<bus::Message> messages,
                     log->Read(partition, from, kReadCountMax, kReadBytesMax,
                               absl::ZeroDuration()));
    if (messages.empty()) break;
    last = std::move(messages.back());
    from = last->offset + 1;
  }
  return last;
}

bus::TopicPartition PlaceOf(absl::string_view resource, uint32_t partition) {
  return {RecordsTopic(resource), static_cast<int>(partition)};
}

std::string NameOf(const bus::TopicPartition& place) {
  return absl::StrCat("topic ", place.topic, ", partition ", place.partition);
}

}  // namespace

absl::StatusOr<std::optional<bus::Message>> ReadLastMessage(
    bus::EventLog* log, const bus::TopicPartition& partition) {
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(partition));
  // Offsets have gaps, so the last message may lie some way before the end.
  for (int64_t back = 1; range.begin < range.end; back *= 2) {
    const int64_t from = std::max(range.begin, range.end - back);
    ASSIGN_OR_RETURN(std::optional<bus::Message> last,
                     LastFrom(log, partition, from, range.end));
    if (last.has_value() || from == range.begin) return last;
  }
  return std::optional<bus::Message>();
}

absl::StatusOr<std::optional<records::ChainHead>> ReadChainHead(
    bus::EventLog* log, absl::string_view resource, uint32_t partition) {
  const bus::TopicPartition place = PlaceOf(resource, partition);
  ASSIGN_OR_RETURN(const std::optional<bus::Message> last,
                   ReadLastMessage(log, place));
  if (!last.has_value()) return std::optional<records::ChainHead>();
  const auto opened = records::OpenEnvelope(last->value);
  if (!opened.ok() || opened->header.resource() != AsStdView(resource) ||
      opened->header.partition() != partition) {
    return Error(
        status::v1::REASON_CODE_CORRUPT,
        absl::StrCat(NameOf(place), ": the message at offset ", last->offset,
                     " belongs to no chain of this resource: find out "
                     "who else can write to the topic, and restore it"));
  }
  return std::make_optional(records::HeadAfter(*opened));
}

absl::Status CheckNeverUsed(bus::EventLog* log, absl::string_view resource,
                            uint32_t partition) {
  const bus::TopicPartition place = PlaceOf(resource, partition);
  ASSIGN_OR_RETURN(const bus::OffsetRange range, log->Offsets(place));
  if (range.begin == 0) return absl::OkStatus();
  return Error(status::v1::REASON_CODE_CORRUPT,
               absl::StrCat(NameOf(place),
                            ": all messages are gone, and with them where "
                            "the signed chain stands: restore the topic, and "
                            "give it a longer retention"));
}

}  // namespace sluice::publish
