#include "libs/predicate/pin_fields.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>

#include "sluice/agreement/v1/predicate.pb.h"
#include "sluice/agreement/v1/treatment.pb.h"

namespace sluice::predicate {
namespace {

using agreement::v1::Predicate;
using agreement::v1::Treatment;

catalog::v1::Resource People() {
  catalog::v1::Resource resource;
  for (const auto& [id, name] : {std::pair(3, "age"), std::pair(7, "town")}) {
    auto* const field = resource.add_fields();
    field->set_id(static_cast<uint32_t>(id));
    field->set_name(name);
  }
  return resource;
}

template <typename T>
T Parse(const std::string& text) {
  T message;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST_CASE("every field that a condition names gets its id") {
  auto predicate = Parse<Predicate>(
      "all {of {compare {field {name: 'age'}}}"
      " of {not {any {of {in {field {name: 'town'}}}"
      " of {is_null {field {name: 'age'}}}}}}"
      " of {prefix {field {name: 'town'}}} of {range {field {name: 'age'}}}}");
  CHECK(PinFields(People(), "row_filter", &predicate).empty());
  CHECK(predicate.ShortDebugString() ==
        Parse<Predicate>("all {of {compare {field {id: 3 name: 'age'}}}"
                         " of {not {any {of {in {field {id: 7 name: 'town'}}}"
                         " of {is_null {field {id: 3 name: 'age'}}}}}}"
                         " of {prefix {field {id: 7 name: 'town'}}}"
                         " of {range {field {id: 3 name: 'age'}}}}")
            .ShortDebugString());
}

TEST_CASE("a field that is not there is told with its place") {
  auto predicate = Parse<Predicate>(
      "any {of {is_null {field {name: 'age'}}}"
      " of {is_null {field {name: 'nickname'}}}}");
  const auto missing = PinFields(People(), "row_filter", &predicate);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].name == "nickname");
  CHECK(missing[0].path == "row_filter.any.of[1].is_null.field");
  CHECK(predicate.any().of(0).is_null().field().id() == 3);
}

TEST_CASE("conditions inside treatments are found, with the place of a miss") {
  auto treatment = Parse<Treatment>(
      "conditional {when {compare {field {name: 'age'}}}"
      " then {withhold {}}"
      " otherwise {conditional {when {any {of {is_null {field {name: 'age'}}}"
      " of {is_null {field {name: 'nickname'}}}}}"
      " then {keep {}} otherwise {keep {}}}}}");
  const auto missing = PinFields(People(), "fields[\"note\"]", &treatment);
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].name == "nickname");
  CHECK(missing[0].path ==
        "fields[\"note\"].conditional.otherwise.conditional.when.any.of[1]"
        ".is_null.field");
  CHECK(treatment.conditional().when().compare().field().id() == 3);
  CHECK(treatment.conditional()
            .otherwise()
            .conditional()
            .when()
            .any()
            .of(0)
            .is_null()
            .field()
            .id() == 3);
}

TEST_CASE("an id that is there stays, for the registry to judge") {
  auto predicate = Parse<Predicate>("is_null {field {id: 9 name: 'age'}}");
  CHECK(PinFields(People(), "", &predicate).empty());
  CHECK(predicate.is_null().field().id() == 9);
}

}  // namespace
}  // namespace sluice::predicate
