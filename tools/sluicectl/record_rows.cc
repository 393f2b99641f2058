#include "tools/sluicectl/record_rows.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/base/encoding.h"
#include "libs/base/string_view.h"

namespace sluice::sluicectl {
namespace {

using catalog::v1::Field;
using records::Column;

constexpr char kOperationColumn[] = "_operation";
constexpr int64_t kMicrosecondsPerSecond = 1'000'000;

bool IsNumber(records::v1::DataType type) {
  return type == records::v1::DATA_TYPE_INT64 ||
         type == records::v1::DATA_TYPE_DOUBLE ||
         type == records::v1::DATA_TYPE_DECIMAL128;
}

// `unscaled` with `scale` digits behind the point.
std::string DecimalText(absl::int128 unscaled, uint32_t scale) {
  const bool negative = unscaled < 0;
  // The smallest value has no positive counterpart in int128.
  auto rest = static_cast<absl::uint128>(unscaled);
  if (negative) rest = ~rest + 1;
  std::string digits;
  do {
    digits.push_back(static_cast<char>(
        '0' + static_cast<int>(absl::Uint128Low64(rest % 10))));
    rest /= 10;
  } while (rest != 0);
  if (digits.size() <= scale) digits.append(scale + 1 - digits.size(), '0');
  if (scale > 0) digits.insert(digits.begin() + scale, '.');
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string TimestampText(int64_t microseconds) {
  const bool whole = microseconds % kMicrosecondsPerSecond == 0;
  return absl::FormatTime(whole ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%dT%H:%M:%E6SZ",
                          absl::FromUnixMicros(microseconds),
                          absl::UTCTimeZone());
}

void SetDouble(double value, cli::Cell* cell) {
  std::array<char, 32> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  const absl::string_view text(buffer.data(), end - buffer.data());
  if (std::isfinite(value)) {
    cell->SetNumber(text);
  } else {
    cell->SetText(text);
  }
}

absl::string_view OperationText(const records::Batch& batch, uint32_t row) {
  const bool is_delete =
      !batch.operations.empty() &&
      batch.operations.data()[row] == records::v1::OPERATION_DELETE;
  return is_delete ? "delete" : "upsert";
}

}  // namespace

std::vector<cli::ColumnSpec> RecordColumns(
    const exchange::v1::Started& started) {
  std::vector<cli::ColumnSpec> columns = {{kOperationColumn}};
  for (const Field& field : started.fields()) {
    columns.push_back({field.name(), IsNumber(field.type())});
  }
  return columns;
}

RecordRows::RecordRows(const exchange::v1::Started& started,
                       cli::RowWriter* writer)
    : fields_(started.fields().begin(), started.fields().end()),
      writer_(writer),
      row_(fields_.size() + 1) {}

void RecordRows::Write(const records::Batch& batch, uint32_t rows) {
  std::vector<const Column*> columns;
  columns.reserve(fields_.size());
  for (const Field& field : fields_) {
    columns.push_back(batch.FindColumn(field.id()));
  }
  for (uint32_t row = 0; row < std::min(rows, batch.row_count); ++row) {
    row_[0].SetText(OperationText(batch, row));
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == nullptr || columns[i]->IsNull(row)) {
        row_[i + 1].SetNull();
      } else {
        SetValue(*columns[i], row, fields_[i], &row_[i + 1]);
      }
    }
    writer_->Write(row_);
  }
}

void RecordRows::WriteMarker(exchange::v1::Marker marker) {
  if (marker == exchange::v1::MARKER_UNSPECIFIED) return;
  row_[0].SetText(marker == exchange::v1::MARKER_BASELINE_BEGIN
                      ? "baseline_begin"
                      : "baseline_end");
  for (size_t i = 1; i < row_.size(); ++i) row_[i].SetNull();
  writer_->Write(row_);
}

void SetValue(const Column& column, uint32_t row, const Field& field,
              cli::Cell* cell) {
  switch (column.type) {
    case records::v1::DATA_TYPE_BOOL:
      cell->SetBool(column.Bool(row));
      return;
    case records::v1::DATA_TYPE_INT64: {
      std::array<char, 24> buffer;
      const auto end =
          std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                        column.Value<int64_t>(row))
              .ptr;
      cell->SetNumber(absl::string_view(buffer.data(), end - buffer.data()));
      return;
    }
    case records::v1::DATA_TYPE_DOUBLE:
      SetDouble(column.Value<double>(row), cell);
      return;
    case records::v1::DATA_TYPE_DECIMAL128:
      cell->SetText(
          AsView(DecimalText(column.Value<absl::int128>(row), field.scale())));
      return;
    case records::v1::DATA_TYPE_STRING:
      cell->SetText(column.Text(row));
      return;
    case records::v1::DATA_TYPE_BYTES:
      cell->SetText(AsView(Base64Encode(column.Text(row))));
      return;
    case records::v1::DATA_TYPE_DATE:
      cell->SetText(AsView(absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) +
                                                 column.Value<int32_t>(row))));
      return;
    case records::v1::DATA_TYPE_TIMESTAMP:
      cell->SetText(AsView(TimestampText(column.Value<int64_t>(row))));
      return;
    default:
      // A parsed batch has no other type.
      cell->SetNull();
  }
}

}  // namespace sluice::sluicectl
