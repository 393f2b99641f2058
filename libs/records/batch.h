// Records in memory: columns whose buffers follow the Arrow layout, each with
// shared ownership, so that a column passes from the bus to a consumer
// uncopied.
#ifndef SLUICE_LIBS_RECORDS_BATCH_H_
#define SLUICE_LIBS_RECORDS_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/endian.h"
#include "libs/base/shared_bytes.h"
#include "libs/records/aligned_buffer.h"
#include "sluice/records/v1/batch.pb.h"

namespace sluice::records {

using v1::DataType;

// Bounds of a batch.
inline constexpr uint32_t kBatchRowsMax = 65'536;
inline constexpr size_t kBatchColumnsMax = 512;
inline constexpr uint32_t kFieldIdMax = 65'535;
inline constexpr size_t kBatchBytesMax = 900'000;
// What a publisher aims for.
inline constexpr size_t kBatchBytesTarget = 512 * 1024;
// Bytes per value of a fixed-width type; 0 for BOOL (bits), STRING, BYTES and
// what is no type.
size_t FixedWidth(DataType type);

// STRING or BYTES.
bool IsText(DataType type);

// One column. Immutable once made; copying shares the buffers. The accessors
// check nothing: they are for columns that ParseBatch validated or
// ColumnBuilder made. Under a null lies nothing: zero bytes, or a text of
// length 0.
struct Column {
  uint32_t field_id = 0;
  DataType type = v1::DATA_TYPE_UNSPECIFIED;
  uint32_t row_count = 0;
  uint32_t null_count = 0;
  // Empty when null_count is 0.
  SharedBytes validity;
  // STRING and BYTES only: row_count + 1 int32.
  SharedBytes offsets;
  SharedBytes data;

  bool IsNull(uint32_t row) const {
    return null_count != 0 &&
           ((validity.data()[row / 8] >> (row % 8)) & 1) == 0;
  }
  // BOOL.
  bool Bool(uint32_t row) const {
    return ((data.data()[row / 8] >> (row % 8)) & 1) != 0;
  }
  // INT64 and TIMESTAMP: int64_t. DATE: int32_t. DOUBLE: double. DECIMAL128:
  // absl::int128.
  template <typename T>
  T Value(uint32_t row) const {
    return LoadLittle<T>(data.data() + row * sizeof(T));
  }
  // STRING and BYTES; empty for a null.
  absl::string_view Text(uint32_t row) const {
    const auto begin = Offset(row);
    return absl::string_view(data.data() + begin, Offset(row + 1) - begin);
  }
  int32_t Offset(uint32_t row) const {
    return LoadLittle<int32_t>(offsets.data() + row * sizeof(int32_t));
  }
};

// Records of one resource and one schema version.
struct Batch {
  std::string resource;
  uint32_t schema_version = 0;
  uint32_t row_count = 0;
  // Ascending by field_id.
  std::vector<Column> columns;
  // One v1::Operation byte a row; empty: every row is an UPSERT.
  SharedBytes operations;
  // Infinite past and future where unknown. Years 1 to 9999; a message keeps
  // them to the nanosecond.
  absl::Time event_time_min = absl::InfinitePast();
  absl::Time event_time_max = absl::InfiniteFuture();

  // Null if there is no column of this field.
  const Column* FindColumn(uint32_t field_id) const;
};

// A serialized v1::RecordBatch in pieces that refer to the batch's buffers:
// joined, they are the message. Hand them to gRPC as slices.
struct EncodedBatch {
  std::vector<SharedBytes> slices;
  size_t size = 0;

  // The pieces as one string.
  std::string Flatten() const;
};

// Parses and validates a serialized v1::RecordBatch that comes from outside:
// known fields only, the body last; every buffer in its place in the body,
// behind the one before it, and of the length its type asks; offsets start at 0
// and never fall; bitmaps agree with null_count; STRING data is UTF-8, value by
// value; operations known; columns ascending; counts and sizes within bounds;
// all bytes that carry no value zero: between buffers, behind the last row of a
// bitmap, and under nulls. docs/formats/records.md lists the rules.
//
// The columns refer to `message` where its body lies aligned in memory;
// otherwise the body is copied once.
//
// BATCH_INVALID or TOO_LARGE, with the column and what is wrong, never a value.
absl::StatusOr<Batch> ParseBatch(const SharedBytes& message);

// The inverse: the bytes that the generated class would write. Copies no
// buffer. BATCH_INVALID or TOO_LARGE if `batch` is outside the bounds or its
// columns do not fit together; what the buffers hold is not looked at.
absl::StatusOr<EncodedBatch> EncodeBatch(const Batch& batch);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_BATCH_H_
