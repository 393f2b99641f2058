#include "tools/sluicectl/record_rows.h"

#include <catch2/catch.hpp>
#include <limits>
#include <sstream>
#include <string>

#include "libs/base/string_view.h"
#include "libs/config/yaml.h"
#include "libs/records/batch_builder.h"

namespace sluice::sluicectl {
namespace {

using records::ColumnBuilder;

exchange::v1::Started Started() {
  exchange::v1::Started started;
  const absl::Status parsed = config::ParseYamlConfig(
      "resource: health.visits\n"
      "fields:\n"
      "- {id: 1, name: name, type: STRING, sensitivity: L1_PUBLIC}\n"
      "- {id: 3, name: visits, type: INT64, sensitivity: L1_PUBLIC}\n",
      "started", &started);
  INFO(parsed.message());
  REQUIRE(parsed.ok());
  return started;
}

catalog::v1::Resource Resource() {
  catalog::v1::Resource resource;
  resource.set_id("health.visits");
  resource.set_schema_version(1);
  const exchange::v1::Started started = Started();
  *resource.mutable_fields() = started.fields();
  return resource;
}

std::string Written(cli::OutputFormat format, uint32_t rows) {
  records::BatchBuilder builder(Resource());
  builder.column(0)->AppendText("张三");
  builder.column(1)->AppendInt64(12);
  builder.FinishRow();
  builder.column(0)->AppendText("Li");
  builder.column(1)->AppendNull();
  builder.FinishRow(records::v1::OPERATION_DELETE);
  const records::Batch batch = builder.Finish();
  std::ostringstream out;
  const auto writer =
      cli::MakeRowWriter(format, RecordColumns(Started()), {}, &out);
  RecordRows record_rows(Started(), writer.get());
  record_rows.WriteMarker(exchange::v1::MARKER_BASELINE_BEGIN);
  record_rows.Write(batch, rows);
  record_rows.WriteMarker(exchange::v1::MARKER_UNSPECIFIED);
  REQUIRE(writer->Flush().ok());
  return out.str();
}

TEST_CASE("records are rows with their operation; markers are rows too") {
  CHECK(Written(cli::OutputFormat::kTable, 100) ==
        "_operation      name  visits\n"
        "baseline_begin  -          -\n"
        "upsert          张三      12\n"
        "delete          Li         -\n");
  CHECK(Written(cli::OutputFormat::kJsonLines, 100) ==
        "{\"_operation\":\"baseline_begin\",\"name\":null,\"visits\":null}\n"
        "{\"_operation\":\"upsert\",\"name\":\"张三\",\"visits\":12}\n"
        "{\"_operation\":\"delete\",\"name\":\"Li\",\"visits\":null}\n");
}

TEST_CASE("no more rows are written than asked") {
  CHECK(Written(cli::OutputFormat::kCsv, 1) ==
        "_operation,name,visits\nbaseline_begin,,\nupsert,张三,12\n");
}

template <typename Append>
std::string Text(records::v1::DataType type, Append append,
                 uint32_t scale = 0) {
  ColumnBuilder builder(1, type);
  append(&builder);
  catalog::v1::Field field;
  field.set_scale(scale);
  cli::Cell cell;
  SetValue(builder.Finish(), 0, field, &cell);
  return cell.text();
}

std::string Decimal(absl::int128 unscaled, uint32_t scale) {
  return Text(
      records::v1::DATA_TYPE_DECIMAL128,
      [unscaled](ColumnBuilder* b) { b->AppendDecimal(unscaled); }, scale);
}

TEST_CASE("decimals keep every digit") {
  CHECK(Decimal(0, 0) == "0");
  CHECK(Decimal(0, 2) == "0.00");
  CHECK(Decimal(12345, 2) == "123.45");
  CHECK(Decimal(-5, 3) == "-0.005");
  CHECK(Decimal(-12345, 0) == "-12345");
  CHECK(Decimal(std::numeric_limits<absl::int128>::min(), 0) ==
        "-170141183460469231731687303715884105728");
}

TEST_CASE("days and moments are ISO 8601 in UTC") {
  const auto date = [](int32_t days) {
    return Text(records::v1::DATA_TYPE_DATE,
                [days](ColumnBuilder* b) { b->AppendDate(days); });
  };
  CHECK(date(0) == "1970-01-01");
  CHECK(date(-1) == "1969-12-31");
  CHECK(date(20543) == "2026-03-31");
  const auto moment = [](int64_t microseconds) {
    return Text(
        records::v1::DATA_TYPE_TIMESTAMP,
        [microseconds](ColumnBuilder* b) { b->AppendTimestamp(microseconds); });
  };
  CHECK(moment(0) == "1970-01-01T00:00:00Z");
  CHECK(moment(1'500'000) == "1970-01-01T00:00:01.500000Z");
  CHECK(moment(-1) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("doubles have the digits that tell them apart, bytes are base64") {
  const auto real = [](double value) {
    return Text(records::v1::DATA_TYPE_DOUBLE,
                [value](ColumnBuilder* b) { b->AppendDouble(value); });
  };
  CHECK(real(0.1) == "0.1");
  CHECK(real(-1e300) == "-1e+300");
  CHECK(real(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(Text(records::v1::DATA_TYPE_BYTES, [](ColumnBuilder* b) {
          b->AppendText(absl::string_view("\0\xFF", 2));
        }) == "AP8=");
  CHECK(Text(records::v1::DATA_TYPE_INT64, [](ColumnBuilder* b) {
          b->AppendInt64(std::numeric_limits<int64_t>::min());
        }) == "-9223372036854775808");
}

}  // namespace
}  // namespace sluice::sluicectl
