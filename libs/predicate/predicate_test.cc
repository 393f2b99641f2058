#include "libs/predicate/predicate.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/records/batch_builder.h"
#include "libs/records/batch_oracle.h"

namespace sluice::predicate {
namespace {

using records::PlainBatch;
using records::PlainCell;
using Proto = agreement::v1::Predicate;
namespace types = records::v1;

Proto Parse(const std::string& text) {
  Proto proto;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &proto));
  return proto;
}

catalog::v1::Resource People() {
  catalog::v1::Resource resource;
  resource.set_id("civil-affairs.people");
  resource.set_schema_version(3);
  const auto add = [&resource](uint32_t id, const char* name,
                               types::DataType type) {
    catalog::v1::Field* field = resource.add_fields();
    field->set_id(id);
    field->set_name(name);
    field->set_type(type);
    return field;
  };
  add(1, "name", types::DATA_TYPE_STRING)->set_length_max(12);
  add(2, "age", types::DATA_TYPE_INT64);
  add(3, "photo", types::DATA_TYPE_BYTES);
  add(4, "alive", types::DATA_TYPE_BOOL);
  add(5, "born", types::DATA_TYPE_DATE);
  add(6, "income", types::DATA_TYPE_DECIMAL128)->set_scale(2);
  add(7, "informant", types::DATA_TYPE_BOOL)
      ->set_sensitivity(catalog::v1::SENSITIVITY_CORE);
  return resource;
}

struct Refusal {
  ReasonCode reason;
  std::string field;

  friend bool operator==(const Refusal&, const Refusal&) = default;
};

std::ostream& operator<<(std::ostream& out, const Refusal& refusal) {
  return out << AsStdView(ReasonName(refusal.reason)) << " at "
             << refusal.field;
}

Refusal Refused(const std::string& text) {
  CAPTURE(text);
  const auto compiled = Compile(Parse(text), People(), "row_filter");
  REQUIRE_FALSE(compiled.ok());
  return {ReasonOf(compiled.status()), FieldOf(compiled.status())};
}

Refusal Unfit(const std::string& path) {
  return {status::v1::REASON_CODE_PREDICATE_UNFIT,
          absl::StrCat("row_filter", path)};
}

const std::string kName = R"(field { id: 1 name: "name" } )";
const std::string kAge = R"(field { id: 2 name: "age" } )";
const std::string kPhoto = R"(field { id: 3 name: "photo" } )";
const std::string kAlive = R"(field { id: 4 name: "alive" } )";

std::vector<int> Truths(const Proto& proto, const PlainBatch& plain) {
  const auto compiled = Compile(proto, People(), "row_filter");
  REQUIRE(compiled.ok());
  std::vector<Truth> truths;
  (*compiled)->Evaluate(records::BuildBatch(plain), &truths);
  std::vector<int> numbers;
  numbers.reserve(truths.size());
  for (const Truth truth : truths) numbers.push_back(static_cast<int>(truth));
  return numbers;
}

PlainBatch Names(const std::vector<PlainCell>& names) {
  PlainBatch batch;
  batch.row_count = static_cast<uint32_t>(names.size());
  batch.columns.push_back({1, types::DATA_TYPE_STRING, names});
  return batch;
}

TEST_CASE("A condition that says nothing is refused at its place") {
  CHECK(Refused("") == Unfit(""));
  CHECK(Refused("all {}") == Unfit(".all.of"));
  CHECK(Refused("any { of { } }") == Unfit(".any.of[0]"));
  CHECK(Refused("not {}") == Unfit(".not"));
  CHECK(Refused("in { " + kName + "}") == Unfit(".in.values"));
  CHECK(Refused("range { " + kAge + "}") == Unfit(".range"));
  CHECK(Refused("prefix { " + kName + "}") == Unfit(".prefix.prefix"));
}

TEST_CASE("Operators that a type does not have are refused") {
  CHECK(Refused("compare { " + kPhoto + "value: \"AA==\" }") ==
        Unfit(".compare.value"));
  CHECK(Refused("range { " + kPhoto + "from: \"AA==\" }") == Unfit(".range"));
  CHECK(Refused("range { " + kAlive + "from: \"true\" }") == Unfit(".range"));
  CHECK(Refused("compare { " + kAlive + "is: LESS value: \"true\" }") ==
        Unfit(".compare.is"));
  CHECK(Refused("prefix { " + kAge + "prefix: \"1\" }") == Unfit(".prefix"));
  Proto unknown_operator = Parse("compare { " + kAge + "value: \"1\" }");
  unknown_operator.mutable_compare()->set_is(
      static_cast<agreement::v1::Compare::Operator>(99));
  CHECK(FieldOf(Compile(unknown_operator, People(), "when").status()) ==
        "when.compare.is");
}

TEST_CASE("Values are of the field's type and are not repeated") {
  CHECK(Refused("compare { " + kAge + "value: \"twelve\" }") ==
        Unfit(".compare.value"));
  CHECK(Refused("in { " + kAge + "values: [\"1\", \"\"] }") ==
        Unfit(".in.values[1]"));
  CHECK(Refused("compare { " + kName + "value: \"longer than it\" }") ==
        Unfit(".compare.value"));
  CHECK(Refused(R"(range { field { id: 6 name: "income" } from: "1.234" })") ==
        Unfit(".range.from"));
  const auto compiled = Compile(
      Parse("compare { " + kAge + "value: \"secret\" }"), People(), "p");
  CHECK(std::string(compiled.status().message()).find("secret") ==
        std::string::npos);
}

TEST_CASE("Ranges that hold nothing are refused") {
  CHECK(Refused("range { " + kAge + "from: \"5\" below: \"5\" }") ==
        Unfit(".range"));
  CHECK(Refused("range { " + kName + "from: \"b\" below: \"a\" }") ==
        Unfit(".range"));
}

TEST_CASE("Fields are known by id and name") {
  const Refusal unknown = {status::v1::REASON_CODE_UNKNOWN_FIELD,
                           "row_filter.not.is_null.field"};
  CHECK(Refused(R"(not { is_null { field { id: 9 name: "name" } } })") ==
        unknown);
  CHECK(Refused(R"(not { is_null { field { id: 1 name: "age" } } })") ==
        unknown);
  CHECK(Refused("not { is_null { } }") == unknown);
}

TEST_CASE("No condition looks at core data") {
  CHECK(Refused(R"(is_null { field { id: 7 name: "informant" } })") ==
        Refusal{status::v1::REASON_CODE_TREATMENT_TOO_WEAK,
                "row_filter.is_null.field"});
}

TEST_CASE("Depth and number of conditions are bounded") {
  Proto deep = Parse("is_null { " + kName + "}");
  for (int depth = 1; depth < kDepthMax; ++depth) {
    Proto outer;
    *outer.mutable_not_() = deep;
    deep = outer;
  }
  CHECK(Compile(deep, People(), "p").ok());
  Proto deeper;
  *deeper.mutable_not_() = deep;
  CHECK(ReasonOf(Compile(deeper, People(), "p").status()) ==
        status::v1::REASON_CODE_PREDICATE_UNFIT);

  Proto wide;
  for (int i = 1; i < kConditionsMax; ++i) {
    *wide.mutable_all()->add_of() = Parse("is_null { " + kName + "}");
  }
  CHECK(Compile(wide, People(), "p").ok());
  *wide.mutable_all()->add_of() = Parse("is_null { " + kName + "}");
  CHECK(FieldOf(Compile(wide, People(), "p").status()) == "p.all.of[255]");
}

TEST_CASE("A list may hold ten thousand texts") {
  Proto proto = Parse("in { " + kName + "}");
  for (int i = 0; i < kInValuesMax; ++i) {
    proto.mutable_in()->add_values(absl::StrCat(330'000 + i));
  }
  CHECK(Truths(proto, Names({"330000", "339999", "340000", PlainCell(), ""})) ==
        std::vector<int>{2, 2, 0, 1, 0});
  proto.mutable_in()->add_values(absl::StrCat(1));
  CHECK(FieldOf(Compile(proto, People(), "p").status()) == "p.in.values");
}

TEST_CASE("A column of another type than its field's is unknown") {
  PlainBatch batch;
  batch.row_count = 2;
  batch.columns.push_back({2, types::DATA_TYPE_STRING, {"1", PlainCell()}});
  const std::vector<int> unknown = {1, 1};
  CHECK(Truths(Parse("compare { " + kAge + "value: \"1\" }"), batch) ==
        unknown);
  CHECK(Truths(Parse("is_null { " + kAge + "}"), batch) == unknown);
  CHECK(Truths(Parse("not { is_null { " + kAge + "} }"), batch) == unknown);
}

TEST_CASE("A column that is left out is null") {
  const PlainBatch batch = Names({"a", PlainCell()});
  CHECK(Truths(Parse("is_null { " + kAge + "}"), batch) ==
        std::vector<int>{2, 2});
  CHECK(Truths(Parse("is_null { " + kName + "}"), batch) ==
        std::vector<int>{0, 2});
}

TEST_CASE("FieldsOf lists each field once, ascending") {
  CHECK(FieldsOf(Parse("all { of { not { is_null { " + kAlive +
                       "} } } of { any { of { in { " + kAge +
                       "} } of { prefix { " + kName + "} } of { range { " +
                       kAge + "} } of { compare { " + kPhoto + "} } } } }")) ==
        std::vector<uint32_t>{1, 2, 3, 4});
}

}  // namespace
}  // namespace sluice::predicate
