// Holds every operator to what it declares of itself.
#include "libs/desensitize/operator_list.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "libs/base/string_view.h"
#include "libs/config/bounds.h"
#include "libs/config/yaml.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/typed_lines.h"
#include "libs/predicate/pin_fields.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using records::DataType;

Field FieldOf(DataType type) {
  Field field;
  field.set_id(7);
  field.set_name("value");
  field.set_type(type);
  field.set_required(true);
  return field;
}

Treatment Parse(absl::string_view json) {
  Treatment treatment;
  const auto status = config::ParseYamlConfig(json, "example", &treatment);
  CAPTURE(std::string(status.message()));
  REQUIRE(status.ok());
  REQUIRE(
      predicate::PinFields(ResourceOf(FieldOf(records::v1::DATA_TYPE_STRING)),
                           "", &treatment)
          .empty());
  return treatment;
}

TEST_CASE("every description's example is taken, under the name it says") {
  std::set<std::string> names;
  for (const OperatorDescription& each : AllOperators()) {
    CAPTURE(std::string(each.name));
    CHECK(names.insert(std::string(each.name)).second);
    const Field field = FieldOf(each.type);
    const auto resolved = ResolveTreatment(Parse(each.treatment), field, "t");
    REQUIRE(resolved.ok());
    CHECK(TreatmentName(*resolved) == std::string(each.name));
    CHECK(config::CheckBounds(*resolved).ok());
    OperatorKeys keys;
    keys.pseudonym_secret = std::string(32, 'k');
    keys.token_secret = std::string(32, 'k');
    const auto compiled = CompileOperator(*resolved, field, keys);
    REQUIRE(compiled.ok());
    records::ColumnBuilder builder(7, each.type);
    REQUIRE(AppendLine(each.value, each.type, 0, &builder).ok());
    const Treated treated = (*compiled)->Apply(builder.Finish());
    CHECK(treated.untreatable == 0);
    const bool changed =
        LineOf(treated.column, 0, 0) != std::string(each.value);
    CHECK(changed == (each.name != "keep"));
    CHECK(treated.column.type == FieldAfter(*resolved, field).type());
  }
}

TEST_CASE("an operator is as strong, and may yield null, as it declares") {
  for (const OperatorDescription& each : AllOperators()) {
    CAPTURE(std::string(each.name));
    const Field field = FieldOf(each.type);
    const auto resolved = ResolveTreatment(Parse(each.treatment), field, "t");
    REQUIRE(resolved.ok());
    CHECK(StrengthOf(*resolved) == each.strength);
    CHECK(FieldAfter(*resolved, field).required() == !each.may_be_null);
  }
}

TEST_CASE("an operator that declares equality keeps different values apart") {
  for (const OperatorDescription& each : AllOperators()) {
    if (!each.preserved.equality ||
        each.type != records::v1::DATA_TYPE_STRING) {
      continue;
    }
    CAPTURE(std::string(each.name));
    const Field field = FieldOf(each.type);
    OperatorKeys keys;
    keys.pseudonym_secret = std::string(32, 'k');
    keys.token_secret = std::string(32, 'k');
    const auto compiled = CompileOperator(
        ResolveTreatment(Parse(each.treatment), field, "t").value(), field,
        keys);
    REQUIRE(compiled.ok());
    records::ColumnBuilder builder(7, each.type);
    // The example, and what is left of it when two characters are swapped.
    std::set<std::string> inputs;
    const std::string value(each.value);
    for (size_t i = 0; i + 1 < value.size(); ++i) {
      std::string other = value;
      if (static_cast<unsigned char>(value[i]) < 0x80 &&
          static_cast<unsigned char>(value[i + 1]) < 0x80) {
        std::swap(other[i], other[i + 1]);
      }
      if (inputs.insert(other).second) builder.AppendText(other);
    }
    const Treated treated = (*compiled)->Apply(builder.Finish());
    std::set<std::string> outputs;
    for (uint32_t row = 0; row < treated.column.row_count; ++row) {
      if (!treated.column.IsNull(row)) {
        outputs.insert(std::string(treated.column.Text(row)));
      }
      if (each.preserved.length && !treated.column.IsNull(row)) {
        CHECK((each.name == "fpe.han" ||
               treated.column.Text(row).size() == value.size()));
      }
    }
    CHECK(outputs.size() + treated.untreatable == inputs.size());
  }
}

TEST_CASE("values survive the way into a column and back to a line") {
  using namespace records::v1;  // NOLINT(google-build-using-namespace)
  const std::vector<std::pair<DataType, std::vector<std::string>>> lines = {
      {DATA_TYPE_BOOL, {"true", "false"}},
      {DATA_TYPE_INT64, {"0", "-42", "9223372036854775807"}},
      {DATA_TYPE_DOUBLE, {"0.5", "-3", "100000"}},
      {DATA_TYPE_DECIMAL128, {"0.00", "-0.05", "12.50", "-123456789.01"}},
      {DATA_TYPE_STRING, {"", "张伟", " a "}},
      {DATA_TYPE_BYTES, {"00ff"}},
      {DATA_TYPE_DATE, {"1970-01-01", "1899-12-31", "2024-02-29"}},
      {DATA_TYPE_TIMESTAMP, {"2026-03-31T12:30:00+00:00"}},
  };
  for (const auto& [type, values] : lines) {
    records::ColumnBuilder builder(7, type);
    for (const std::string& value : values) {
      REQUIRE(AppendLine(value, type, 2, &builder).ok());
    }
    const records::Column column = builder.Finish();
    for (uint32_t row = 0; row < column.row_count; ++row) {
      CHECK(LineOf(column, row, 2) == values[row]);
    }
    records::ColumnBuilder wrong(7, type);
    CHECK_FALSE(AppendLine("\xFFz", type, 2, &wrong).ok());
    if (type != DATA_TYPE_STRING) {
      CHECK(AppendLine("", type, 2, &wrong).ok());
      CHECK(LineOf(wrong.Finish(), 0, 2) == "null");
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
