#include "libs/publish/publisher.h"

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/publish/topics.h"

namespace sluice::publish {
namespace {

constexpr size_t kReadCountMax = 1'000;
constexpr size_t kReadBytesMax = size_t{1} << 20;

}  // namespace

absl::StatusOr<std::unique_ptr<Publisher>> Publisher::Open(
    const PublisherOptions& options) {
  std::unique_ptr<Publisher> publisher(new Publisher(options));
  bus::TopicSpec positions;
  positions.name = PositionsTopic(options.department);
  positions.cleanup = bus::Cleanup::kCompact;
  RETURN_IF_ERROR(options.log->CreateTopic(positions));
  // Before the positions are read: from here on no other process moves them.
  ASSIGN_OR_RETURN(publisher->producer_, options.log->OpenProducer(absl::StrCat(
                                             "adapter.", options.department)));
  RETURN_IF_ERROR(publisher->ReadPositions());
  return publisher;
}

absl::Status Publisher::ReadPositions() {
  const bus::TopicPartition place{PositionsTopic(options_.department), 0};
  ASSIGN_OR_RETURN(const bus::OffsetRange range, options_.log->Offsets(place));
  for (int64_t from = range.begin; from < range.end;) {
    ASSIGN_OR_RETURN(const std::vector<bus::Message> messages,
                     options_.log->Read(place, from, kReadCountMax,
                                        kReadBytesMax, absl::ZeroDuration()));
    if (messages.empty()) break;
    for (const bus::Message& message : messages) {
      from = message.offset + 1;
      records::v1::SourcePosition position;
      if (!position.ParseFromArray(message.value.data(),
                                   static_cast<int>(message.value.size()))) {
        return Error(
            status::v1::REASON_CODE_CORRUPT,
            absl::StrCat("topic ", place.topic, ": the message at offset ",
                         message.offset,
                         " is no source position: find out who else can "
                         "write to the topic, and restore it"));
      }
      positions_[message.key] = std::move(position);
    }
  }
  return absl::OkStatus();
}

absl::Status Publisher::CreateTopics(absl::string_view resource,
                                     uint32_t partitions,
                                     absl::Duration retention) {
  bus::TopicSpec records;
  records.name = RecordsTopic(resource);
  records.partitions = static_cast<int>(partitions);
  records.retention = retention;
  RETURN_IF_ERROR(options_.log->CreateTopic(records));
  bus::TopicSpec quarantine;
  quarantine.name = QuarantineTopic(resource);
  quarantine.retention = kQuarantineRetention;
  return options_.log->CreateTopic(quarantine);
}

const records::v1::SourcePosition* Publisher::FindPosition(
    absl::string_view resource) const {
  const auto found = positions_.find(AsStdView(resource));
  return found == positions_.end() ? nullptr : &found->second;
}

absl::Status Publisher::Append(std::vector<bus::Outgoing> messages,
                               const records::v1::SourcePosition& position) {
  bus::Outgoing last;
  last.to = {PositionsTopic(options_.department), 0};
  last.key = position.resource();
  last.value = SharedBytes::Own(position.SerializeAsString());
  messages.push_back(std::move(last));
  const absl::Status appended = producer_->Append(messages).status();
  const ReasonCode reason = ReasonOf(appended);
  finished_ = !appended.ok() && reason != status::v1::REASON_CODE_NOT_FOUND &&
              reason != status::v1::REASON_CODE_TOO_LARGE;
  RETURN_IF_ERROR(appended);
  positions_[position.resource()] = position;
  return absl::OkStatus();
}

}  // namespace sluice::publish
