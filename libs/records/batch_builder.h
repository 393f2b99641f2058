// Building columns and batches value by value.
#ifndef SLUICE_LIBS_RECORDS_BATCH_BUILDER_H_
#define SLUICE_LIBS_RECORDS_BATCH_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "libs/records/batch.h"
#include "sluice/catalog/v1/resource.pb.h"

namespace sluice::records {

// One column, appended to row by row. The caller appends values of the column's
// type, and for STRING only valid UTF-8 (asserted). Not thread-safe.
class ColumnBuilder {
 public:
  ColumnBuilder(uint32_t field_id, DataType type);

  // Zeros, or a text of length 0.
  void AppendNull();
  void AppendBool(bool value);
  void AppendInt64(int64_t value);  // INT64
  void AppendDouble(double value);  // DOUBLE
  void AppendDecimal(absl::int128 unscaled);
  void AppendText(absl::string_view value);  // STRING and BYTES
  void AppendDate(int32_t days);             // days since 1970-01-01
  void AppendTimestamp(int64_t microseconds);

  uint32_t row_count() const { return row_count_; }
  // Bytes its buffers take in a body, with padding. A STRING or BYTES column
  // may grow to 2 GiB of data (asserted): watch this long before.
  size_t byte_size() const;

  // The column, its buffers in one piece of aligned memory; the builder is
  // empty afterwards and keeps its capacity.
  Column Finish();

 private:
  // Counts a row and marks it in the bitmap, which exists from the first null
  // on.
  void AppendRow(bool valid);
  template <typename T>
  void AppendFixed(T value);
  void AppendOffset();

  uint32_t field_id_;
  DataType type_;
  uint32_t row_count_ = 0;
  uint32_t null_count_ = 0;
  std::string validity_;
  std::string offsets_;
  std::string data_;
};

// A batch of one resource, a column per field.
class BatchBuilder {
 public:
  explicit BatchBuilder(const catalog::v1::Resource& resource);

  // The builder of the i-th field in ascending order of id. Append exactly one
  // value to each, then call FinishRow.
  ColumnBuilder* column(size_t i) { return &columns_[i]; }
  size_t column_count() const { return columns_.size(); }

  // Ends a row. Asserts that every column has got its value. In a DELETE every
  // column that is not of the key must be null.
  void FinishRow(v1::Operation operation = v1::OPERATION_UPSERT);

  uint32_t row_count() const { return row_count_; }
  // Bytes of the body if finished now.
  size_t byte_size() const;

  // The batch; the builder is empty afterwards.
  Batch Finish();

 private:
  std::string resource_;
  uint32_t schema_version_;
  std::vector<ColumnBuilder> columns_;
  std::string operations_;
  bool has_deletes_ = false;
  uint32_t row_count_ = 0;
};

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_BATCH_BUILDER_H_
