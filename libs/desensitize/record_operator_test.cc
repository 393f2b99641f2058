// Operators that look at more of a record than one column, on random batches
// against treatment_oracle.h.
#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/treatment_oracle.h"
#include "libs/records/batch.h"
#include "libs/records/batch_oracle.h"

namespace sluice::desensitize {
namespace {

using records::DataType;
using records::PlainBatch;
using records::PlainCell;
using records::PlainColumn;
using records::PlainValue;
using Random = std::mt19937_64;

constexpr uint32_t kIdField = 1;
constexpr uint32_t kPartField = 2;
constexpr uint32_t kValueField = 7;

const std::string kSecret(32, 's');

OperatorKeys Keys() {
  OperatorKeys keys;
  keys.pseudonym_secret = kSecret;
  return keys;
}

Treatment Parse(const std::string& text) {
  Treatment treatment;
  CAPTURE(text);
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &treatment));
  return treatment;
}

void AddField(uint32_t id, const std::string& name, DataType type,
              Resource* resource) {
  Field* const field = resource->add_fields();
  field->set_id(id);
  field->set_name(name);
  field->set_type(type);
}

// Keyed by a text and a number, in this order.
Resource KeyedResource(DataType value_type) {
  Resource resource;
  AddField(kIdField, "id", records::v1::DATA_TYPE_STRING, &resource);
  AddField(kPartField, "part", records::v1::DATA_TYPE_INT64, &resource);
  AddField(kValueField, "value", value_type, &resource);
  resource.add_key("part");
  resource.add_key("id");
  return resource;
}

size_t Below(Random* random, size_t bound) { return (*random)() % bound; }

std::string RandomText(Random* random) {
  static const std::vector<std::string> characters = {"a",
                                                      "7",
                                                      " ",
                                                      "é",
                                                      "\xCC\x81",
                                                      "张",
                                                      "欧",
                                                      "\xF0\xA0\x80\x80",
                                                      std::string(1, '\0')};
  std::string text;
  for (size_t n = Below(random, 40) == 0 ? 200 : Below(random, 8); n > 0; --n) {
    text += characters[Below(random, characters.size())];
  }
  return text;
}

PlainColumn RandomColumn(uint32_t field_id, DataType type, uint32_t rows,
                         Random* random) {
  PlainColumn column{field_id, type, {}};
  const size_t nulls_in_ten = std::vector<size_t>{0, 2, 10}[Below(random, 3)];
  for (uint32_t row = 0; row < rows; ++row) {
    PlainCell cell;
    if (Below(random, 10) >= nulls_in_ten) {
      cell = records::RandomPlainValue(type, random);
      if (type == records::v1::DATA_TYPE_STRING) cell = RandomText(random);
    }
    column.cells.push_back(std::move(cell));
  }
  return column;
}

PlainBatch RandomRecords(DataType value_type, Random* random) {
  PlainBatch batch;
  batch.row_count = static_cast<uint32_t>(1 + Below(random, 150));
  batch.columns = {
      RandomColumn(kIdField, records::v1::DATA_TYPE_STRING, batch.row_count,
                   random),
      RandomColumn(kPartField, records::v1::DATA_TYPE_INT64, batch.row_count,
                   random),
      RandomColumn(kValueField, value_type, batch.row_count, random)};
  return batch;
}

std::unique_ptr<const Operator> Compile(const Treatment& resolved,
                                        const Resource& resource) {
  auto compiled = CompileOperator(
      resolved, resource.fields(resource.fields_size() - 1), resource, Keys());
  CAPTURE(std::string(compiled.status().message()));
  REQUIRE(compiled.ok());
  return *std::move(compiled);
}

// The treated column after a way through bytes, so that all rules of a batch
// hold.
PlainColumn ReadBack(const records::Column& column) {
  records::Batch batch;
  batch.resource = "health.patients";
  batch.schema_version = 1;
  batch.row_count = column.row_count;
  batch.columns.push_back(column);
  const auto encoded = records::EncodeBatch(batch);
  REQUIRE(encoded.ok());
  const std::string bytes = encoded->Flatten();
  REQUIRE(records::IsValidSlowly(bytes));
  return records::ReadBatch(batch).columns.at(0);
}

PlainRecord RecordAt(const PlainBatch& batch, size_t row) {
  PlainRecord record;
  record.field_id = kValueField;
  record.key = {batch.columns[1].cells[row], batch.columns[0].cells[row]};
  return record;
}

void CheckAgainstOracle(const std::string& text, const PlainBatch& plain) {
  const PlainColumn& values = plain.columns.back();
  const Resource resource = KeyedResource(values.type);
  const Field& field = resource.fields(2);
  const auto resolved =
      ResolveTreatment(Parse(text), field, resource, "treatment");
  CAPTURE(text, std::string(resolved.status().message()));
  REQUIRE(resolved.ok());
  const records::Batch batch = records::BuildBatch(plain);
  const Treated treated =
      Compile(*resolved, resource)->ApplyIn(batch.columns.back(), {batch});

  PlainColumn expected{kValueField, FieldAfter(*resolved, field).type(), {}};
  uint64_t untreatable = 0;
  for (size_t row = 0; row < plain.row_count; ++row) {
    const PlainCell& cell = values.cells[row];
    PlainCell out;
    if (cell) {
      out = TreatSlowly(*resolved, values.type, *cell, kSecret,
                        RecordAt(plain, row));
      if (!out) ++untreatable;
    }
    expected.cells.push_back(std::move(out));
  }
  CHECK(treated.untreatable == untreatable);
  CHECK(ReadBack(treated.column) == expected);
}

TEST_CASE("noise follows from the field, the record's key and the value") {
  using namespace records::v1;  // NOLINT(google-build-using-namespace)
  const std::vector<std::pair<std::string, std::vector<DataType>>> treatments =
      {{"perturb {date_shift {days_max: 30}}",
        {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
       {"perturb {laplace {scale: '3.5'}}",
        {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
       {"perturb {gaussian {scale: '1000'}}",
        {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
       {"chain {steps {perturb {date_shift {days_max: 3}}}"
        " steps {generalize {date {unit: MONTH}}}}",
        {DATA_TYPE_DATE}}};
  Random random(1);
  for (const auto& [text, types] : treatments) {
    for (const DataType type : types) {
      for (int i = 0; i < 20; ++i) {
        CheckAgainstOracle(text, RandomRecords(type, &random));
      }
    }
  }
}

// Records of one value, with the keys "a", "b", ...
records::Batch SameValues(double value, uint32_t rows, uint32_t first = 0) {
  PlainBatch batch;
  batch.row_count = rows;
  PlainColumn ids{kIdField, records::v1::DATA_TYPE_STRING, {}};
  PlainColumn parts{kPartField, records::v1::DATA_TYPE_INT64, {}};
  PlainColumn values{kValueField, records::v1::DATA_TYPE_DOUBLE, {}};
  for (uint32_t row = 0; row < rows; ++row) {
    ids.cells.emplace_back(
        std::string(1, static_cast<char>('a' + first + row)));
    parts.cells.emplace_back(int64_t{1});
    values.cells.emplace_back(value);
  }
  batch.columns = {ids, parts, values};
  return records::BuildBatch(batch);
}

std::vector<double> Values(const records::Column& column) {
  std::vector<double> values;
  values.reserve(column.row_count);
  for (uint32_t row = 0; row < column.row_count; ++row) {
    values.push_back(column.Value<double>(row));
  }
  return values;
}

TEST_CASE("a record is off by the same wherever and whenever it is read") {
  const Resource resource = KeyedResource(records::v1::DATA_TYPE_DOUBLE);
  const Treatment treatment = Parse("perturb {gaussian {scale: '5'}}");
  const auto op = Compile(treatment, resource);
  const records::Batch all = SameValues(100, 8);
  const std::vector<double> read =
      Values(op->ApplyIn(all.columns.back(), {all}).column);
  // Equal values of different records are off differently.
  for (size_t i = 1; i < read.size(); ++i) CHECK(read[i] != read[0]);
  // Another batch, another place in it, another time.
  const records::Batch later = SameValues(100, 3, 5);
  const auto again = Compile(treatment, resource);
  CHECK(Values(again->ApplyIn(later.columns.back(), {later}).column) ==
        std::vector<double>(read.begin() + 5, read.end()));
  // Some rows of a batch.
  const std::vector<uint32_t> rows = {6, 2};
  const records::Batch two = SameValues(100, 2);
  CHECK(Values(op->ApplyIn(two.columns.back(), {all, rows.data()}).column) ==
        std::vector<double>{read[6], read[2]});
  // Another field of the same records.
  Resource other = resource;
  other.mutable_fields(2)->set_id(8);
  records::Batch same = all;
  same.columns.back().field_id = 8;
  const std::vector<double> elsewhere = Values(
      Compile(treatment, other)->ApplyIn(same.columns.back(), {same}).column);
  for (size_t i = 0; i < read.size(); ++i) CHECK(elsewhere[i] != read[i]);
}

TEST_CASE("without a key of the record equal values are off by the same") {
  Resource resource = KeyedResource(records::v1::DATA_TYPE_DOUBLE);
  resource.clear_key();
  const records::Batch batch = SameValues(100, 4);
  const std::vector<double> read =
      Values(Compile(Parse("perturb {laplace {scale: '5'}}"), resource)
                 ->ApplyIn(batch.columns.back(), {batch})
                 .column);
  CHECK(read == std::vector<double>(4, read[0]));
}

TEST_CASE("the key is what a perturbed field looks at beside itself") {
  const Resource resource = KeyedResource(records::v1::DATA_TYPE_DOUBLE);
  CHECK(FieldsLookedAt(Parse("perturb {laplace {scale: '5'}}"), resource) ==
        std::vector<uint32_t>{kIdField, kPartField});
  CHECK(FieldsLookedAt(Parse("chain {steps {perturb {laplace {scale: '5'}}}"
                             " steps {generalize {round {step: '1'}}}}"),
                       resource) ==
        std::vector<uint32_t>{kIdField, kPartField});
  CHECK(FieldsLookedAt(Parse("pseudonym {}"), resource).empty());
}

}  // namespace
}  // namespace sluice::desensitize
