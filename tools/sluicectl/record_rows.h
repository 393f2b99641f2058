// Delivered records as rows: the one place where a tool shows values.
#ifndef SLUICE_TOOLS_SLUICECTL_RECORD_ROWS_H_
#define SLUICE_TOOLS_SLUICECTL_RECORD_ROWS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/cli/table.h"
#include "libs/records/batch.h"
#include "sluice/catalog/v1/resource.pb.h"
#include "sluice/exchange/v1/exchange_service.pb.h"

namespace sluice::sluicectl {

// The columns of a stream's rows: `_operation`, then the granted fields.
std::vector<cli::ColumnSpec> RecordColumns(
    const exchange::v1::Started& started);

// Writes rows whose `_operation` is "upsert" or "delete", or, for a baseline
// marker, "baseline_begin" or "baseline_end" with nothing else in the row.
// Not thread-safe.
class RecordRows {
 public:
  // `writer` has RecordColumns(started) and must outlive this object.
  RecordRows(const exchange::v1::Started& started, cli::RowWriter* writer);

  // The first `rows` rows of a batch of the stream that `started` began.
  void Write(const records::Batch& batch, uint32_t rows);

  // MARKER_UNSPECIFIED writes nothing.
  void WriteMarker(exchange::v1::Marker marker);

 private:
  const std::vector<catalog::v1::Field> fields_;
  cli::RowWriter* const writer_;
  // One row's cells, used again for each.
  cli::Row row_;
};

// The value of a row that is not null: numbers and booleans as such; DECIMAL128
// as text with all its digits; DATE as 2026-03-31; TIMESTAMP in UTC as
// 2026-03-31T08:15:00.123456Z, without the fraction if it is zero; BYTES in
// base64; a DOUBLE with as many digits as tell it apart, and as text if it is
// no number.
void SetValue(const records::Column& column, uint32_t row,
              const catalog::v1::Field& field, cli::Cell* cell);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_RECORD_ROWS_H_
