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
#include "libs/predicate/predicate_oracle.h"
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

PlainRecord RecordAt(const Resource& resource, const PlainBatch& batch,
                     size_t row) {
  PlainRecord record;
  record.field_id = kValueField;
  record.key = {batch.columns[1].cells[row], batch.columns[0].cells[row]};
  record.truth = [&resource, &batch,
                  row](const agreement::v1::Predicate& condition) {
    return predicate::TruthSlowly(condition, resource, batch,
                                  static_cast<uint32_t>(row));
  };
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
      const PlainRecord record = RecordAt(resource, plain, row);
      out = TreatSlowly(*resolved, values.type, *cell, kSecret, record);
      const Treatment* const chosen = ChosenSlowly(*resolved, record);
      const bool withheld = chosen != nullptr && chosen->has_withhold();
      if (!out && !withheld) ++untreatable;
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
       {"perturb {uniform {within: '1000'}}",
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

// Conditions on a number that is below 0 about half the time, on a text, on
// the value itself; never unknown; one way for all records.
const char kNegative[] =
    "compare {field {id: 2 name: 'part'} is: LESS value: '0'}";
const char kHasText[] =
    "compare {field {id: 1 name: 'id'} is: GREATER value: 'a'}";
const char kNoPart[] = "is_null {field {id: 2 name: 'part'}}";
const char kAlways[] =
    "any {of {is_null {field {id: 2 name: 'part'}}}"
    " of {not {is_null {field {id: 2 name: 'part'}}}}}";

std::string Conditional(const std::string& when, const std::string& then,
                        const std::string& otherwise) {
  return "conditional {when {" + when + "} then {" + then + "} otherwise {" +
         otherwise + "}}";
}

TEST_CASE("a conditional treatment does to each value what its record says") {
  using namespace records::v1;  // NOLINT(google-build-using-namespace)
  const std::string keep = "keep {}";
  const std::string withhold = "withhold {}";
  const std::string noise = "perturb {laplace {scale: '9'}}";
  const std::vector<std::pair<std::string, std::vector<DataType>>> treatments =
      {{Conditional(kNegative, withhold, keep),
        {DATA_TYPE_BOOL, DATA_TYPE_INT64, DATA_TYPE_DOUBLE,
         DATA_TYPE_DECIMAL128, DATA_TYPE_STRING, DATA_TYPE_BYTES,
         DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
       {Conditional(kHasText, "mask {keep_ends {first: 1} symbol: '＊'}",
                    "pseudonym {}"),
        {DATA_TYPE_STRING}},
       {Conditional(kNoPart, "mask {name {}}", "mask {phone {}}"),
        {DATA_TYPE_STRING}},
       {Conditional("prefix {field {id: 7 name: 'value'} prefix: '张'}", keep,
                    "mask {hide_range {from: 2 to: 3}}"),
        {DATA_TYPE_STRING}},
       {Conditional(kAlways, "mask {name {}}", keep), {DATA_TYPE_STRING}},
       {Conditional(std::string("not {") + kAlways + "}", keep,
                    "mask {name {}}"),
        {DATA_TYPE_STRING}},
       {Conditional(kNegative, noise, "generalize {bucket {width: '10'}}"),
        {DATA_TYPE_INT64}},
       {Conditional(kNegative, "generalize {weekday {}}",
                    "generalize {age {as_of: '2024-02-29'}}"),
        {DATA_TYPE_DATE}},
       {Conditional(
            kHasText,
            "chain {steps {generalize {date {unit: YEAR}}}"
            " steps {perturb {date_shift {days_max: 5}}}}",
            Conditional(kNegative, "perturb {date_shift {days_max: 90}}",
                        Conditional(kNoPart, withhold, keep))),
        {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
       {Conditional(
            kNegative, withhold,
            Conditional(kHasText, noise, "perturb {gaussian {scale: '2'}}")),
        {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}}};
  Random random(2);
  for (const auto& [text, types] : treatments) {
    for (const DataType type : types) {
      for (int i = 0; i < 30; ++i) {
        CheckAgainstOracle(text, RandomRecords(type, &random));
      }
    }
  }
}

TEST_CASE("a condition on a column that is left out is unknown") {
  const Resource resource = KeyedResource(records::v1::DATA_TYPE_DOUBLE);
  const auto op =
      Compile(Parse(Conditional(kNegative, "keep {}", "keep {}")), resource);
  records::Batch batch;
  batch.row_count = 3;
  batch.columns.push_back(records::BuildColumn(
      {kValueField, records::v1::DATA_TYPE_DOUBLE, {1.0, {}, 2.0}}));
  const Treated treated = op->ApplyIn(batch.columns[0], {batch});
  // The null was none to treat.
  CHECK(treated.untreatable == 2);
  CHECK(treated.column.null_count == 3);
}

TEST_CASE("no byte of a value that its record withholds is in the output") {
  const Resource resource = KeyedResource(records::v1::DATA_TYPE_STRING);
  const auto op = Compile(Parse(Conditional(kNegative, "withhold {}",
                                            "mask {keep_ends {last: 1}}")),
                          resource);
  PlainBatch plain;
  plain.row_count = 100;
  plain.columns = {{kIdField, records::v1::DATA_TYPE_STRING, {}},
                   {kPartField, records::v1::DATA_TYPE_INT64, {}},
                   {kValueField, records::v1::DATA_TYPE_STRING, {}}};
  for (int64_t row = 0; row < 100; ++row) {
    plain.columns[0].cells.emplace_back(std::string("id"));
    PlainCell part;
    if (row % 3 != 2) part = row % 3 == 0 ? -row - 1 : row;
    plain.columns[1].cells.push_back(part);
    plain.columns[2].cells.emplace_back(std::string("龘靐QW") +
                                        (row % 3 == 1 ? "." : "Ж"));
  }
  const records::Batch batch = records::BuildBatch(plain);
  const Treated treated = op->ApplyIn(batch.columns[2], {batch});
  const std::string bytes(treated.column.data.view());
  CHECK(bytes.find_first_not_of("*.") == std::string::npos);
  CHECK(treated.untreatable == 33);
  CHECK(treated.column.null_count == 67);
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

TEST_CASE("conditions are what a conditional treatment looks at") {
  const Resource resource = KeyedResource(records::v1::DATA_TYPE_DOUBLE);
  CHECK(FieldsLookedAt(Parse(Conditional(kNegative, "keep {}", "withhold {}")),
                       resource) == std::vector<uint32_t>{kPartField});
  CHECK(FieldsLookedAt(
            Parse(Conditional(kNegative, "keep {}",
                              Conditional(kHasText, "keep {}", "withhold {}"))),
            resource) == std::vector<uint32_t>{kIdField, kPartField});
  CHECK(FieldsLookedAt(
            Parse(Conditional("is_null {field {id: 7 name: 'value'}}",
                              "keep {}", "perturb {laplace {scale: '5'}}")),
            resource) ==
        std::vector<uint32_t>{kIdField, kPartField, kValueField});
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
