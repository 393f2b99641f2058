// Goes over all semantic types and levels: a bare `mask: {}` is strong enough,
// takes the type's own values, and leaves nothing of them that it should not.
#include "libs/desensitize/semantics.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/semantic_examples.h"
#include "libs/desensitize/treatment.h"
#include "libs/desensitize/typed_lines.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

Field FieldOf(const SemanticExample& example, int level) {
  Field field;
  field.set_id(1);
  field.set_name("value");
  field.set_type(example.type);
  field.set_scale(kExampleScale);
  field.set_semantic_type(example.meaning);
  field.set_sensitivity(static_cast<catalog::v1::Sensitivity>(level));
  return field;
}

Treatment ResolveBareMask(const Field& field) {
  Treatment bare;
  bare.mutable_mask();
  const auto resolved = ResolveTreatment(bare, field, "t");
  INFO(resolved.status().message());
  REQUIRE(resolved.ok());
  return *resolved;
}

// What `example` becomes at `level`.
std::string Become(const SemanticExample& example, int level) {
  const Field field = FieldOf(example, level);
  const Treatment resolved = ResolveBareMask(field);
  OperatorKeys keys;
  keys.pseudonym_secret = std::string(32, 'k');
  const auto compiled = CompileOperator(resolved, field, keys);
  REQUIRE(compiled.ok());
  records::ColumnBuilder builder(1, example.type);
  REQUIRE(
      AppendLine(example.value, example.type, kExampleScale, &builder).ok());
  const Treated treated = (*compiled)->Apply(builder.Finish());
  CHECK(treated.untreatable == 0);
  return LineOf(treated.column, 0, kExampleScale);
}

TEST_CASE("there is an example of every semantic type") {
  int meaning = 0;
  for (const SemanticExample& example : SemanticExamples()) {
    CHECK(example.meaning == ++meaning);
  }
  CHECK(meaning == catalog::v1::SemanticType_MAX);
}

TEST_CASE("a bare mask is strong enough at every level that may leave") {
  for (const SemanticExample& example : SemanticExamples()) {
    for (int level = 1; level <= 4; ++level) {
      const Field field = FieldOf(example, level);
      CAPTURE(std::string(SemanticTypeName(example.meaning)), level);
      CHECK(CheckStrength(ResolveBareMask(field), field, "t").ok());
    }
    CHECK_FALSE(CheckStrength(ResolveBareMask(FieldOf(example, 5)),
                              FieldOf(example, 5), "t")
                    .ok());
  }
}

TEST_CASE("up to L3 a bare mask makes of a value what is customary") {
  const std::map<std::string, std::string> customary = {
      {"RESIDENT_ID", "110105********002X"},
      {"USCC", "91************0Y43"},
      {"DIVISION_CODE", "110105"},
      {"PERSON_NAME", "王**"},
      {"PHONE", "138****5678"},
      {"ADDRESS", "浙江省杭州市西湖区"},
      {"BIRTH_DATE", "1987-01-01"},
      {"SEX", "null"},
      {"BANK_CARD", "411111******1111"},
      {"EMAIL", "z********@example.com"},
      {"PLATE", "京A***45"},
      {"PASSPORT", "E******78"},
      {"ICD10", "J******"},
      {"AMOUNT", "1000.00"},
      {"POINT", "116.39,39.91"},
  };
  for (const SemanticExample& example : SemanticExamples()) {
    const std::string name(SemanticTypeName(example.meaning));
    CAPTURE(name);
    for (int level = 0; level <= 3; ++level) {
      CHECK(Become(example, level) == customary.at(name));
    }
  }
}

TEST_CASE("at L4 a bare mask leaves a pseudonym or nothing") {
  for (const SemanticExample& example : SemanticExamples()) {
    CAPTURE(std::string(SemanticTypeName(example.meaning)));
    const std::string left = Become(example, 4);
    const bool is_pseudonym =
        left.size() == 32 &&
        left.find_first_not_of("0123456789abcdef") == std::string::npos;
    CHECK((is_pseudonym || left == "null"));
  }
}

TEST_CASE("amounts of every size and sign fall into a bucket below them") {
  SemanticExample example = {catalog::v1::SEMANTIC_TYPE_AMOUNT,
                             records::v1::DATA_TYPE_INT64, ""};
  for (const auto& [amount, bucket] :
       std::map<std::string, std::string>{{"0", "0"},
                                          {"99", "0"},
                                          {"100", "100"},
                                          {"350", "100"},
                                          {"4999", "1000"},
                                          {"2345678", "1000000"},
                                          {"987654321012", "10000000"},
                                          {"-1", "-100"},
                                          {"-350", "-500"},
                                          {"-10000000", "-10000000"}}) {
    CAPTURE(amount);
    example.value = amount;
    CHECK(Become(example, 3) == bucket);
  }
}

}  // namespace
}  // namespace sluice::desensitize
