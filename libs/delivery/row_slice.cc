#include "libs/delivery/row_slice.h"

#include <cassert>
#include <utility>

#include "libs/records/batch_builder.h"

namespace sluice::delivery {
namespace {

void AppendValue(const records::Column& column, uint32_t row,
                 records::ColumnBuilder* builder) {
  if (column.IsNull(row)) {
    builder->AppendNull();
    return;
  }
  switch (column.type) {
    case records::v1::DATA_TYPE_BOOL:
      builder->AppendBool(column.Bool(row));
      return;
    case records::v1::DATA_TYPE_INT64:
      builder->AppendInt64(column.Value<int64_t>(row));
      return;
    case records::v1::DATA_TYPE_DOUBLE:
      builder->AppendDouble(column.Value<double>(row));
      return;
    case records::v1::DATA_TYPE_DECIMAL128:
      builder->AppendDecimal(column.Value<absl::int128>(row));
      return;
    case records::v1::DATA_TYPE_DATE:
      builder->AppendDate(column.Value<int32_t>(row));
      return;
    case records::v1::DATA_TYPE_TIMESTAMP:
      builder->AppendTimestamp(column.Value<int64_t>(row));
      return;
    default:
      builder->AppendText(column.Text(row));
  }
}

}  // namespace

records::Batch SliceRows(const records::Batch& batch, uint32_t first,
                         uint32_t count) {
  assert(first <= batch.row_count && count <= batch.row_count - first);
  records::Batch slice;
  slice.resource = batch.resource;
  slice.schema_version = batch.schema_version;
  slice.row_count = count;
  slice.event_time_min = batch.event_time_min;
  slice.event_time_max = batch.event_time_max;
  if (!batch.operations.empty()) {
    slice.operations = batch.operations.Slice(first, count);
  }
  slice.columns.reserve(batch.columns.size());
  for (const records::Column& column : batch.columns) {
    records::ColumnBuilder builder(column.field_id, column.type);
    for (uint32_t row = first; row < first + count; ++row) {
      AppendValue(column, row, &builder);
    }
    slice.columns.push_back(builder.Finish());
  }
  return slice;
}

}  // namespace sluice::delivery
