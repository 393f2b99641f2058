// Bytes that may be a batch. Whatever they are:
//   - ParseBatch takes them exactly if the slow oracle does;
//   - what it takes is read value by value, and encodes to bytes that parse to
//     the same, which are those that the generated class would write;
//   - CheckSchema takes it exactly if a check row by row does.

#include <algorithm>
#include <set>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "libs/records/batch.h"
#include "libs/records/batch_oracle.h"
#include "libs/records/schema_check.h"
#include "tests/fuzz/case_prototype.h"
#include "tests/fuzz/fuzz_case.pb.h"
#include "tests/fuzz/fuzz_target.h"

namespace sluice::fuzz {
namespace {

using catalog::v1::Field;
using catalog::v1::Resource;
using records::PlainBatch;
using records::PlainCell;
using records::PlainColumn;

// Lengths are those that a body can have at most.
constexpr size_t kBodyBytesMax = 1 << 20;

// Moves the next `length` bytes of a body without padding to where a body has
// them.
class Layout {
 public:
  explicit Layout(std::string dense) : dense_(std::move(dense)) {}

  void Place(bool present, records::v1::Buffer* buffer) {
    if (!present || body_.size() > kBodyBytesMax) return;
    const size_t length =
        std::min<size_t>(buffer->length(), dense_.size() - taken_);
    buffer->set_length(static_cast<uint32_t>(length));
    buffer->set_offset(length == 0 ? 0 : static_cast<uint32_t>(body_.size()));
    body_.append(dense_, taken_, length);
    taken_ += length;
    body_.resize((body_.size() + 63) / 64 * 64);
  }

  const std::string& body() const { return body_; }

 private:
  const std::string dense_;
  size_t taken_ = 0;
  std::string body_;
};

std::string BytesOf(const BatchCase& input) {
  if (!input.message().empty()) return input.message();
  records::v1::RecordBatch batch = input.batch();
  if (input.lay_out()) {
    Layout layout(batch.body());
    for (records::v1::Column& column : *batch.mutable_columns()) {
      layout.Place(column.has_validity(), column.mutable_validity());
      layout.Place(column.has_offsets(), column.mutable_offsets());
      layout.Place(column.has_data(), column.mutable_data());
    }
    layout.Place(batch.has_operations(), batch.mutable_operations());
    batch.set_body(layout.body());
  }
  std::string bytes = batch.SerializeAsString();
  // A batch has a body also where no buffer is in it, which is never written.
  if (batch.body().empty()) bytes += std::string("\x7A\x00", 2);
  return bytes;
}

// What the registry has made sure of: unique ids and names, and a key of
// required fields.
bool IsSound(const Resource& resource) {
  std::set<uint32_t> ids;
  std::set<std::string> names;
  std::set<std::string> required;
  for (const Field& field : resource.fields()) {
    if (!ids.insert(field.id()).second || !names.insert(field.name()).second) {
      return false;
    }
    if (field.required()) required.insert(field.name());
  }
  return std::all_of(
      resource.key().begin(), resource.key().end(),
      [&](const std::string& name) { return required.count(name) != 0; });
}

bool FitsField(const PlainCell& cell, const Field& field) {
  if (!cell) return true;
  if (const auto* text = std::get_if<std::string>(&*cell)) {
    return text->size() <=
           (field.length_max() == 0 ? 4096 : field.length_max());
  }
  switch (field.type()) {
    case records::v1::DATA_TYPE_DECIMAL128: {
      absl::int128 value = std::get<absl::int128>(*cell);
      int digits = 0;
      for (; value != 0; value /= 10) ++digits;
      return digits <= 38;
    }
    case records::v1::DATA_TYPE_DATE: {
      const int32_t days = std::get<int32_t>(*cell);
      return days >= -719'162 && days <= 2'932'896;
    }
    case records::v1::DATA_TYPE_TIMESTAMP: {
      const int64_t micros = std::get<int64_t>(*cell);
      return micros >= -62'135'596'800'000'000 &&
             micros <= 253'402'300'799'999'999;
    }
    default:
      return true;
  }
}

const PlainColumn* FindColumn(const PlainBatch& batch, uint32_t id) {
  for (const PlainColumn& column : batch.columns) {
    if (column.field_id == id) return &column;
  }
  return nullptr;
}

bool FitsRow(const PlainBatch& batch, const Resource& resource, uint32_t row) {
  const bool is_delete = !batch.operations.empty() &&
                         batch.operations[row] == records::v1::OPERATION_DELETE;
  if (is_delete && resource.kind() != catalog::v1::RESOURCE_KIND_STATE) {
    return false;
  }
  for (const Field& field : resource.fields()) {
    const PlainColumn* column = FindColumn(batch, field.id());
    const PlainCell cell = column == nullptr ? PlainCell() : column->cells[row];
    const bool is_key = std::count(resource.key().begin(), resource.key().end(),
                                   field.name()) != 0;
    if (is_delete && is_key != cell.has_value()) return false;
    if (!is_delete && field.required() && !cell) return false;
    if (!FitsField(cell, field)) return false;
  }
  return true;
}

bool KeepsSchemaSlowly(const PlainBatch& batch, const Resource& resource) {
  if (batch.resource != resource.id() ||
      batch.schema_version != resource.schema_version()) {
    return false;
  }
  for (const PlainColumn& column : batch.columns) {
    const bool known = std::any_of(
        resource.fields().begin(), resource.fields().end(),
        [&](const Field& field) {
          return field.id() == column.field_id && field.type() == column.type;
        });
    if (!known) return false;
  }
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    if (!FitsRow(batch, resource, row)) return false;
  }
  return true;
}

void CheckBytes(const std::string& bytes) {
  const auto parsed = records::ParseBatch(SharedBytes::Own(bytes));
  const bool is_valid = records::IsValidSlowly(bytes);
  if (!parsed.ok()) {
    Require(!is_valid, absl::StrCat("a batch that keeps the rules is refused: ",
                                    parsed.status().message()));
    return;
  }
  Require(is_valid, "a batch that breaks a rule is taken");

  const PlainBatch plain = records::ReadBatch(*parsed);
  const auto encoded = records::EncodeBatch(*parsed);
  Require(encoded.ok(), "what parses does not encode");
  const std::string again = encoded->Flatten();
  Require(again.size() == encoded->size, "EncodedBatch::size is wrong");
  const auto reparsed = records::ParseBatch(SharedBytes::Own(again));
  Require(reparsed.ok(), "what was encoded does not parse");
  Require(records::EncodeBatch(*reparsed)->Flatten() == again,
          "encoding twice gives two encodings");
  // Through the plain values times lose what is below a microsecond.
  if (plain.event_time_min || plain.event_time_max) return;
  Require(records::SerializeSlowly(plain) == again,
          "the encoding is not what the generated class writes");
}

void CheckFit(const std::string& bytes, const Resource& resource) {
  const auto parsed = records::ParseBatch(SharedBytes::Own(bytes));
  if (!parsed.ok() || !IsSound(resource)) return;
  const absl::Status fits = records::CheckSchema(*parsed, resource);
  Require(fits.ok() == KeepsSchemaSlowly(records::ReadBatch(*parsed), resource),
          absl::StrCat("CheckSchema says ", fits.message(),
                       " and row by row it is otherwise"));
}

}  // namespace

const google::protobuf::Message& CasePrototype() {
  return BatchCase::default_instance();
}

}  // namespace sluice::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sluice::fuzz::BatchCase input;
  if (!sluice::fuzz::ParseCase(data, size, &input)) return -1;
  const std::string bytes = sluice::fuzz::BytesOf(input);
  sluice::fuzz::CheckBytes(bytes);
  sluice::fuzz::CheckFit(bytes, input.resource());
  return 0;
}
