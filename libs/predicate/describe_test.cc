#include "libs/predicate/describe.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <string>

namespace sluice::predicate {
namespace {

std::string Described(const std::string& text) {
  agreement::v1::Predicate predicate;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &predicate));
  return Describe(predicate);
}

TEST_CASE("A predicate reads like a sentence") {
  CHECK(Described(R"(
    all {
      of { prefix { field { id: 2 name: "division" } prefix: "3301" } }
      of { any {
        of { compare { field { id: 3 name: "age" } is: GREATER_OR_EQUAL
                       value: "14" } }
        of { is_null { field { id: 4 name: "guardian" } } }
      } }
    })") == "division starts with 3301 and (age >= 14 or guardian is null)");
  CHECK(Described(R"(
    not { range { field { id: 5 name: "birth" } from: "2000-01-01"
                  below: "2010-01-01" } })") ==
        "not (2000-01-01 <= birth < 2010-01-01)");
  CHECK(Described(R"(range { field { name: "birth" } below: "2010-01-01" })") ==
        "birth < 2010-01-01");
  CHECK(Described(R"(range { field { name: "birth" } from: "2010-01-01" })") ==
        "birth >= 2010-01-01");
  CHECK(Described(R"(compare { field { name: "a" } value: "1" })") == "a = 1");
  CHECK(Described("") == "?");
}

TEST_CASE("Long lists are cut") {
  std::string text = R"(in { field { name: "code" } )";
  for (int i = 1; i <= 10; ++i) text += "values: \"" + std::to_string(i) + "\"";
  CHECK(Described(text + "}") ==
        "code in (1, 2, 3, 4, 5, 6, 7, 8, and 2 more)");
}

TEST_CASE("What could be taken for something else stands in quotes") {
  CHECK(Described(R"(compare { field { name: "a" } value: "x or b = 1" })") ==
        "a = \"x or b = 1\"");
  CHECK(Described(R"(compare { field { name: "a" } value: "杭州" })") ==
        "a = \"杭州\"");
  CHECK(Described(R"(compare { field { name: "a" } value: "\033[2J\"" })") ==
        "a = \"\\033[2J\\\"\"");
  CHECK(Described(R"(compare { field { name: "a" } value: "" })") ==
        "a = \"\"");
}

}  // namespace
}  // namespace sluice::predicate
