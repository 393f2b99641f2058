#include "libs/publish/row_key.h"

#include <algorithm>

#include "libs/base/endian.h"
#include "libs/records/record_key.h"

namespace sluice::publish {
namespace {

// Bytes that outlive the column: it is read before Of returns.
SharedBytes Borrow(const void* bytes, size_t size) {
  return SharedBytes(nullptr,
                     absl::string_view(static_cast<const char*>(bytes), size));
}

// How many fields of `resource` have a smaller id.
size_t SlotOf(const catalog::v1::Resource& resource, uint32_t field_id) {
  return std::count_if(
      resource.fields().begin(), resource.fields().end(),
      [&](const catalog::v1::Field& field) { return field.id() < field_id; });
}

}  // namespace

RowKey::RowKey(const catalog::v1::Resource& resource) {
  for (const std::string& name : resource.key()) {
    for (const catalog::v1::Field& field : resource.fields()) {
      if (field.name() != name) continue;
      KeyField key_field;
      key_field.slot = SlotOf(resource, field.id());
      key_field.column.field_id = field.id();
      key_field.column.type = field.type();
      key_field.column.row_count = 1;
      fields_.push_back(std::move(key_field));
    }
  }
  for (const KeyField& field : fields_) columns_.push_back(&field.column);
}

std::string RowKey::Of(const std::vector<records::Value>& values) {
  for (KeyField& field : fields_) SetColumn(values[field.slot], &field);
  return records::RecordKey(columns_, 0);
}

void RowKey::SetColumn(const records::Value& value, KeyField* field) {
  static constexpr char kNoBit = 0;
  records::Column& column = field->column;
  column.null_count = value.is_null ? 1 : 0;
  column.validity = value.is_null ? Borrow(&kNoBit, 1) : SharedBytes();
  if (value.is_null) return;
  switch (column.type) {
    case records::v1::DATA_TYPE_STRING:
    case records::v1::DATA_TYPE_BYTES:
      field->offsets[1] = static_cast<int32_t>(value.text.size());
      column.offsets = Borrow(field->offsets, sizeof(field->offsets));
      column.data = Borrow(value.text.data(), value.text.size());
      return;
    case records::v1::DATA_TYPE_BOOL:
      field->value[0] = value.boolean ? 1 : 0;
      break;
    case records::v1::DATA_TYPE_DOUBLE:
      StoreLittle(value.real, field->value);
      break;
    case records::v1::DATA_TYPE_DECIMAL128:
      StoreLittle(value.decimal, field->value);
      break;
    case records::v1::DATA_TYPE_DATE:
      StoreLittle(static_cast<int32_t>(value.integer), field->value);
      break;
    default:
      StoreLittle(value.integer, field->value);
  }
  column.data = Borrow(field->value, sizeof(field->value));
}

}  // namespace sluice::publish
