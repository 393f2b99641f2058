#include "libs/records/batch_builder.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <limits>
#include <utility>

#include "libs/base/encoding.h"
#include "libs/records/aligned_buffer.h"

namespace sluice::records {
namespace {

// Appends a bit as the `index`-th of a bitmap.
void AppendBit(uint32_t index, bool bit, std::string* bitmap) {
  if (index % 8 == 0) bitmap->push_back(0);
  bitmap->back() = static_cast<char>(static_cast<uint8_t>(bitmap->back()) |
                                     (uint32_t{bit} << (index % 8)));
}

// A bitmap of `count` ones.
void FillOnes(uint32_t count, std::string* bitmap) {
  bitmap->assign(count / 8, '\xFF');
  if (count % 8 != 0) {
    bitmap->push_back(static_cast<char>((1u << (count % 8)) - 1));
  }
}

// The next `size` bytes of `block` at `*at`, which moves on behind their
// padding.
SharedBytes TakePadded(const SharedBytes& block, size_t size, size_t* at) {
  SharedBytes bytes = block.Slice(*at, size);
  *at += PaddedSize(size);
  return bytes;
}

}  // namespace

ColumnBuilder::ColumnBuilder(uint32_t field_id, DataType type)
    : field_id_(field_id), type_(type) {
  assert(field_id >= 1 && field_id <= kFieldIdMax);
  assert(v1::DataType_IsValid(type) && type != v1::DATA_TYPE_UNSPECIFIED);
  if (IsText(type_)) AppendOffset();
}

void ColumnBuilder::AppendRow(bool valid) {
  if (!valid && null_count_ == 0) FillOnes(row_count_, &validity_);
  null_count_ += valid ? 0 : 1;
  if (null_count_ != 0) AppendBit(row_count_, valid, &validity_);
  ++row_count_;
}

template <typename T>
void ColumnBuilder::AppendFixed(T value) {
  char bytes[sizeof(T)];
  StoreLittle(value, bytes);
  data_.append(bytes, sizeof(bytes));
  AppendRow(true);
}

void ColumnBuilder::AppendOffset() {
  assert(data_.size() <= std::numeric_limits<int32_t>::max());
  char bytes[sizeof(int32_t)];
  StoreLittle(static_cast<int32_t>(data_.size()), bytes);
  offsets_.append(bytes, sizeof(bytes));
}

void ColumnBuilder::AppendNull() {
  if (IsText(type_)) {
    AppendOffset();
  } else if (type_ == v1::DATA_TYPE_BOOL) {
    AppendBit(row_count_, false, &data_);
  } else {
    data_.append(FixedWidth(type_), '\0');
  }
  AppendRow(false);
}

void ColumnBuilder::AppendBool(bool value) {
  assert(type_ == v1::DATA_TYPE_BOOL);
  AppendBit(row_count_, value, &data_);
  AppendRow(true);
}

void ColumnBuilder::AppendInt64(int64_t value) {
  assert(type_ == v1::DATA_TYPE_INT64);
  AppendFixed(value);
}

void ColumnBuilder::AppendDouble(double value) {
  assert(type_ == v1::DATA_TYPE_DOUBLE);
  AppendFixed(value);
}

void ColumnBuilder::AppendDecimal(absl::int128 unscaled) {
  assert(type_ == v1::DATA_TYPE_DECIMAL128);
  AppendFixed(unscaled);
}

void ColumnBuilder::AppendText(absl::string_view value) {
  assert(IsText(type_));
  assert(type_ != v1::DATA_TYPE_STRING || IsValidUtf8(value));
  data_.append(value.data(), value.size());
  AppendOffset();
  AppendRow(true);
}

void ColumnBuilder::AppendDate(int32_t days) {
  assert(type_ == v1::DATA_TYPE_DATE);
  AppendFixed(days);
}

void ColumnBuilder::AppendTimestamp(int64_t microseconds) {
  assert(type_ == v1::DATA_TYPE_TIMESTAMP);
  AppendFixed(microseconds);
}

size_t ColumnBuilder::byte_size() const {
  return PaddedSize(validity_.size()) + PaddedSize(offsets_.size()) +
         PaddedSize(data_.size());
}

Column ColumnBuilder::Finish() {
  AlignedBuffer buffer(byte_size());
  char* to = buffer.data();
  for (const std::string* bytes : {&validity_, &offsets_, &data_}) {
    if (bytes->empty()) continue;
    // Bytes of a buffer, not a C string.
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result)
    std::memcpy(to, bytes->data(), bytes->size());
    const size_t padded = PaddedSize(bytes->size());
    std::memset(to + bytes->size(), 0, padded - bytes->size());
    to += padded;
  }
  const SharedBytes block = std::move(buffer).Share();

  Column column;
  column.field_id = field_id_;
  column.type = type_;
  column.row_count = std::exchange(row_count_, 0);
  column.null_count = std::exchange(null_count_, 0);
  size_t at = 0;
  column.validity = TakePadded(block, validity_.size(), &at);
  column.offsets = TakePadded(block, offsets_.size(), &at);
  column.data = TakePadded(block, data_.size(), &at);
  validity_.clear();
  offsets_.clear();
  data_.clear();
  if (IsText(type_)) AppendOffset();
  return column;
}

BatchBuilder::BatchBuilder(const catalog::v1::Resource& resource)
    : resource_(resource.id()), schema_version_(resource.schema_version()) {
  std::vector<const catalog::v1::Field*> fields;
  fields.reserve(resource.fields_size());
  for (const auto& field : resource.fields()) fields.push_back(&field);
  std::sort(fields.begin(), fields.end(),
            [](const auto* a, const auto* b) { return a->id() < b->id(); });
  columns_.reserve(fields.size());
  for (const auto* field : fields) {
    columns_.emplace_back(field->id(), field->type());
  }
}

void BatchBuilder::FinishRow(v1::Operation operation) {
  assert(operation == v1::OPERATION_UPSERT ||
         operation == v1::OPERATION_DELETE);
  ++row_count_;
  for ([[maybe_unused]] const ColumnBuilder& column : columns_) {
    assert(column.row_count() == row_count_);
  }
  operations_.push_back(static_cast<char>(operation));
  has_deletes_ |= operation == v1::OPERATION_DELETE;
}

size_t BatchBuilder::byte_size() const {
  size_t size = has_deletes_ ? PaddedSize(operations_.size()) : 0;
  for (const ColumnBuilder& column : columns_) size += column.byte_size();
  return size;
}

Batch BatchBuilder::Finish() {
  Batch batch;
  batch.resource = resource_;
  batch.schema_version = schema_version_;
  batch.row_count = std::exchange(row_count_, 0);
  batch.columns.reserve(columns_.size());
  for (ColumnBuilder& column : columns_) {
    batch.columns.push_back(column.Finish());
  }
  if (std::exchange(has_deletes_, false)) {
    AlignedBuffer buffer(operations_.size());
    std::memcpy(buffer.data(), operations_.data(), operations_.size());
    batch.operations = std::move(buffer).Share();
  }
  operations_.clear();
  return batch;
}

}  // namespace sluice::records
