#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/io/coded_stream.h"
#include "libs/base/status.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"
#include "libs/records/batch_check.h"

namespace sluice::records {
namespace {

// Field 15, length-delimited.
constexpr char kBodyTag = (v1::RecordBatch::kBodyFieldNumber << 3) | 2;

constexpr char kZeros[kBufferAlignment] = {};

// Lays buffers one behind the other and notes where.
class BodyLayout {
 public:
  explicit BodyLayout(EncodedBatch* encoded) : encoded_(encoded) {}

  // Nothing for an absent buffer; `descriptor` gives the message to fill
  // otherwise.
  template <typename Descriptor>
  void Add(const SharedBytes& buffer, Descriptor descriptor) {
    if (buffer.empty()) return;
    v1::Buffer* const place = descriptor();
    place->set_offset(static_cast<uint32_t>(size_));
    place->set_length(static_cast<uint32_t>(buffer.size()));
    encoded_->slices.push_back(buffer);
    const size_t padding = PaddedSize(buffer.size()) - buffer.size();
    if (padding != 0) {
      encoded_->slices.emplace_back(nullptr,
                                    absl::string_view(kZeros, padding));
    }
    size_ += buffer.size() + padding;
  }

  size_t size() const { return size_; }

 private:
  EncodedBatch* const encoded_;
  size_t size_ = 0;
};

void ToProto(absl::Time time, google::protobuf::Timestamp* timestamp) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp->set_seconds(seconds);
  timestamp->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

// The most that the body can take; a bound before any offset is computed, so
// that none wraps around.
uint64_t BodySize(const Batch& batch) {
  uint64_t size = PaddedSize(batch.operations.size());
  for (const Column& column : batch.columns) {
    size += PaddedSize(column.validity.size()) +
            PaddedSize(column.offsets.size()) + PaddedSize(column.data.size());
  }
  return size;
}

absl::Status TooLarge() {
  return Error(
      status::v1::REASON_CODE_TOO_LARGE,
      absl::StrCat("record batch not encoded: it takes more than ",
                   kBatchBytesMax, " bytes; put fewer rows into a batch"));
}

void FillHead(const Batch& batch, v1::RecordBatch* head, BodyLayout* layout) {
  head->set_resource(batch.resource);
  head->set_schema_version(batch.schema_version);
  head->set_row_count(batch.row_count);
  for (const Column& column : batch.columns) {
    v1::Column* const descriptor = head->add_columns();
    descriptor->set_field_id(column.field_id);
    descriptor->set_type(column.type);
    descriptor->set_null_count(column.null_count);
    layout->Add(column.validity,
                [&] { return descriptor->mutable_validity(); });
    layout->Add(column.offsets, [&] { return descriptor->mutable_offsets(); });
    layout->Add(column.data, [&] { return descriptor->mutable_data(); });
  }
  layout->Add(batch.operations, [&] { return head->mutable_operations(); });
  if (batch.event_time_min != absl::InfinitePast()) {
    ToProto(batch.event_time_min, head->mutable_event_time_min());
  }
  if (batch.event_time_max != absl::InfiniteFuture()) {
    ToProto(batch.event_time_max, head->mutable_event_time_max());
  }
}

}  // namespace

absl::StatusOr<EncodedBatch> EncodeBatch(const Batch& batch) {
  RETURN_IF_ERROR(CheckShape(batch));
  if (BodySize(batch) > kBatchBytesMax) return TooLarge();

  EncodedBatch encoded;
  encoded.slices.reserve(1 + 6 * batch.columns.size() + 2);
  encoded.slices.emplace_back();  // the head, when it is known
  BodyLayout layout(&encoded);
  // Descriptors are many small messages: an arena makes them in one piece of
  // memory.
  alignas(8) char block[8192];
  google::protobuf::Arena arena(block, sizeof(block));
  auto* const head =
      google::protobuf::Arena::CreateMessage<v1::RecordBatch>(&arena);
  FillHead(batch, head, &layout);

  std::string bytes = head->SerializeAsString();
  bytes.push_back(kBodyTag);
  uint8_t length[10];
  const uint8_t* const end =
      google::protobuf::io::CodedOutputStream::WriteVarint32ToArray(
          static_cast<uint32_t>(layout.size()), length);
  bytes.append(reinterpret_cast<const char*>(length), end - length);
  encoded.size = bytes.size() + layout.size();
  if (encoded.size > kBatchBytesMax) return TooLarge();
  encoded.slices.front() = SharedBytes::Own(std::move(bytes));
  return encoded;
}

}  // namespace sluice::records
