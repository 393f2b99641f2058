#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"
#include "libs/base/status.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch.h"
#include "libs/records/batch_check.h"
#include "libs/records/resource_id.h"
#include "libs/records/wire_reader.h"

namespace sluice::records {
namespace {

// A message in two: descriptors for the generated class, and the body.
struct Parts {
  absl::string_view head;
  size_t body_begin = 0;
};

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// Finds the body, and refuses here what the generated class would let pass or
// complain of in its own log: unknown and repeated fields, a body that is not
// last, more columns than are allowed, a resource that is no id.
absl::StatusOr<Parts> Split(absl::string_view message) {
  WireReader reader(message);
  uint32_t seen = 0;
  size_t columns = 0;
  while (!reader.AtEnd()) {
    WireField field;
    if (!reader.Next(&field)) {
      return BatchInvalid("its bytes are no protobuf message");
    }
    if (field.number == v1::RecordBatch::kBodyFieldNumber) {
      if (!field.has_bytes || !reader.AtEnd()) {
        return BatchInvalid("body is not its last field");
      }
      return Parts{message.substr(0, field.begin),
                   message.size() - field.bytes.size()};
    }
    if (field.number > v1::RecordBatch::kEventTimeMaxFieldNumber) {
      return BatchInvalid("it has a field that is not known");
    }
    if (field.number == v1::RecordBatch::kColumnsFieldNumber) {
      if (++columns > kBatchColumnsMax) {
        return BatchInvalid("it has more than 512 columns");
      }
      continue;
    }
    const uint32_t bit = 1u << field.number;
    if ((seen & bit) != 0) return BatchInvalid("a field occurs twice");
    seen |= bit;
    if (field.number == v1::RecordBatch::kResourceFieldNumber &&
        !IsResourceId(field.bytes)) {
      return BatchInvalid("resource is not of the form <department>.<slug>");
    }
  }
  return BatchInvalid("it has no body");
}

// The body in aligned memory.
SharedBytes AlignedBody(const SharedBytes& message, size_t begin) {
  SharedBytes body = message.Slice(begin, message.size() - begin);
  if (reinterpret_cast<uintptr_t>(body.data()) % kBufferAlignment == 0) {
    return body;
  }
  AlignedBuffer copy(body.size());
  std::memcpy(copy.data(), body.data(), body.size());
  return std::move(copy).Share();
}

// Takes buffers from the body in the one order the format allows, so that none
// overlap and nothing lies between them.
class BodyReader {
 public:
  explicit BodyReader(SharedBytes body) : body_(std::move(body)) {}

  absl::StatusOr<SharedBytes> Take(const v1::Buffer& buffer) {
    if (HasUnknownFields(buffer)) {
      return BatchInvalid("a buffer has a field that is not known");
    }
    if (buffer.length() == 0) {
      if (buffer.offset() != 0) {
        return BatchInvalid("an absent buffer has an offset");
      }
      return SharedBytes();
    }
    if (buffer.offset() != next_) {
      return BatchInvalid(
          "a buffer does not start right behind the padding of the one before");
    }
    const size_t left = body_.size() - next_;
    const size_t padded = PaddedSize(size_t{buffer.length()});
    if (padded > left) {
      return BatchInvalid("a buffer or its padding ends outside the body");
    }
    const absl::string_view padding =
        body_.view().substr(next_ + buffer.length(), padded - buffer.length());
    if (std::any_of(padding.begin(), padding.end(),
                    [](char c) { return c != 0; })) {
      return BatchInvalid("bytes between buffers are not zero");
    }
    SharedBytes bytes = body_.Slice(next_, buffer.length());
    next_ += padded;
    return bytes;
  }

  bool AtEnd() const { return next_ == body_.size(); }

 private:
  const SharedBytes body_;
  size_t next_ = 0;
};

absl::StatusOr<Column> TakeColumn(const v1::Column& descriptor,
                                  uint32_t row_count, BodyReader* body) {
  if (HasUnknownFields(descriptor)) {
    return BatchInvalid("a column has a field that is not known");
  }
  Column column;
  column.field_id = descriptor.field_id();
  column.type = descriptor.type();
  column.row_count = row_count;
  column.null_count = descriptor.null_count();
  ASSIGN_OR_RETURN(column.validity, body->Take(descriptor.validity()));
  ASSIGN_OR_RETURN(column.offsets, body->Take(descriptor.offsets()));
  ASSIGN_OR_RETURN(column.data, body->Take(descriptor.data()));
  return column;
}

absl::StatusOr<absl::Time> FromProto(
    const google::protobuf::Timestamp& timestamp) {
  const absl::Time seconds = absl::FromUnixSeconds(timestamp.seconds());
  if (!IsStorable(seconds) || timestamp.nanos() < 0 ||
      timestamp.nanos() > 999'999'999 || HasUnknownFields(timestamp)) {
    return BatchInvalid("an event time is no timestamp of the years 1 to 9999");
  }
  return seconds + absl::Nanoseconds(timestamp.nanos());
}

absl::Status TakeEventTimes(const v1::RecordBatch& head, Batch* batch) {
  if (head.has_event_time_min()) {
    ASSIGN_OR_RETURN(batch->event_time_min, FromProto(head.event_time_min()));
  }
  if (head.has_event_time_max()) {
    ASSIGN_OR_RETURN(batch->event_time_max, FromProto(head.event_time_max()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Batch> ParseBatch(const SharedBytes& message) {
  if (message.size() > kBatchBytesMax) {
    return Error(
        status::v1::REASON_CODE_TOO_LARGE,
        absl::StrCat("record batch refused: it has more than ", kBatchBytesMax,
                     " bytes; its publisher must split it"));
  }
  ASSIGN_OR_RETURN(const Parts parts, Split(message.view()));
  // Descriptors are many small messages: an arena makes them in one piece of
  // memory.
  alignas(8) char block[8192];
  google::protobuf::Arena arena(block, sizeof(block));
  auto* const head =
      google::protobuf::Arena::CreateMessage<v1::RecordBatch>(&arena);
  if (!head->ParseFromArray(parts.head.data(),
                            static_cast<int>(parts.head.size())) ||
      HasUnknownFields(*head)) {
    return BatchInvalid("its descriptors are no RecordBatch");
  }

  Batch batch;
  batch.resource = head->resource();
  batch.schema_version = head->schema_version();
  batch.row_count = head->row_count();
  RETURN_IF_ERROR(TakeEventTimes(*head, &batch));
  BodyReader body(AlignedBody(message, parts.body_begin));
  batch.columns.reserve(head->columns_size());
  for (const v1::Column& descriptor : head->columns()) {
    ASSIGN_OR_RETURN(Column column,
                     TakeColumn(descriptor, batch.row_count, &body));
    batch.columns.push_back(std::move(column));
  }
  ASSIGN_OR_RETURN(batch.operations, body.Take(head->operations()));
  if (!body.AtEnd()) {
    return BatchInvalid("bytes behind the last buffer belong to none");
  }
  RETURN_IF_ERROR(CheckShape(batch));
  RETURN_IF_ERROR(CheckContent(batch));
  return batch;
}

}  // namespace sluice::records
