#include "libs/records/batch.h"

#include <algorithm>

namespace sluice::records {

size_t FixedWidth(DataType type) {
  switch (type) {
    case v1::DATA_TYPE_DATE:
      return 4;
    case v1::DATA_TYPE_INT64:
    case v1::DATA_TYPE_DOUBLE:
    case v1::DATA_TYPE_TIMESTAMP:
      return 8;
    case v1::DATA_TYPE_DECIMAL128:
      return 16;
    default:
      return 0;
  }
}

bool IsText(DataType type) {
  return type == v1::DATA_TYPE_STRING || type == v1::DATA_TYPE_BYTES;
}

const Column* Batch::FindColumn(uint32_t field_id) const {
  const auto found = std::lower_bound(
      columns.begin(), columns.end(), field_id,
      [](const Column& column, uint32_t id) { return column.field_id < id; });
  if (found == columns.end() || found->field_id != field_id) return nullptr;
  return &*found;
}

std::string EncodedBatch::Flatten() const {
  std::string message;
  message.reserve(size);
  for (const SharedBytes& slice : slices) {
    message.append(slice.data(), slice.size());
  }
  return message;
}

}  // namespace sluice::records
