#include "libs/publish/row_key.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/records/batch_builder.h"
#include "libs/records/record_key.h"

namespace sluice::publish {
namespace {

constexpr int kTypes = 8;

// A field of each type, by descending id; all but one are the key.
catalog::v1::Resource EveryType() {
  catalog::v1::Resource resource;
  resource.set_id("civil-affairs.types");
  resource.set_schema_version(1);
  for (int type = 1; type <= kTypes; ++type) {
    catalog::v1::Field* field = resource.add_fields();
    field->set_id(100 - type);
    field->set_name(absl::StrCat("f", type));
    field->set_type(static_cast<records::v1::DataType>(type));
    if (type != records::v1::DATA_TYPE_BYTES) resource.add_key(field->name());
  }
  return resource;
}

void Append(records::v1::DataType type, const records::Value& value,
            records::ColumnBuilder* column) {
  if (value.is_null) return column->AppendNull();
  switch (type) {
    case records::v1::DATA_TYPE_BOOL:
      return column->AppendBool(value.boolean);
    case records::v1::DATA_TYPE_INT64:
      return column->AppendInt64(value.integer);
    case records::v1::DATA_TYPE_DOUBLE:
      return column->AppendDouble(value.real);
    case records::v1::DATA_TYPE_DECIMAL128:
      return column->AppendDecimal(value.decimal);
    case records::v1::DATA_TYPE_DATE:
      return column->AppendDate(static_cast<int32_t>(value.integer));
    case records::v1::DATA_TYPE_TIMESTAMP:
      return column->AppendTimestamp(value.integer);
    default:
      return column->AppendText(value.text);
  }
}

records::Value RandomValue(records::v1::DataType type, const std::string& text,
                           std::mt19937_64* random) {
  records::Value value;
  value.is_null = (*random)() % 4 == 0;
  const auto number = static_cast<int64_t>((*random)());
  switch (type) {
    case records::v1::DATA_TYPE_BOOL:
      value.boolean = number % 2 == 0;
      break;
    case records::v1::DATA_TYPE_DOUBLE:
      value.real = static_cast<double>(number) / 7;
      break;
    case records::v1::DATA_TYPE_DECIMAL128:
      value.decimal = absl::int128(number) * 1'000'003;
      break;
    case records::v1::DATA_TYPE_DATE:
      value.integer = number % 1'000'000;
      break;
    case records::v1::DATA_TYPE_STRING:
    case records::v1::DATA_TYPE_BYTES:
      value.text = text;
      break;
    default:
      value.integer = number;
  }
  return value;
}

TEST_CASE("The key of values is the key of the batch they end up in") {
  const catalog::v1::Resource resource = EveryType();
  std::mt19937_64 random(7);
  RowKey row_key(resource);
  CHECK_FALSE(row_key.empty());
  for (int round = 0; round < 500; ++round) {
    const std::string text(random() % 5, static_cast<char>(random() % 3));
    records::BatchBuilder builder(resource);
    std::vector<records::Value> values;
    // Ascending by id is descending by type.
    for (int type = kTypes; type >= 1; --type) {
      const auto data_type = static_cast<records::v1::DataType>(type);
      values.push_back(RandomValue(data_type, text, &random));
      Append(data_type, values.back(), builder.column(kTypes - type));
    }
    builder.FinishRow();
    const records::Batch batch = builder.Finish();
    std::vector<const records::Column*> columns;
    for (const catalog::v1::Field& field : resource.fields()) {
      if (field.type() == records::v1::DATA_TYPE_BYTES) continue;
      columns.push_back(batch.FindColumn(field.id()));
    }
    if (row_key.Of(values) != records::RecordKey(columns, 0)) {
      CAPTURE(round);
      FAIL("keys differ");
    }
  }
}

TEST_CASE("A resource without a key has none") {
  CHECK(RowKey(catalog::v1::Resource()).empty());
}

}  // namespace
}  // namespace sluice::publish
