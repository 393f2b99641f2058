#include "libs/records/batch_check.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/records/resource_id.h"
#include "libs/records/utf8_scan.h"

namespace sluice::records {
namespace {

// 0001-01-01 and 10000-01-01.
constexpr int64_t kSecondsMin = -62'135'596'800;
constexpr int64_t kSecondsEnd = 253'402'300'800;

constexpr size_t BitmapBytes(uint32_t rows) { return (rows + 7) / 8; }

absl::Status ColumnInvalid(const Column& column, absl::string_view what) {
  return BatchInvalid(absl::StrCat("column ", column.field_id, ": ", what));
}

bool IsKnown(DataType type) {
  return type != v1::DATA_TYPE_UNSPECIFIED && v1::DataType_IsValid(type);
}

// ---- Shape.

absl::Status CheckTextShape(const Column& column) {
  const uint64_t expected = (uint64_t{column.row_count} + 1) * sizeof(int32_t);
  if (column.offsets.size() != expected) {
    return ColumnInvalid(column, "offsets are not 4 bytes a row and 4 more");
  }
  if (column.Offset(0) != 0) {
    return ColumnInvalid(column, "the first offset is not 0");
  }
  const int32_t last = column.Offset(column.row_count);
  if (last < 0 || static_cast<size_t>(last) != column.data.size()) {
    return ColumnInvalid(column, "the last offset is not the length of data");
  }
  return absl::OkStatus();
}

absl::Status CheckColumnShape(const Column& column, uint32_t row_count) {
  if (column.field_id == 0 || column.field_id > kFieldIdMax) {
    return ColumnInvalid(column, "field_id is not within 1 and 65535");
  }
  if (!IsKnown(column.type)) return ColumnInvalid(column, "unknown type");
  if (column.row_count != row_count) {
    return ColumnInvalid(column, "has not as many rows as the batch");
  }
  if (column.null_count > row_count) {
    return ColumnInvalid(column, "null_count is above the number of rows");
  }
  const size_t validity =
      column.null_count == 0 ? 0 : BitmapBytes(column.row_count);
  if (column.validity.size() != validity) {
    return ColumnInvalid(column,
                         column.null_count == 0
                             ? "has a validity bitmap but null_count is 0"
                             : "the validity bitmap is not one bit a row");
  }
  if (IsText(column.type)) return CheckTextShape(column);
  if (!column.offsets.empty()) {
    return ColumnInvalid(column, "has offsets, which its type has not");
  }
  const uint64_t data = column.type == v1::DATA_TYPE_BOOL
                            ? BitmapBytes(row_count)
                            : uint64_t{row_count} * FixedWidth(column.type);
  if (column.data.size() != data) {
    return ColumnInvalid(column, "data is not of the length its rows take");
  }
  return absl::OkStatus();
}

absl::Status CheckEventTimes(const Batch& batch) {
  if (batch.event_time_min != absl::InfinitePast() &&
      !IsStorable(batch.event_time_min)) {
    return BatchInvalid("event_time_min is not within the years 1 to 9999");
  }
  if (batch.event_time_max != absl::InfiniteFuture() &&
      !IsStorable(batch.event_time_max)) {
    return BatchInvalid("event_time_max is not within the years 1 to 9999");
  }
  if (batch.event_time_min > batch.event_time_max) {
    return BatchInvalid("event_time_min is behind event_time_max");
  }
  return absl::OkStatus();
}

// ---- Content.

// Calls `visit` with each row whose bit in `validity` is 0, ascending.
template <typename Visit>
void ForEachNull(absl::string_view validity, uint32_t row_count, Visit visit) {
  for (uint32_t begin = 0; begin < row_count; begin += 64) {
    const size_t at = begin / 8;
    uint64_t valid = 0;
    std::memcpy(&valid, validity.data() + at,
                std::min(sizeof(valid), validity.size() - at));
    uint64_t nulls = ~valid;
    if (row_count - begin < 64) nulls &= (1ull << (row_count - begin)) - 1;
    for (; nulls != 0; nulls &= nulls - 1) {
      visit(begin + static_cast<uint32_t>(std::countr_zero(nulls)));
    }
  }
}

uint32_t CountOnes(absl::string_view bitmap) {
  uint32_t ones = 0;
  size_t at = 0;
  for (; bitmap.size() - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    ones += std::popcount(LoadLittle<uint64_t>(bitmap.data() + at));
  }
  for (; at < bitmap.size(); ++at) {
    ones += std::popcount(static_cast<uint8_t>(bitmap[at]));
  }
  return ones;
}

// Whether the bits behind the last row are 0.
bool TailIsZero(absl::string_view bitmap, uint32_t row_count) {
  const uint32_t used = row_count % 8;
  return used == 0 || (static_cast<uint8_t>(bitmap.back()) >> used) == 0;
}

template <typename Word>
bool FixedNullsAreZero(const Column& column) {
  uint64_t hidden = 0;
  ForEachNull(column.validity.view(), column.row_count, [&](uint32_t row) {
    const char* at = column.data.data() + size_t{row} * FixedWidth(column.type);
    hidden |= LoadLittle<Word>(at);
    if (column.type == v1::DATA_TYPE_DECIMAL128) {
      hidden |= LoadLittle<uint64_t>(at + sizeof(uint64_t));
    }
  });
  return hidden == 0;
}

bool TextNullsAreEmpty(const Column& column) {
  int32_t hidden = 0;
  ForEachNull(column.validity.view(), column.row_count, [&](uint32_t row) {
    hidden |= column.Offset(row) ^ column.Offset(row + 1);
  });
  return hidden == 0;
}

bool BoolNullsAreZero(const Column& column) {
  uint32_t hidden = 0;
  for (size_t i = 0; i < column.data.size(); ++i) {
    hidden |= static_cast<uint8_t>(column.data.data()[i] &
                                   ~column.validity.data()[i]);
  }
  return hidden == 0;
}

bool NullsHideNothing(const Column& column) {
  switch (column.type) {
    case v1::DATA_TYPE_STRING:
    case v1::DATA_TYPE_BYTES:
      return TextNullsAreEmpty(column);
    case v1::DATA_TYPE_BOOL:
      return BoolNullsAreZero(column);
    case v1::DATA_TYPE_DATE:
      return FixedNullsAreZero<uint32_t>(column);
    default:
      return FixedNullsAreZero<uint64_t>(column);
  }
}

absl::Status CheckNulls(const Column& column) {
  const absl::string_view validity = column.validity.view();
  if (!TailIsZero(validity, column.row_count)) {
    return ColumnInvalid(column,
                         "bits behind the last row of validity are set");
  }
  if (CountOnes(validity) != column.row_count - column.null_count) {
    return ColumnInvalid(column,
                         "null_count is not the number of nulls in validity");
  }
  if (!NullsHideNothing(column)) {
    return ColumnInvalid(column, "has data under a null");
  }
  return absl::OkStatus();
}

bool OffsetsNeverFall(const Column& column) {
  const char* offsets = column.offsets.data();
  uint32_t fall = 0;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const auto begin = LoadLittle<int32_t>(offsets + 4 * size_t{row});
    const auto end = LoadLittle<int32_t>(offsets + 4 * size_t{row} + 4);
    fall |= static_cast<uint32_t>(end < begin);
  }
  return fall == 0;
}

bool IsAscii(absl::string_view text) {
  // Blocks are long enough to vectorize and short enough to stop early.
  constexpr size_t kBlock = 1024;
  while (text.size() >= kBlock) {
    uint64_t bits = 0;
    for (size_t i = 0; i < kBlock; i += sizeof(uint64_t)) {
      bits |= LoadLittle<uint64_t>(text.data() + i);
    }
    if ((bits & 0x8080808080808080ull) != 0) return false;
    text.remove_prefix(kBlock);
  }
  uint8_t bits = 0;
  for (const char c : text) bits |= static_cast<uint8_t>(c);
  return bits < 0x80;
}

// Whether no offset points into the middle of a character. With valid data as a
// whole that makes each value valid. Offsets are within data.
bool OffsetsSplitNoCharacter(const Column& column) {
  const auto* data = reinterpret_cast<const uint8_t*>(column.data.data());
  const size_t size = column.data.size();
  uint32_t split = 0;
  for (uint32_t row = 1; row < column.row_count; ++row) {
    const auto at = static_cast<size_t>(column.Offset(row));
    // Offsets that equal the end all come last, and the end splits nothing.
    if (at == size) break;
    split |= static_cast<uint32_t>((data[at] & 0xC0) == 0x80);
  }
  return split == 0;
}

absl::Status CheckColumnContent(const Column& column) {
  if (column.type == v1::DATA_TYPE_BOOL &&
      !TailIsZero(column.data.view(), column.row_count)) {
    return ColumnInvalid(column, "bits behind the last row of data are set");
  }
  if (IsText(column.type) && !OffsetsNeverFall(column)) {
    return ColumnInvalid(column, "offsets fall");
  }
  if (column.null_count != 0) RETURN_IF_ERROR(CheckNulls(column));
  if (column.type != v1::DATA_TYPE_STRING || IsAscii(column.data.view())) {
    return absl::OkStatus();
  }
  if (!ScanUtf8(column.data.view())) {
    return ColumnInvalid(column, "data is not UTF-8");
  }
  if (!OffsetsSplitNoCharacter(column)) {
    return ColumnInvalid(column, "an offset splits a character");
  }
  return absl::OkStatus();
}

bool OperationsAreKnown(absl::string_view operations) {
  uint32_t unknown = 0;
  for (const char operation : operations) {
    unknown |= static_cast<uint32_t>(operation != v1::OPERATION_UPSERT &&
                                     operation != v1::OPERATION_DELETE);
  }
  return unknown == 0;
}

}  // namespace

absl::Status BatchInvalid(absl::string_view what) {
  return Error(status::v1::REASON_CODE_BATCH_INVALID,
               absl::StrCat("record batch refused: ", what,
                            "; its publisher must build it again as "
                            "docs/formats/records.md says"));
}

bool IsStorable(absl::Time time) {
  return time >= absl::FromUnixSeconds(kSecondsMin) &&
         time < absl::FromUnixSeconds(kSecondsEnd);
}

absl::Status CheckShape(const Batch& batch) {
  if (!IsResourceId(AsView(batch.resource))) {
    return BatchInvalid("resource is not of the form <department>.<slug>");
  }
  if (batch.schema_version == 0) return BatchInvalid("schema_version is 0");
  if (batch.row_count == 0) return BatchInvalid("it has no rows");
  if (batch.row_count > kBatchRowsMax) {
    return Error(
        status::v1::REASON_CODE_TOO_LARGE,
        absl::StrCat("record batch refused: it has more than ", kBatchRowsMax,
                     " rows; its publisher must split it"));
  }
  if (batch.columns.empty()) return BatchInvalid("it has no columns");
  if (batch.columns.size() > kBatchColumnsMax) {
    return BatchInvalid("it has more than 512 columns");
  }
  uint32_t previous_id = 0;
  for (const Column& column : batch.columns) {
    RETURN_IF_ERROR(CheckColumnShape(column, batch.row_count));
    if (column.field_id <= previous_id) {
      return ColumnInvalid(column, "columns do not ascend by field_id");
    }
    previous_id = column.field_id;
  }
  if (!batch.operations.empty() && batch.operations.size() != batch.row_count) {
    return BatchInvalid("operations are not one byte a row");
  }
  return CheckEventTimes(batch);
}

absl::Status CheckContent(const Batch& batch) {
  if (!OperationsAreKnown(batch.operations.view())) {
    return BatchInvalid("a row has an unknown operation");
  }
  for (const Column& column : batch.columns) {
    RETURN_IF_ERROR(CheckColumnContent(column));
  }
  return absl::OkStatus();
}

}  // namespace sluice::records
