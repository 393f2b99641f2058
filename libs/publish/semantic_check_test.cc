#include "libs/publish/semantic_check.h"

#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::publish {
namespace {

using catalog::v1::Resource;

const absl::CivilDay kToday(2026, 3, 31);

// Fields whose ids do not ascend: phone (9), note (3), born (5).
Resource People() {
  Resource resource;
  const auto add = [&](uint32_t id, const char* name,
                       records::v1::DataType type,
                       catalog::v1::SemanticType meaning) {
    catalog::v1::Field* field = resource.add_fields();
    field->set_id(id);
    field->set_name(name);
    field->set_type(type);
    field->set_semantic_type(meaning);
  };
  add(9, "phone", records::v1::DATA_TYPE_STRING,
      catalog::v1::SEMANTIC_TYPE_PHONE);
  add(3, "note", records::v1::DATA_TYPE_STRING,
      catalog::v1::SEMANTIC_TYPE_UNSPECIFIED);
  add(5, "born", records::v1::DATA_TYPE_DATE,
      catalog::v1::SEMANTIC_TYPE_BIRTH_DATE);
  return resource;
}

// Ascending by id; an empty phone is an empty text, not a null.
std::vector<records::Value> Person(const char* note, int64_t born,
                                   const char* phone) {
  std::vector<records::Value> values(3);
  for (records::Value& value : values) value.is_null = false;
  values[0].text = note;
  values[1].integer = born;
  values[2].text = phone;
  return values;
}

TEST_CASE(
    "what does not fit is counted by field and reason, and fits nothing") {
  const Resource people = People();
  SemanticCheck check(people, kToday);
  CHECK(check.counts().empty());
  CHECK(check.Check(Person("13812345678", 0, "13812345678")));
  CHECK(check.Check(Person("?", 0, "")));
  std::vector<records::Value> nulls(3);
  CHECK(check.Check(nulls));
  CHECK(check.counts().empty());

  CHECK_FALSE(check.Check(Person("", 0, "138123456789")));
  CHECK_FALSE(check.Check(Person("", 0, " 13812345678")));
  CHECK_FALSE(check.Check(Person("", 100'000, "x")));
  std::vector<std::tuple<std::string, Misfit, uint64_t>> counts;
  for (const MisfitCount& count : check.counts()) {
    counts.emplace_back(count.field, count.reason, count.count);
  }
  CHECK(counts == std::vector<std::tuple<std::string, Misfit, uint64_t>>{
                      {"phone", Misfit::kSpaces, 1},
                      {"phone", Misfit::kForm, 2},
                      {"born", Misfit::kDate, 1}});
}

TEST_CASE("the problem names field and reason, and no value") {
  const Resource people = People();
  SemanticCheck check(people, kToday);
  CHECK_FALSE(check.Check(Person("", 0, "13812345678 ")));
  CHECK(check.Problem() ==
        "field phone is no PHONE: there are spaces around it; correct it at "
        "its source, or let such records pass with on_misfit: COUNT");
}

}  // namespace
}  // namespace sluice::publish
