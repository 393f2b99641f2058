// What two readings of one value tell together.
#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/encoding.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/records/batch.h"
#include "libs/records/batch_oracle.h"

namespace sluice::desensitize {
namespace {

using records::PlainBatch;
using records::PlainCell;
using records::PlainColumn;
using Numbers = std::vector<int64_t>;

constexpr uint32_t kIdField = 1;
constexpr uint32_t kStatusField = 2;
constexpr uint32_t kValueField = 7;
constexpr int kRecords = 20'000;

OperatorKeys Keys(char byte = 's') {
  OperatorKeys keys;
  keys.pseudonym_secret = std::string(32, byte);
  return keys;
}

void AddField(uint32_t id, const std::string& name, records::DataType type,
              Resource* resource) {
  Field* const field = resource->add_fields();
  field->set_id(id);
  field->set_name(name);
  field->set_type(type);
}

Resource CaseResource(records::DataType value_type) {
  Resource resource;
  AddField(kIdField, "id", records::v1::DATA_TYPE_INT64, &resource);
  AddField(kStatusField, "status", records::v1::DATA_TYPE_INT64, &resource);
  AddField(kValueField, "value", value_type, &resource);
  resource.add_key("id");
  return resource;
}

Numbers RandomValues() {
  std::mt19937_64 random(1);
  Numbers values;
  values.reserve(kRecords);
  for (int i = 0; i < kRecords; ++i) {
    values.push_back(static_cast<int64_t>(random() % 30'000));
  }
  return values;
}

// What a consumer reads of records 0, 1, ... in this status.
Numbers Read(const std::string& text, const Numbers& values,
             records::DataType type = records::v1::DATA_TYPE_INT64,
             int64_t status = 0, const OperatorKeys& keys = Keys()) {
  Treatment treatment;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &treatment));
  const Resource resource = CaseResource(type);
  const auto compiled =
      CompileOperator(treatment, resource.fields(2), resource, keys);
  CAPTURE(text, std::string(compiled.status().message()));
  REQUIRE(compiled.ok());
  const bool dates = type == records::v1::DATA_TYPE_DATE;
  PlainBatch plain;
  plain.row_count = static_cast<uint32_t>(values.size());
  PlainColumn ids{kIdField, records::v1::DATA_TYPE_INT64, {}};
  PlainColumn statuses{kStatusField, records::v1::DATA_TYPE_INT64, {}};
  PlainColumn column{kValueField, type, {}};
  for (const int64_t value : values) {
    ids.cells.emplace_back(static_cast<int64_t>(ids.cells.size()));
    statuses.cells.emplace_back(status);
    if (dates) {
      column.cells.emplace_back(static_cast<int32_t>(value));
    } else {
      column.cells.emplace_back(value);
    }
  }
  plain.columns = {ids, statuses, column};
  const records::Batch batch = records::BuildBatch(plain);
  const Treated treated = (*compiled)->ApplyIn(batch.columns.back(), {batch});
  REQUIRE(treated.untreatable == 0);
  Numbers read;
  read.reserve(values.size());
  for (uint32_t row = 0; row < plain.row_count; ++row) {
    read.push_back(dates ? treated.column.Value<int32_t>(row)
                         : treated.column.Value<int64_t>(row));
  }
  return read;
}

// How many values are the sum that cancels noise of these scales where both
// readings are off by multiples of one number.
int Recovered(const Numbers& values, const Numbers& one, double one_scale,
              const Numbers& other, double other_scale) {
  int recovered = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double guess = (other_scale * static_cast<double>(one[i]) -
                          one_scale * static_cast<double>(other[i])) /
                         (other_scale - one_scale);
    if (std::llround(guess) == values[i]) ++recovered;
  }
  return recovered;
}

double Correlation(const Numbers& values, const Numbers& one,
                   const Numbers& other) {
  double products = 0;
  double one_squares = 0;
  double other_squares = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto a = static_cast<double>(one[i] - values[i]);
    const auto b = static_cast<double>(other[i] - values[i]);
    products += a * b;
    one_squares += a * a;
    other_squares += b * b;
  }
  return products / std::sqrt(one_squares * other_squares);
}

TEST_CASE("two versions of an agreement with other noise do not cancel") {
  const Numbers values = RandomValues();
  for (const std::string rule : {"laplace", "gaussian"}) {
    CAPTURE(rule);
    const Numbers fine = Read("perturb {" + rule + " {scale: '500'}}", values);
    const Numbers coarse =
        Read("perturb {" + rule + " {scale: '2000'}}", values);
    // Either reading alone is right by chance about once in a thousand.
    CHECK(Recovered(values, fine, 500, coarse, 2000) < kRecords / 100);
    CHECK(std::abs(Correlation(values, fine, coarse)) < 0.04);
  }
  CHECK(std::abs(Correlation(
            values, Read("perturb {laplace {scale: '500'}}", values),
            Read("perturb {gaussian {scale: '500'}}", values))) < 0.04);
}

TEST_CASE("the branches of a conditional do not cancel in a changed record") {
  const Numbers values = RandomValues();
  const std::string text =
      "conditional {when {compare {field {id: 2 name: 'status'} is: EQUAL"
      " value: '1'}} then {perturb {laplace {scale: '500'}}}"
      " otherwise {perturb {laplace {scale: '2000'}}}}";
  constexpr auto kType = records::v1::DATA_TYPE_INT64;
  const Numbers open = Read(text, values, kType, 1);
  const Numbers closed = Read(text, values, kType, 0);
  CHECK(Recovered(values, open, 500, closed, 2000) < kRecords / 100);
  CHECK(std::abs(Correlation(values, open, closed)) < 0.04);
  // Equal branches are one reading.
  const std::string same =
      "conditional {when {compare {field {id: 2 name: 'status'} is: EQUAL"
      " value: '1'}} then {perturb {laplace {scale: '500'}}}"
      " otherwise {perturb {laplace {scale: '500'}}}}";
  CHECK(Read(same, values, kType, 1) == Read(same, values, kType, 0));
  CHECK(Read(same, values, kType, 0) == open);
}

TEST_CASE("two lengths of a date shift do not tell of each other") {
  const Numbers values = RandomValues();
  constexpr auto kType = records::v1::DATA_TYPE_DATE;
  const Numbers near =
      Read("perturb {date_shift {days_max: 10}}", values, kType);
  const Numbers far =
      Read("perturb {date_shift {days_max: 31}}", values, kType);
  // 21 days and 63 days are drawn from: were it by one number, the shifts would
  // always differ by a multiple of 21.
  int multiples = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if ((near[i] - far[i]) % 21 == 0) ++multiples;
  }
  CHECK(std::abs(multiples - kRecords / 21) < 150);
  CHECK(std::abs(Correlation(values, near, far)) < 0.04);
}

TEST_CASE("two widths of uniform noise do not tell of each other") {
  const Numbers values = RandomValues();
  const Numbers near = Read("perturb {uniform {within: '10'}}", values);
  const Numbers far = Read("perturb {uniform {within: '31'}}", values);
  CHECK(std::abs(Correlation(values, near, far)) < 0.04);
}

TEST_CASE("a scale is one reading however it is spelt") {
  const Numbers values = RandomValues();
  const Numbers read = Read("perturb {laplace {scale: '2.5'}}", values);
  CHECK(Read("perturb {laplace {scale: '02.500'}}", values) == read);
  CHECK(Read("perturb {laplace {scale: '2.50001'}}", values) != read);
  CHECK(Read("perturb {uniform {within: '05.0'}}", values) ==
        Read("perturb {uniform {within: '5'}}", values));
}

TEST_CASE("another version of the root is another reading") {
  const Numbers values = RandomValues();
  constexpr auto kType = records::v1::DATA_TYPE_INT64;
  const std::string text = "perturb {laplace {scale: '500'}}";
  CHECK(std::abs(Correlation(values, Read(text, values, kType, 0, Keys('s')),
                             Read(text, values, kType, 0, Keys('t')))) < 0.04);
}

TEST_CASE("a double that swallows its noise does not pass") {
  Treatment treatment;
  treatment.mutable_perturb()->mutable_laplace()->set_scale("1");
  const Resource resource = CaseResource(records::v1::DATA_TYPE_DOUBLE);
  const auto compiled =
      CompileOperator(treatment, resource.fields(2), resource, Keys());
  REQUIRE(compiled.ok());
  PlainBatch plain;
  plain.row_count = 3;
  plain.columns = {
      {kIdField,
       records::v1::DATA_TYPE_INT64,
       {int64_t{1}, int64_t{2}, int64_t{3}}},
      {kValueField, records::v1::DATA_TYPE_DOUBLE, {1e20, 36.6, -1e300}}};
  const records::Batch batch = records::BuildBatch(plain);
  const Treated treated = (*compiled)->ApplyIn(batch.columns.back(), {batch});
  CHECK(treated.untreatable == 2);
  CHECK(treated.column.IsNull(0));
  CHECK(treated.column.Value<double>(1) != 36.6);
  CHECK(treated.column.IsNull(2));
}

// The example of docs/formats/perturb.md.
TEST_CASE("noise is that of the example in the documents") {
  OperatorKeys keys;
  keys.pseudonym_secret =
      HexDecode(
          "33f3543c3b669d4674637968d1bf5bb3e12ac8668acf85ebf8196d143e5e8852")
          .value();
  const auto read = [&keys](const std::string& text, records::DataType type,
                            int64_t value) {
    return Read(text, {value}, type, 0, keys).at(0);
  };
  CHECK(read("perturb {laplace {scale: '500'}}", records::v1::DATA_TYPE_INT64,
             12345) == 12143);
  CHECK(read("perturb {gaussian {scale: '500'}}", records::v1::DATA_TYPE_INT64,
             12345) == 11806);
  CHECK(read("perturb {uniform {within: '500'}}", records::v1::DATA_TYPE_INT64,
             12345) == 11993);
  CHECK(read("perturb {date_shift {days_max: 30}}", records::v1::DATA_TYPE_DATE,
             6443) == 6423);
}

}  // namespace
}  // namespace sluice::desensitize
