#include "libs/publish/misfit.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "libs/desensitize/semantic_examples.h"

namespace sluice::publish {
namespace {

using namespace catalog::v1;  // NOLINT: names of one proto package
using records::v1::DataType;

const absl::CivilDay kToday(2026, 3, 31);

Field FieldOf(SemanticType meaning,
              DataType type = records::v1::DATA_TYPE_STRING) {
  Field field;
  field.set_type(type);
  field.set_scale(2);
  field.set_semantic_type(meaning);
  return field;
}

// "fits", or why not.
std::string Judge(const Field& field, const records::Value& value) {
  REQUIRE(IsChecked(field));
  const auto misfit = FindMisfit(field, value, kToday);
  return misfit ? std::string(MisfitName(*misfit)) : "fits";
}

std::string JudgeText(SemanticType meaning, absl::string_view text) {
  records::Value value;
  value.is_null = false;
  value.text = text;
  return Judge(FieldOf(meaning), value);
}

std::string JudgeNumber(SemanticType meaning, int64_t number,
                        DataType type = records::v1::DATA_TYPE_INT64) {
  records::Value value;
  value.is_null = false;
  value.integer = number;
  return Judge(FieldOf(meaning, type), value);
}

TEST_CASE("the example of every semantic type fits, and others' do not") {
  for (const auto& example : desensitize::SemanticExamples()) {
    if (example.type != records::v1::DATA_TYPE_STRING) continue;
    CAPTURE(std::string(example.value));
    CHECK(JudgeText(example.meaning, example.value) == "fits");
    CHECK(JudgeText(example.meaning, "无此值??") == "form");
  }
}

TEST_CASE("a text that does not fit says why") {
  const std::vector<
      std::pair<SemanticType, std::vector<std::pair<std::string, std::string>>>>
      cases = {
          {SEMANTIC_TYPE_RESIDENT_ID,
           {{"11010519491231002x", "lower_case"},
            {"１１０１０５１９４９１２３１００２Ｘ", "full_width"},
            {"１１０１０５１９４９１２３１００２ｘ", "full_width"},
            {" 11010519491231002X", "spaces"},
            {"11010519491231002X\t", "spaces"},
            {"　11010519491231002X", "full_width"},
            {"110105491231002", "old_form"},
            {"110105194912310021", "check_character"},
            {"110105194902290021", "date"},
            {"110105204912310021", "date"},
            {"110105180012310021", "date"},
            {"1101051949123100", "form"},
            {"11010519491231002Y", "form"}}},
          {SEMANTIC_TYPE_USCC,
           {{"91350100m000100y43", "lower_case"},
            {"91350100M000100Y44", "check_character"},
            {"91350100M000100I43", "form"}}},
          {SEMANTIC_TYPE_BANK_CARD,
           {{"4111111111111112", "check_character"},
            {"4111 1111 1111 1111", "form"},
            {"411111111111", "form"}}},
          {SEMANTIC_TYPE_BIRTH_DATE,
           {{"19870823", "fits"},
            {"2026-04-02", "date"},
            {"1987-02-30", "date"},
            {"1849-12-31", "date"}}},
          {SEMANTIC_TYPE_PHONE,
           {{"+8613812345678", "form"},
            {"１３８１２３４５６７８", "full_width"}}},
          {SEMANTIC_TYPE_PERSON_NAME,
           {{"张伟 ", "spaces"}, {"买买提•艾力", "form"}, {"张伟1", "form"}}},
          {SEMANTIC_TYPE_ADDRESS,
           {{"西湖区文二西路1号", "form"}, {"浙江省", "fits"}}},
          {SEMANTIC_TYPE_POINT,
           {{"39.916527,116.397128", "range"},
            {"116.397128，39.916527", "full_width"}}},
          {SEMANTIC_TYPE_PLATE, {{"京a12345", "lower_case"}}},
          {SEMANTIC_TYPE_PASSPORT, {{"e12345678", "lower_case"}}},
          {SEMANTIC_TYPE_ICD10, {{"j45.9", "lower_case"}, {"J459", "form"}}},
          {SEMANTIC_TYPE_AMOUNT, {{"12.50", "fits"}, {"1,000.00", "form"}}},
          {SEMANTIC_TYPE_SEX, {{"１", "full_width"}, {"M", "form"}}},
      };
  for (const auto& [meaning, values] : cases) {
    for (const auto& [text, verdict] : values) {
      CAPTURE(text);
      CHECK(JudgeText(meaning, text) == verdict);
    }
  }
}

TEST_CASE("a text far longer than any of its type has another form") {
  for (int meaning = 1; SemanticType_IsValid(meaning); ++meaning) {
    // The zero's width does not matter.
    const std::string long_text(100'000, '0');
    const std::string verdict =
        JudgeText(static_cast<SemanticType>(meaning), long_text);
    CHECK((verdict == "form" || verdict == "date"));
  }
}

TEST_CASE("numbers and days are held to what they mean") {
  CHECK(JudgeNumber(SEMANTIC_TYPE_PHONE, 13812345678) == "fits");
  CHECK(JudgeNumber(SEMANTIC_TYPE_PHONE, 138123456789) == "form");
  CHECK(JudgeNumber(SEMANTIC_TYPE_RESIDENT_ID, 360426199101010071) == "fits");
  CHECK(JudgeNumber(SEMANTIC_TYPE_SEX, 3) == "form");
  CHECK(JudgeNumber(SEMANTIC_TYPE_SEX, INT64_MIN) == "form");
  CHECK(JudgeNumber(SEMANTIC_TYPE_DIVISION_CODE, 110105) == "fits");
  CHECK(JudgeNumber(SEMANTIC_TYPE_BIRTH_DATE, 19870823) == "fits");
  CHECK(JudgeNumber(SEMANTIC_TYPE_AMOUNT, -12'345) == "fits");
  CHECK(JudgeNumber(SEMANTIC_TYPE_AMOUNT, INT64_MAX) == "range");

  using records::v1::DATA_TYPE_DATE;
  using records::v1::DATA_TYPE_TIMESTAMP;
  const int64_t today = kToday - absl::CivilDay(1970, 1, 1);
  constexpr int64_t kDay = int64_t{86'400} * 1'000'000;
  for (const auto& [day, verdict] :
       std::vector<std::pair<int64_t, std::string>>{{0, "fits"},
                                                    {-1, "fits"},
                                                    {today + 1, "fits"},
                                                    {today + 2, "date"},
                                                    {-43'829, "fits"},
                                                    {-43'830, "date"}}) {
    CAPTURE(day);
    CHECK(JudgeNumber(SEMANTIC_TYPE_BIRTH_DATE, day, DATA_TYPE_DATE) ==
          verdict);
    CHECK(JudgeNumber(SEMANTIC_TYPE_BIRTH_DATE, day * kDay + kDay - 1,
                      DATA_TYPE_TIMESTAMP) == verdict);
  }

  records::Value value;
  value.is_null = false;
  value.real = 1e16;
  CHECK(Judge(FieldOf(SEMANTIC_TYPE_AMOUNT, records::v1::DATA_TYPE_DOUBLE),
              value) == "range");
  value.decimal = 123'450;
  CHECK(Judge(FieldOf(SEMANTIC_TYPE_AMOUNT, records::v1::DATA_TYPE_DECIMAL128),
              value) == "fits");
  value.decimal = absl::int128(int64_t{1'000'000'000'000'000}) * 100;
  CHECK(Judge(FieldOf(SEMANTIC_TYPE_AMOUNT, records::v1::DATA_TYPE_DECIMAL128),
              value) == "range");
}

TEST_CASE("a column in which a meaning cannot be told is not looked at") {
  using namespace records::v1;  // NOLINT: names of one proto package
  CHECK_FALSE(IsChecked(FieldOf(SEMANTIC_TYPE_UNSPECIFIED)));
  CHECK_FALSE(IsChecked(FieldOf(SEMANTIC_TYPE_PHONE, DATA_TYPE_BYTES)));
  CHECK_FALSE(IsChecked(FieldOf(SEMANTIC_TYPE_PHONE, DATA_TYPE_DOUBLE)));
  CHECK_FALSE(IsChecked(FieldOf(SEMANTIC_TYPE_EMAIL, DATA_TYPE_INT64)));
  CHECK_FALSE(IsChecked(FieldOf(SEMANTIC_TYPE_SEX, DATA_TYPE_BOOL)));
  CHECK_FALSE(IsChecked(FieldOf(SEMANTIC_TYPE_PHONE, DATA_TYPE_DATE)));
}

}  // namespace
}  // namespace sluice::publish
