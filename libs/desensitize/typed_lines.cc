#include "libs/desensitize/typed_lines.h"

#include "absl/numeric/int128.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "libs/base/encoding.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/civil_date.h"
#include "libs/desensitize/decimal_text.h"

namespace sluice::desensitize {
namespace {

absl::Status NoValue(absl::string_view like) {
  return Error(
      status::v1::REASON_CODE_MALFORMED,
      absl::StrCat("is no value of this type: write one such as ", like));
}

absl::Status AppendText(absl::string_view line, records::DataType type,
                        records::ColumnBuilder* column) {
  if (type == records::v1::DATA_TYPE_STRING) {
    if (!IsValidUtf8(line)) return NoValue("text in UTF-8");
    column->AppendText(line);
    return absl::OkStatus();
  }
  const auto bytes = HexDecode(line);
  if (!bytes.ok()) return NoValue("00ff");
  column->AppendText(AsView(*bytes));
  return absl::OkStatus();
}

absl::Status AppendNumber(absl::string_view line, records::DataType type,
                          uint32_t scale, records::ColumnBuilder* column) {
  if (type == records::v1::DATA_TYPE_DOUBLE) {
    const auto number = ParseDouble(line);
    if (!number) return NoValue("-0.5");
    column->AppendDouble(*number);
    return absl::OkStatus();
  }
  if (type == records::v1::DATA_TYPE_DECIMAL128) {
    const auto number = ParseDecimal(line, scale);
    if (!number) return NoValue(absl::StrCat("12.5 with the scale ", scale));
    column->AppendDecimal(*number);
    return absl::OkStatus();
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(line, &number)) return NoValue("42");
  column->AppendInt64(number);
  return absl::OkStatus();
}

absl::Status AppendMoment(absl::string_view line, records::DataType type,
                          records::ColumnBuilder* column) {
  if (type == records::v1::DATA_TYPE_DATE) {
    const auto days = ParseDate(line);
    if (!days) return NoValue("2026-01-31");
    column->AppendDate(static_cast<int32_t>(*days));
    return absl::OkStatus();
  }
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, line, &time, nullptr)) {
    return NoValue("2026-01-31T12:30:00Z");
  }
  column->AppendTimestamp(absl::ToUnixMicros(time));
  return absl::OkStatus();
}

std::string DecimalText(absl::int128 unscaled, uint32_t scale) {
  const bool negative = unscaled < 0;
  std::string digits;
  // Of a negative number, whose opposite may not exist.
  for (absl::int128 rest = unscaled; rest != 0 || digits.size() <= scale;
       rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits.insert(digits.begin(),
                  static_cast<char>('0' + (digit < 0 ? -digit : digit)));
  }
  if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
  return negative ? absl::StrCat("-", digits) : digits;
}

std::string DateText(int32_t days) {
  const CivilDate date = DateOf(days);
  return absl::StrFormat("%04d-%02d-%02d", date.year, date.month, date.day);
}

}  // namespace

absl::Status AppendLine(absl::string_view line, records::DataType type,
                        uint32_t scale, records::ColumnBuilder* column) {
  if (line.empty() && type != records::v1::DATA_TYPE_STRING) {
    column->AppendNull();
    return absl::OkStatus();
  }
  switch (type) {
    case records::v1::DATA_TYPE_BOOL:
      if (line != "true" && line != "false") return NoValue("true");
      column->AppendBool(line == "true");
      return absl::OkStatus();
    case records::v1::DATA_TYPE_STRING:
    case records::v1::DATA_TYPE_BYTES:
      return AppendText(line, type, column);
    case records::v1::DATA_TYPE_DATE:
    case records::v1::DATA_TYPE_TIMESTAMP:
      return AppendMoment(line, type, column);
    default:
      return AppendNumber(line, type, scale, column);
  }
}

std::string LineOf(const records::Column& column, uint32_t row,
                   uint32_t scale) {
  if (column.IsNull(row)) return "null";
  switch (column.type) {
    case records::v1::DATA_TYPE_BOOL:
      return column.Bool(row) ? "true" : "false";
    case records::v1::DATA_TYPE_INT64:
      return absl::StrCat(column.Value<int64_t>(row));
    case records::v1::DATA_TYPE_DOUBLE:
      return absl::StrFormat("%.17g", column.Value<double>(row));
    case records::v1::DATA_TYPE_DECIMAL128:
      return DecimalText(column.Value<absl::int128>(row), scale);
    case records::v1::DATA_TYPE_BYTES:
      return HexEncode(column.Text(row));
    case records::v1::DATA_TYPE_DATE:
      return DateText(column.Value<int32_t>(row));
    case records::v1::DATA_TYPE_TIMESTAMP:
      return absl::FormatTime(absl::RFC3339_full,
                              absl::FromUnixMicros(column.Value<int64_t>(row)),
                              absl::UTCTimeZone());
    default:
      return std::string(column.Text(row));
  }
}

}  // namespace sluice::desensitize
