#include "libs/records/schema_check.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/records/resource_fields.h"

namespace sluice::records {
namespace {

using catalog::v1::Field;
using catalog::v1::Resource;

// 0001-01-01 and 9999-12-31.
constexpr int32_t kDateMin = -719'162;
constexpr int32_t kDateMax = 2'932'896;
constexpr int64_t kMicrosecondsPerDay = 86'400'000'000;
constexpr int64_t kTimestampMin = kDateMin * kMicrosecondsPerDay;
constexpr int64_t kTimestampMax =
    (kDateMax + int64_t{1}) * kMicrosecondsPerDay - 1;

// 10 to the power of 38.
absl::int128 DecimalLimit() {
  absl::int128 limit = 1;
  for (int i = 0; i < 38; ++i) limit *= 10;
  return limit;
}

absl::Status FieldInvalid(const Batch& batch, absl::string_view field,
                          absl::string_view what) {
  return FieldError(
      status::v1::REASON_CODE_BATCH_INVALID, field,
      absl::StrCat("record batch of ", batch.resource, " refused: ", what,
                   "; its publisher must correct the record or quarantine it"));
}

bool IsDelete(const Batch& batch, uint32_t row) {
  return !batch.operations.empty() &&
         batch.operations.data()[row] == v1::OPERATION_DELETE;
}

bool HasDeletes(const Batch& batch) {
  const absl::string_view operations = batch.operations.view();
  return operations.find(static_cast<char>(v1::OPERATION_DELETE)) !=
         absl::string_view::npos;
}

// Whether some row of this operation has no value in `column`, which is null
// where the batch has no such column.
bool AnyNull(const Batch& batch, const Column* column, bool in_deletes) {
  if (column != nullptr && column->null_count == 0) return false;
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    if (IsDelete(batch, row) == in_deletes &&
        (column == nullptr || column->IsNull(row))) {
      return true;
    }
  }
  return false;
}

bool AnyValueInDeletes(const Batch& batch, const Column& column) {
  for (uint32_t row = 0; row < batch.row_count; ++row) {
    if (IsDelete(batch, row) && !column.IsNull(row)) return true;
  }
  return false;
}

// Nulls count too: what lies under them is zero and in every range.
template <typename T>
bool AllWithin(const Column& column, T min, T max) {
  uint32_t outside = 0;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const T value = column.Value<T>(row);
    outside |= static_cast<uint32_t>(value < min || value > max);
  }
  return outside == 0;
}

uint32_t LongestText(const Column& column) {
  int32_t longest = 0;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    longest = std::max(longest, column.Offset(row + 1) - column.Offset(row));
  }
  return static_cast<uint32_t>(longest);
}

absl::Status CheckValues(const Batch& batch, const Column& column,
                         const Field& field) {
  switch (column.type) {
    case v1::DATA_TYPE_STRING:
    case v1::DATA_TYPE_BYTES: {
      const uint32_t limit =
          field.length_max() == 0 ? kTextLengthDefault : field.length_max();
      if (LongestText(column) > limit) {
        return FieldInvalid(batch, field.name(),
                            absl::StrCat("a value is longer than the ", limit,
                                         " bytes that its field allows"));
      }
      break;
    }
    case v1::DATA_TYPE_DECIMAL128: {
      static const absl::int128 limit = DecimalLimit();
      if (!AllWithin<absl::int128>(column, 1 - limit, limit - 1)) {
        return FieldInvalid(batch, field.name(),
                            "a value has more than 38 digits");
      }
      break;
    }
    case v1::DATA_TYPE_DATE:
      if (!AllWithin<int32_t>(column, kDateMin, kDateMax)) {
        return FieldInvalid(batch, field.name(),
                            "a date is not within the years 1 to 9999");
      }
      break;
    case v1::DATA_TYPE_TIMESTAMP:
      if (!AllWithin<int64_t>(column, kTimestampMin, kTimestampMax)) {
        return FieldInvalid(batch, field.name(),
                            "a time is not within the years 1 to 9999");
      }
      break;
    default:
      break;
  }
  return absl::OkStatus();
}

absl::Status CheckPresence(const Batch& batch, const Column* column,
                           const Field& field, bool is_key, bool has_deletes) {
  if (field.required() && AnyNull(batch, column, /*in_deletes=*/false)) {
    return FieldInvalid(batch, field.name(), "a record lacks a required value");
  }
  if (!has_deletes) return absl::OkStatus();
  if (is_key && AnyNull(batch, column, /*in_deletes=*/true)) {
    return FieldInvalid(batch, field.name(), "a delete lacks its key");
  }
  if (!is_key && column != nullptr && AnyValueInDeletes(batch, *column)) {
    return FieldInvalid(batch, field.name(),
                        "a delete has a value that is not of its key");
  }
  return absl::OkStatus();
}

absl::Status CheckNamesSchema(const Batch& batch, const Resource& resource) {
  if (batch.resource != resource.id()) {
    return Error(
        status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE,
        absl::StrCat("record batch of ", batch.resource,
                     " refused: it came where batches of ", resource.id(),
                     " belong; check the publisher's topic"));
  }
  if (batch.schema_version != resource.schema_version()) {
    return Error(
        status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE,
        absl::StrCat(
            "record batch of ", batch.resource,
            " refused: it is of schema version ", batch.schema_version,
            ", not ", resource.schema_version(),
            "; its publisher must use the schema that the catalog has"));
  }
  return absl::OkStatus();
}

// Every column is a field of `resource`.
absl::Status CheckColumnsKnown(const Batch& batch, const Resource& resource) {
  for (const Column& column : batch.columns) {
    const Field* const field = FindField(resource, column.field_id);
    if (field == nullptr) {
      return FieldInvalid(batch, absl::StrCat("field ", column.field_id),
                          "the schema has no field of this id");
    }
    if (field->type() != column.type) {
      return FieldInvalid(batch, field->name(),
                          "its column is not of the type the schema says");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSchema(const Batch& batch, const Resource& resource) {
  RETURN_IF_ERROR(CheckNamesSchema(batch, resource));
  RETURN_IF_ERROR(CheckColumnsKnown(batch, resource));
  const bool has_deletes = HasDeletes(batch);
  if (has_deletes && resource.kind() != catalog::v1::RESOURCE_KIND_STATE) {
    return Error(
        status::v1::REASON_CODE_BATCH_INVALID,
        absl::StrCat("record batch of ", batch.resource,
                     " refused: it has deletes, which only a STATE resource "
                     "takes; its publisher must leave them out"));
  }
  for (const Field& field : resource.fields()) {
    const Column* const column = batch.FindColumn(field.id());
    const bool is_key = std::find(resource.key().begin(), resource.key().end(),
                                  field.name()) != resource.key().end();
    RETURN_IF_ERROR(CheckPresence(batch, column, field, is_key, has_deletes));
    if (column != nullptr) RETURN_IF_ERROR(CheckValues(batch, *column, field));
  }
  return absl::OkStatus();
}

}  // namespace sluice::records
