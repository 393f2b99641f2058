#include "libs/delivery/row_slice.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/records/batch_builder.h"

namespace sluice::delivery {
namespace {

using records::v1::DataType;

const std::vector<DataType> kTypes = {
    records::v1::DATA_TYPE_BOOL,   records::v1::DATA_TYPE_INT64,
    records::v1::DATA_TYPE_DOUBLE, records::v1::DATA_TYPE_DECIMAL128,
    records::v1::DATA_TYPE_DATE,   records::v1::DATA_TYPE_TIMESTAMP,
    records::v1::DATA_TYPE_STRING, records::v1::DATA_TYPE_BYTES,
};

catalog::v1::Resource AllTypes() {
  catalog::v1::Resource resource;
  resource.set_id("grid.all");
  resource.set_schema_version(3);
  for (size_t i = 0; i < kTypes.size(); ++i) {
    auto* field = resource.add_fields();
    field->set_id(static_cast<uint32_t>(i + 1));
    field->set_name(absl::StrCat("f", i));
    field->set_type(kTypes[i]);
  }
  return resource;
}

void AppendRandom(DataType type, std::mt19937* random,
                  records::ColumnBuilder* column) {
  const auto number = static_cast<int32_t>((*random)() % 10'000);
  switch (type) {
    case records::v1::DATA_TYPE_BOOL:
      return column->AppendBool(number % 2 == 0);
    case records::v1::DATA_TYPE_INT64:
      return column->AppendInt64(-number);
    case records::v1::DATA_TYPE_DOUBLE:
      return column->AppendDouble(number / 7.0);
    case records::v1::DATA_TYPE_DECIMAL128:
      return column->AppendDecimal(absl::int128(number) << 70);
    case records::v1::DATA_TYPE_DATE:
      return column->AppendDate(number);
    case records::v1::DATA_TYPE_TIMESTAMP:
      return column->AppendTimestamp(number * int64_t{1'000'000'007});
    default:
      return column->AppendText(std::string(number % 5, 'a'));
  }
}

// One value as text, in the plainest way.
std::string TextOf(const records::Column& column, uint32_t row) {
  if (column.IsNull(row)) return "null";
  switch (column.type) {
    case records::v1::DATA_TYPE_BOOL:
      return column.Bool(row) ? "yes" : "no";
    case records::v1::DATA_TYPE_INT64:
    case records::v1::DATA_TYPE_TIMESTAMP:
      return absl::StrCat(column.Value<int64_t>(row));
    case records::v1::DATA_TYPE_DOUBLE:
      return absl::StrCat(column.Value<double>(row));
    case records::v1::DATA_TYPE_DECIMAL128: {
      const auto value = column.Value<absl::int128>(row);
      return absl::StrCat(absl::Int128High64(value), ".",
                          absl::Int128Low64(value));
    }
    case records::v1::DATA_TYPE_DATE:
      return absl::StrCat(column.Value<int32_t>(row));
    default:
      return std::string(column.Text(row));
  }
}

TEST_CASE("A slice holds the rows asked for, and is a batch itself") {
  std::mt19937 random(20'260'301);
  const catalog::v1::Resource resource = AllTypes();
  for (int round = 0; round < 60; ++round) {
    records::BatchBuilder builder(resource);
    const uint32_t rows = 1 + random() % 40;
    for (uint32_t row = 0; row < rows; ++row) {
      const bool deleted = random() % 4 == 0;
      for (size_t i = 0; i < kTypes.size(); ++i) {
        if (deleted || random() % 5 == 0) {
          builder.column(i)->AppendNull();
        } else {
          AppendRandom(kTypes[i], &random, builder.column(i));
        }
      }
      builder.FinishRow(deleted ? records::v1::OPERATION_DELETE
                                : records::v1::OPERATION_UPSERT);
    }
    const records::Batch whole = builder.Finish();
    const uint32_t first = random() % rows;
    const uint32_t count = 1 + random() % (rows - first);
    CAPTURE(round, rows, first, count);
    const records::Batch slice = SliceRows(whole, first, count);

    const auto encoded = records::EncodeBatch(slice);
    REQUIRE(encoded.ok());
    const auto parsed =
        records::ParseBatch(SharedBytes::Own(encoded->Flatten()));
    INFO(parsed.status().message());
    REQUIRE(parsed.ok());
    CHECK(parsed->resource == "grid.all");
    CHECK(parsed->schema_version == 3);
    REQUIRE(parsed->row_count == count);
    REQUIRE(parsed->columns.size() == whole.columns.size());
    for (uint32_t row = 0; row < count; ++row) {
      for (size_t i = 0; i < whole.columns.size(); ++i) {
        CHECK(TextOf(parsed->columns[i], row) ==
              TextOf(whole.columns[i], first + row));
      }
      if (!whole.operations.empty()) {
        CHECK(parsed->operations.data()[row] ==
              whole.operations.data()[first + row]);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::delivery
