#include "libs/publish/resource_writer.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "libs/base/status.h"
#include "libs/publish/log_tail.h"
#include "libs/publish/topics.h"
#include "libs/records/record_key.h"

namespace sluice::publish {
namespace {

// A batch's own fields and, for each column, descriptors and padding: more than
// either ever takes.
constexpr size_t kBatchFixedBytes = 1'024;
constexpr size_t kColumnFixedBytes = 64 + 3 * records::kBufferAlignment;

void AppendValue(records::v1::DataType type, const records::Value& value,
                 records::ColumnBuilder* column) {
  if (value.is_null) {
    column->AppendNull();
    return;
  }
  switch (type) {
    case records::v1::DATA_TYPE_BOOL:
      column->AppendBool(value.boolean);
      return;
    case records::v1::DATA_TYPE_INT64:
      column->AppendInt64(value.integer);
      return;
    case records::v1::DATA_TYPE_DOUBLE:
      column->AppendDouble(value.real);
      return;
    case records::v1::DATA_TYPE_DECIMAL128:
      column->AppendDecimal(value.decimal);
      return;
    case records::v1::DATA_TYPE_DATE:
      column->AppendDate(static_cast<int32_t>(value.integer));
      return;
    case records::v1::DATA_TYPE_TIMESTAMP:
      column->AppendTimestamp(value.integer);
      return;
    default:
      column->AppendText(value.text);
  }
}

bool IsText(records::v1::DataType type) {
  return type == records::v1::DATA_TYPE_STRING ||
         type == records::v1::DATA_TYPE_BYTES;
}

uint32_t PartitionCount(const catalog::v1::Resource& resource) {
  return std::max<uint32_t>(resource.partitions(), 1);
}

// Where the chains stood when `position` was written; empty if it does not say.
std::vector<records::ChainHead> KeptHeads(
    const records::v1::SourcePosition& position) {
  std::vector<records::ChainHead> heads;
  heads.reserve(static_cast<size_t>(position.chain_size()));
  for (const records::v1::ChainPlace& place : position.chain()) {
    records::ChainHead& head = heads.emplace_back();
    if (place.digest().size() != head.digest.size()) return {};
    head.generation = position.generation();
    head.sequence = place.sequence();
    std::copy(place.digest().begin(), place.digest().end(),
              head.digest.begin());
  }
  return heads;
}

}  // namespace

ResourceWriter::ResourceWriter(Publisher* publisher,
                               catalog::v1::Resource resource)
    : publisher_(publisher),
      resource_(std::move(resource)),
      row_key_(resource_) {
  std::vector<const catalog::v1::Field*> fields;
  for (const catalog::v1::Field& field : resource_.fields()) {
    fields.push_back(&field);
  }
  std::sort(fields.begin(), fields.end(),
            [](const auto* a, const auto* b) { return a->id() < b->id(); });
  fixed_bytes_ = 1 + fields.size() / 8;
  for (const catalog::v1::Field* field : fields) {
    types_.push_back(field->type());
    fixed_bytes_ +=
        IsText(field->type())
            ? sizeof(int32_t)
            : std::max<size_t>(records::FixedWidth(field->type()), 1);
  }
  batch_overhead_ = kBatchFixedBytes + kColumnFixedBytes * fields.size();
  append_bytes_ =
      std::clamp(PartitionCount(resource_) * records::kBatchBytesTarget,
                 kAppendBytesMin, kAppendBytesMax);
}

absl::StatusOr<std::unique_ptr<ResourceWriter>> ResourceWriter::Open(
    Publisher* publisher, const catalog::v1::Resource& resource,
    absl::Duration retention) {
  std::unique_ptr<ResourceWriter> writer(
      new ResourceWriter(publisher, resource));
  const uint32_t count = PartitionCount(resource);
  RETURN_IF_ERROR(publisher->CreateTopics(resource.id(), count, retention));
  ASSIGN_OR_RETURN(const std::vector<records::ChainHead> heads,
                   writer->FindHeads(count));
  for (uint32_t i = 0; i < count; ++i) {
    Partition partition;
    partition.signer = std::make_unique<records::EnvelopeSigner>(
        resource.id(), i, publisher->options().key, heads[i]);
    partition.builder =
        std::make_unique<records::BatchBuilder>(writer->resource_);
    writer->partitions_.push_back(std::move(partition));
  }
  // An event resource is in its first generation for ever; a baseline starts on
  // all partitions or on none.
  for (const Partition& partition : writer->partitions_) {
    const uint64_t generation = partition.signer->head().generation;
    const bool idle =
        resource.kind() == catalog::v1::RESOURCE_KIND_EVENTS && generation == 0;
    if (idle) {
      partition.signer->StartGeneration();
    } else if (resource.kind() == catalog::v1::RESOURCE_KIND_STATE &&
               generation != writer->generation()) {
      return Error(
          status::v1::REASON_CODE_CORRUPT,
          absl::StrCat("topic ", RecordsTopic(resource.id()),
                       ": its partitions are of different generations: "
                       "messages are missing, restore the topic"));
    }
  }
  return writer;
}

absl::StatusOr<std::vector<records::ChainHead>> ResourceWriter::FindHeads(
    uint32_t count) {
  bus::EventLog* const log = publisher_->options().log;
  std::vector<records::ChainHead> heads(count);
  std::vector<uint32_t> empty;
  for (uint32_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::optional<records::ChainHead> head,
                     ReadChainHead(log, resource_.id(), i));
    if (head.has_value()) {
      heads[i] = *head;
    } else {
      empty.push_back(i);
    }
  }
  has_messages_ = empty.size() < count;
  const records::v1::SourcePosition* before =
      publisher_->FindPosition(resource_.id());
  // A baseline has a message on every partition.
  was_lost_ = resource_.kind() == catalog::v1::RESOURCE_KIND_STATE &&
              !has_messages_ && before != nullptr && before->generation() > 0;
  if (was_lost_) {
    std::vector<records::ChainHead> kept = KeptHeads(*before);
    if (kept.size() == count) return kept;
  }
  for (const uint32_t i : empty) {
    RETURN_IF_ERROR(CheckNeverUsed(log, resource_.id(), i));
  }
  return heads;
}

void ResourceWriter::StartGeneration() {
  assert(unsigned_.empty() && gathered_bytes_ == 0);
  for (const Partition& partition : partitions_) {
    partition.signer->StartGeneration();
  }
  if (resource_.kind() == catalog::v1::RESOURCE_KIND_STATE) {
    AddMarker(records::v1::MESSAGE_KIND_BASELINE_BEGIN);
  }
}

absl::Status ResourceWriter::EndBaseline() {
  for (size_t i = 0; i < partitions_.size(); ++i) RETURN_IF_ERROR(CutBatch(i));
  AddMarker(records::v1::MESSAGE_KIND_BASELINE_END);
  return absl::OkStatus();
}

void ResourceWriter::AddMarker(records::v1::MessageKind kind) {
  for (size_t i = 0; i < partitions_.size(); ++i) {
    Unsigned marker;
    marker.partition = i;
    marker.kind = kind;
    unsigned_.push_back(std::move(marker));
  }
}

size_t ResourceWriter::RecordBytes(
    const std::vector<records::Value>& values) const {
  size_t bytes = fixed_bytes_;
  for (size_t i = 0; i < types_.size(); ++i) {
    if (IsText(types_[i]) && !values[i].is_null) bytes += values[i].text.size();
  }
  return bytes;
}

bool ResourceWriter::Fits(const std::vector<records::Value>& values) const {
  return batch_overhead_ + RecordBytes(values) <= records::kBatchBytesMax;
}

size_t ResourceWriter::PartitionFor(const std::vector<records::Value>& values,
                                    uint64_t ordinal) {
  if (partitions_.size() == 1) return 0;
  if (row_key_.empty()) return ordinal % partitions_.size();
  return records::PartitionOf(row_key_.Of(values),
                              static_cast<uint32_t>(partitions_.size()));
}

absl::Status ResourceWriter::Add(const std::vector<records::Value>& values,
                                 uint64_t ordinal) {
  const size_t index = PartitionFor(values, ordinal);
  Partition& partition = partitions_[index];
  const size_t bytes = RecordBytes(values);
  if (batch_overhead_ + partition.bytes + bytes > records::kBatchBytesMax) {
    RETURN_IF_ERROR(CutBatch(index));
  }
  for (size_t i = 0; i < types_.size(); ++i) {
    AppendValue(types_[i], values[i], partition.builder->column(i));
  }
  partition.builder->FinishRow();
  partition.bytes += bytes;
  gathered_bytes_ += bytes;
  const bool full =
      batch_overhead_ + partition.bytes >= records::kBatchBytesTarget ||
      partition.builder->row_count() == records::kBatchRowsMax;
  return full ? CutBatch(index) : absl::OkStatus();
}

absl::Status ResourceWriter::CutBatch(size_t partition) {
  records::BatchBuilder* builder = partitions_[partition].builder.get();
  if (builder->row_count() == 0) return absl::OkStatus();
  Unsigned batch;
  batch.partition = partition;
  batch.row_count = builder->row_count();
  ASSIGN_OR_RETURN(batch.payload, records::EncodeBatch(builder->Finish()));
  unsigned_.push_back(std::move(batch));
  partitions_[partition].bytes = 0;
  return absl::OkStatus();
}

void ResourceWriter::Quarantine(const records::v1::QuarantinedRecord& record) {
  bus::Outgoing message;
  message.to = {QuarantineTopic(resource_.id()), 0};
  message.key = absl::StrCat(record.line());
  message.value = SharedBytes::Own(record.SerializeAsString());
  gathered_bytes_ += message.value.size();
  quarantined_.push_back(std::move(message));
}

std::vector<bus::Outgoing> ResourceWriter::SignAll() {
  records::v1::EnvelopeHeader header;
  header.set_registry_offset(publisher_->options().registry_offset());
  *header.mutable_published_at() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
          absl::ToUnixNanos(publisher_->options().clock->Now()));
  const std::string topic = RecordsTopic(resource_.id());
  std::vector<bus::Outgoing> messages;
  messages.reserve(unsigned_.size() + quarantined_.size() + 1);
  for (Unsigned& item : unsigned_) {
    const bool is_batch = item.kind == records::v1::MESSAGE_KIND_BATCH;
    header.set_kind(item.kind);
    header.set_schema_version(is_batch ? resource_.schema_version() : 0);
    header.set_row_count(item.row_count);
    bus::Outgoing message;
    message.to = {topic, static_cast<int>(item.partition)};
    message.key = absl::StrCat(item.partition);
    message.value = SharedBytes::Own(
        partitions_[item.partition].signer->Seal(header, item.payload));
    item.payload = records::EncodedBatch();  // frees as much as was just made
    messages.push_back(std::move(message));
  }
  return messages;
}

absl::Status ResourceWriter::Append(
    const records::v1::SourcePosition& position) {
  for (size_t i = 0; i < partitions_.size(); ++i) RETURN_IF_ERROR(CutBatch(i));
  std::vector<bus::Outgoing> messages = SignAll();
  unsigned_.clear();
  for (bus::Outgoing& message : quarantined_) {
    messages.push_back(std::move(message));
  }
  quarantined_.clear();
  gathered_bytes_ = 0;
  records::v1::SourcePosition with_chain = position;
  with_chain.clear_chain();
  for (const Partition& partition : partitions_) {
    const records::ChainHead& head = partition.signer->head();
    records::v1::ChainPlace* place = with_chain.add_chain();
    place->set_sequence(head.sequence);
    place->set_digest(head.digest.data(), head.digest.size());
  }
  return publisher_->Append(std::move(messages), with_chain);
}

}  // namespace sluice::publish
