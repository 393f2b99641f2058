// Batches as rows of plain values, for tests: random ones, the bytes they must
// have, and a check of bytes against the rules. Slow and obvious, and apart
// from the library's code, so that both are wrong in the same way only by
// chance.
#ifndef SLUICE_LIBS_RECORDS_BATCH_ORACLE_H_
#define SLUICE_LIBS_RECORDS_BATCH_ORACLE_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/time/time.h"
#include "libs/records/batch.h"
#include "sluice/records/v1/batch.pb.h"

namespace sluice::records {

// BOOL: bool. INT64 and TIMESTAMP: int64_t. DOUBLE: double. DECIMAL128: int128.
// STRING and BYTES: string. DATE: int32_t.
using PlainValue =
    std::variant<bool, int64_t, double, absl::int128, std::string, int32_t>;
// Nothing: null.
using PlainCell = std::optional<PlainValue>;

struct PlainColumn {
  uint32_t field_id = 0;
  DataType type = v1::DATA_TYPE_UNSPECIFIED;
  std::vector<PlainCell> cells;

  friend bool operator==(const PlainColumn&, const PlainColumn&) = default;
};

struct PlainBatch {
  std::string resource = "health.patients";
  uint32_t schema_version = 1;
  uint32_t row_count = 0;
  std::vector<PlainColumn> columns;
  // Empty: all rows are upserts.
  std::vector<v1::Operation> operations;
  // Of whole nanoseconds.
  std::optional<absl::Time> event_time_min;
  std::optional<absl::Time> event_time_max;

  friend bool operator==(const PlainBatch&, const PlainBatch&) = default;
};

// A batch of `row_count` rows with a column of every type, with nulls and
// without.
PlainBatch RandomPlainBatch(std::mt19937_64* random, uint32_t row_count);

// A value of `type`; texts in several scripts, numbers with extremes. No NaN.
PlainValue RandomPlainValue(DataType type, std::mt19937_64* random);

// With ColumnBuilder.
Column BuildColumn(const PlainColumn& plain);
Batch BuildBatch(const PlainBatch& plain);

// With Column's accessors.
PlainBatch ReadBatch(const Batch& batch);

// The bytes that docs/formats/records.md asks for, through the generated class.
std::string SerializeSlowly(const PlainBatch& plain);

// Whether `message` keeps every rule of docs/formats/records.md, read through
// the generated class, row by row and byte by byte.
bool IsValidSlowly(const std::string& message);

}  // namespace sluice::records

#endif  // SLUICE_LIBS_RECORDS_BATCH_ORACLE_H_
