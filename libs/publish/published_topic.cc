#include "libs/publish/published_topic.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/publish/topics.h"
#include "libs/records/batch.h"
#include "libs/records/envelope.h"
#include "libs/records/schema_check.h"

namespace sluice::publish {
namespace {

std::vector<bus::Message> ReadAll(bus::EventLog* log,
                                  const bus::TopicPartition& partition) {
  const auto range = log->Offsets(partition);
  REQUIRE(range.ok());
  std::vector<bus::Message> all;
  for (int64_t from = range->begin; from < range->end;) {
    const auto messages = log->Read(partition, from, 1'000, size_t{1} << 30,
                                    absl::ZeroDuration());
    REQUIRE(messages.ok());
    if (messages->empty()) break;
    from = messages->back().offset + 1;
    all.insert(all.end(), messages->begin(), messages->end());
  }
  return all;
}

std::string TextOf(const records::Column& column, uint32_t row) {
  if (column.IsNull(row)) return "~";
  switch (column.type) {
    case records::v1::DATA_TYPE_BOOL:
      return column.Bool(row) ? "true" : "false";
    case records::v1::DATA_TYPE_INT64:
    case records::v1::DATA_TYPE_TIMESTAMP:
      return absl::StrCat(column.Value<int64_t>(row));
    case records::v1::DATA_TYPE_DATE:
      return absl::StrCat(column.Value<int32_t>(row));
    case records::v1::DATA_TYPE_DOUBLE:
      return absl::StrCat(column.Value<double>(row));
    case records::v1::DATA_TYPE_DECIMAL128:
      return absl::StrCat(
          static_cast<int64_t>(column.Value<absl::int128>(row)));
    default:
      return std::string(column.Text(row));
  }
}

std::vector<std::string> RecordsOf(const records::Batch& batch) {
  std::vector<std::string> records;
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    std::vector<std::string> values;
    for (const records::Column& column : batch.columns) {
      values.push_back(TextOf(column, row));
    }
    records.push_back(absl::StrJoin(values, "|"));
  }
  return records;
}

// Where the chain stood before a partition's first message, which follows
// others that are gone.
records::ChainHead HeadBefore(const records::v1::EnvelopeHeader& first) {
  records::ChainHead head;
  if (first.sequence() <= 1) return head;
  head.sequence = first.sequence() - 1;
  head.generation = first.kind() == records::v1::MESSAGE_KIND_BASELINE_BEGIN
                        ? first.generation() - 1
                        : first.generation();
  REQUIRE(first.previous_digest().size() == head.digest.size());
  std::copy(first.previous_digest().begin(), first.previous_digest().end(),
            head.digest.begin());
  return head;
}

}  // namespace

std::vector<PublishedMessage> ReadPartition(
    bus::EventLog* log, const catalog::v1::Resource& resource,
    uint32_t partition, const crypto::PublicKey& key) {
  std::vector<PublishedMessage> all;
  records::ChainHead head;
  for (const bus::Message& message : ReadAll(
           log, {RecordsTopic(resource.id()), static_cast<int>(partition)})) {
    CHECK(message.key == absl::StrCat(partition));
    const auto opened = records::OpenEnvelope(message.value);
    REQUIRE(opened.ok());
    REQUIRE(records::VerifyEnvelope(*opened, key).ok());
    if (all.empty()) head = HeadBefore(opened->header);
    const absl::Status link =
        records::CheckLink(*opened, resource.id(), partition, head);
    CAPTURE(link.ToString());
    REQUIRE(link.ok());
    head = records::HeadAfter(*opened);
    PublishedMessage published;
    published.header = opened->header;
    if (opened->header.kind() == records::v1::MESSAGE_KIND_BATCH) {
      const auto batch = records::ParseBatch(opened->body);
      REQUIRE(batch.ok());
      CHECK(batch->row_count == opened->header.row_count());
      const absl::Status fits = records::CheckSchema(*batch, resource);
      CAPTURE(fits.ToString());
      REQUIRE(fits.ok());
      published.records = RecordsOf(*batch);
    }
    all.push_back(std::move(published));
  }
  return all;
}

std::vector<std::string> ReadRecords(bus::EventLog* log,
                                     const catalog::v1::Resource& resource,
                                     const crypto::PublicKey& key,
                                     uint64_t generation) {
  std::vector<std::string> records;
  const uint32_t partitions = std::max<uint32_t>(resource.partitions(), 1);
  for (uint32_t i = 0; i < partitions; ++i) {
    for (const PublishedMessage& message :
         ReadPartition(log, resource, i, key)) {
      if (message.header.generation() < generation) continue;
      records.insert(records.end(), message.records.begin(),
                     message.records.end());
    }
  }
  return records;
}

std::vector<records::v1::QuarantinedRecord> ReadQuarantine(
    bus::EventLog* log, const catalog::v1::Resource& resource) {
  std::vector<records::v1::QuarantinedRecord> records;
  for (const bus::Message& message :
       ReadAll(log, {QuarantineTopic(resource.id()), 0})) {
    records::v1::QuarantinedRecord record;
    REQUIRE(record.ParseFromArray(message.value.data(),
                                  static_cast<int>(message.value.size())));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace sluice::publish
