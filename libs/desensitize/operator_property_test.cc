// Every operator on random columns against treatment_oracle.h, and what must
// hold of every output: it is a valid column of FieldAfter's type, and no
// hidden part of a value is anywhere in it.
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/desensitize/treatment_oracle.h"
#include "libs/identifiers/bank_card.h"
#include "libs/records/batch.h"
#include "libs/records/batch_oracle.h"

namespace sluice::desensitize {
namespace {

using records::DataType;
using records::PlainCell;
using records::PlainColumn;
using records::PlainValue;
using Random = std::mt19937_64;

const std::string kSecret(32, 's');

OperatorKeys Keys() {
  OperatorKeys keys;
  keys.pseudonym_secret = kSecret;
  return keys;
}

Treatment Parse(const std::string& text) {
  Treatment treatment;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(text, &treatment));
  return treatment;
}

Field FieldOf(DataType type) {
  Field field;
  field.set_id(7);
  field.set_name("value");
  field.set_type(type);
  return field;
}

size_t Below(Random* random, size_t bound) { return (*random)() % bound; }

template <typename T>
const T& AnyOf(const std::vector<T>& values, Random* random) {
  return values[Below(random, values.size())];
}

// Characters of one to four bytes, combining marks and separators among them.
std::string RandomText(Random* random) {
  static const std::vector<std::string> characters = {"a",
                                                      "Z",
                                                      "7",
                                                      " ",
                                                      "é",
                                                      "·",
                                                      "е",
                                                      "́",
                                                      "张",
                                                      "欧",
                                                      "阳",
                                                      "三",
                                                      "省",
                                                      "市",
                                                      "\xF0\xA0\x80\x80",
                                                      "\xF0\xAF\xA0\x80",
                                                      "＊",
                                                      "５",
                                                      "ｂ",
                                                      "Ｃ",
                                                      "-",
                                                      "*",
                                                      "\xEF\xBF\xBD"};
  const size_t length =
      Below(random, 40) == 0 ? 300 + Below(random, 200) : Below(random, 12);
  std::string text;
  for (size_t i = 0; i < length; ++i) text += AnyOf(characters, random);
  return text;
}

std::string RandomAscii(Random* random) {
  std::string text;
  for (size_t n = Below(random, 22); n > 0; --n) {
    text += static_cast<char>(' ' + Below(random, 95));
  }
  return text;
}

std::string RandomName(Random* random) {
  static const std::vector<std::string> families = {
      "张", "欧阳", "司马", "诸葛", "王", "买买提", "\xF0\xA0\x80\x80"};
  static const std::vector<std::string> given = {
      "伟", "秀英", "·艾力", "·", "··", "", "阳", "·艾力·江"};
  return AnyOf(families, random) + AnyOf(given, random);
}

// Mostly right, with a mistake now and then.
std::string RandomDigits(Random* random) {
  static const std::vector<size_t> lengths = {11, 11, 11, 11, 12, 9,
                                              6,  10, 2,  13, 30};
  std::string text = "1";
  const size_t length = AnyOf(lengths, random);
  while (text.size() < length)
    text += static_cast<char>('0' + Below(random, 10));
  if (Below(random, 6) == 0) {
    static const std::vector<char> wrong = {'/', ':', 'x', ' ', '-', '\0'};
    text[Below(random, text.size())] = AnyOf(wrong, random);
  }
  return text;
}

// E-mail addresses, cards, plates and codes of a hierarchy, some with a
// mistake.
std::string RandomForm(Random* random) {
  static const std::vector<std::string> forms = {"zhang.wei@example.com",
                                                 "a@b.cn",
                                                 "a.b+c@mail.example.org",
                                                 "4111111111111111",
                                                 "6222020000000003",
                                                 "5555555555554444",
                                                 "6205500000000000004",
                                                 "京A12345",
                                                 "浙AD12345",
                                                 "沪B1234学",
                                                 "J45",
                                                 "J45.0",
                                                 "I10"};
  std::string text = AnyOf(forms, random);
  if (Below(random, 4) == 0) {
    static const std::vector<std::string> noise = {"@", ".",  "4",
                                                   "A", "张", "O"};
    const std::string& piece = AnyOf(noise, random);
    if (Below(random, 2) == 0) {
      text += piece;
    } else {
      text.insert(0, piece);
    }
  }
  return text;
}

std::string RandomString(Random* random, size_t flavour) {
  switch (flavour) {
    case 0:
      return RandomText(random);
    case 1:
      return RandomAscii(random);
    case 2:
      return RandomName(random);
    case 3:
      return RandomForm(random);
    default:
      return RandomDigits(random);
  }
}

// Numbers of one length, cards among them, and now and then one that is none.
std::string RandomNumber(size_t length, Random* random) {
  std::string text = length == 11 ? "13" : "";
  while (text.size() + 1 < length)
    text += static_cast<char>('0' + Below(random, 10));
  text += identifiers::LuhnDigit(text);
  if (Below(random, 1000) == 0) text += '0';
  if (Below(random, 1000) == 0 && length > 1) {
    text.replace(Below(random, length - 1), 2, "é");
  }
  return text;
}

// ASCII alone, of many lengths, around a vector's too.
std::string RandomLine(Random* random) {
  std::string text;
  const size_t length =
      Below(random, 6) == 0 ? 58 + Below(random, 12) : Below(random, 24);
  while (text.size() < length) {
    text += Below(random, 8) == 0 ? "@7"[Below(random, 2)]
                                  : static_cast<char>('a' + Below(random, 26));
  }
  return text;
}

// Numbers and moments as most columns have, and now and then one that is far.
PlainValue RandomNear(DataType type, Random* random) {
  if (Below(random, 400) == 0) return records::RandomPlainValue(type, random);
  constexpr int64_t kDay = 86'400'000'000;
  const int64_t number =
      static_cast<int64_t>((*random)()) >> (14 + Below(random, 50));
  switch (type) {
    case records::v1::DATA_TYPE_DATE:
      return static_cast<int32_t>(Below(random, 73'100)) - 25'530;
    case records::v1::DATA_TYPE_TIMESTAMP:
      return (static_cast<int64_t>(Below(random, 73'100)) - 25'530) * kDay +
             AnyOf<int64_t>({0, kDay - 1, 43'199'999'999}, random);
    case records::v1::DATA_TYPE_DECIMAL128:
      return absl::int128(number);
    case records::v1::DATA_TYPE_DOUBLE:
      return static_cast<double>(number) / 256;
    case records::v1::DATA_TYPE_INT64:
      return number;
    default:
      return records::RandomPlainValue(type, random);
  }
}

// Licence plates, and now and then what is almost one.
std::string RandomPlate(Random* random) {
  static const std::vector<std::string> heads = {"京A", "浙O", "沪Z"};
  static const std::string letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  std::string text = AnyOf(heads, random);
  for (size_t n = 4 + Below(random, 2); n > 0; --n) {
    text += letters[Below(random, letters.size())];
  }
  text += Below(random, 30) == 0 ? "学" : "8";
  const size_t mistake = Below(random, 60);
  if (mistake == 1) text.erase(3 + Below(random, 4), 1);
  if (mistake == 2) text.replace(0, 3, "国");
  if (mistake == 3) text.append(70, '1');
  if (mistake != 0) return text;
  static const std::vector<std::string> wrong = {"I", "O", "a", "@", "张"};
  text.insert(Below(random, 2) == 0 ? 0 : 3 + Below(random, 5),
              AnyOf(wrong, random));
  return text;
}

PlainColumn RandomColumn(DataType type, Random* random) {
  PlainColumn column;
  column.field_id = 7;
  column.type = type;
  const size_t rows = 1 + Below(random, 200);
  const size_t flavour = Below(random, 7);
  const size_t length = AnyOf<size_t>({1, 6, 9, 11, 12, 16, 18, 19}, random);
  // No nulls at all, a few, or nothing else.
  const size_t nulls_in_ten = AnyOf<size_t>({0, 0, 2, 5, 10}, random);
  for (size_t i = 0; i < rows; ++i) {
    PlainCell cell;
    if (Below(random, 10) >= nulls_in_ten) {
      cell = flavour > 1 ? RandomNear(type, random)
                         : records::RandomPlainValue(type, random);
      if (type == records::v1::DATA_TYPE_STRING && flavour == 6) {
        cell = RandomLine(random);
      } else if (type == records::v1::DATA_TYPE_STRING &&
                 Below(random, 8) != 0) {
        cell = flavour == 5 ? RandomNumber(length, random)
                            : RandomString(random, flavour);
      }
      // Days in a row, from the first that have a quick way.
      if (type == records::v1::DATA_TYPE_DATE && flavour == 2) {
        cell = -25'508 + static_cast<int32_t>(i % 1500);
      }
    }
    column.cells.push_back(std::move(cell));
  }
  return column;
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
  const auto parsed = records::ParseBatch(SharedBytes::Own(bytes));
  REQUIRE(parsed.ok());
  return records::ReadBatch(*parsed).columns.at(0);
}

void CheckAgainstOracle(const Treatment& treatment, const PlainColumn& plain,
                        uint32_t scale = 0) {
  Field field = FieldOf(plain.type);
  field.set_scale(scale);
  const auto resolved = ResolveTreatment(treatment, field, "treatment");
  REQUIRE(resolved.ok());
  const auto compiled = CompileOperator(*resolved, field, Keys());
  REQUIRE(compiled.ok());
  const records::Column input = records::BuildColumn(plain);
  const Treated treated = (*compiled)->Apply(input);

  PlainColumn expected;
  expected.field_id = plain.field_id;
  expected.type = FieldAfter(*resolved, field).type();
  uint64_t untreatable = 0;
  for (const PlainCell& cell : plain.cells) {
    PlainCell out;
    if (cell) {
      out = TreatSlowly(*resolved, plain.type, *cell, kSecret,
                        {field.id(), scale, {}, {}});
    }
    if (cell && !out && !resolved->has_withhold()) ++untreatable;
    expected.cells.push_back(std::move(out));
  }
  CHECK(treated.untreatable == untreatable);
  CHECK(ReadBack(treated.column) == expected);
  // The input is as it was.
  CHECK(ReadBack(input) == plain);
}

using TreatmentsOfTypes =
    std::vector<std::pair<std::string, std::vector<DataType>>>;

void CheckAllAgainstOracle(const TreatmentsOfTypes& treatments) {
  Random random(1);
  for (const auto& [text, types] : treatments) {
    const Treatment treatment = Parse(text);
    for (const DataType type : types) {
      CAPTURE(text, type);
      for (int i = 0; i < 42; ++i) {
        // What the CPU lacks is left out by itself.
        const CpuLevelCap cap(AnyOf<CpuLevel>(
            {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512},
            &random));
        CheckAgainstOracle(treatment, RandomColumn(type, &random));
      }
    }
  }
}

TEST_CASE("numbers and dates agree with the oracle on random columns") {
  using namespace records::v1;  // NOLINT(google-build-using-namespace)
  CheckAllAgainstOracle({
      {"generalize {date {unit: YEAR}}", {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {date {unit: QUARTER}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {date {unit: MONTH}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {date {unit: DAY}}", {DATA_TYPE_TIMESTAMP}},
      {"generalize {weekday {}}", {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {age {as_of: '2024-02-29'}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {age {as_of: '2026-01-31' band_years: 5}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {bucket {width: '10'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE}},
      {"generalize {bucket {width: '8589934592'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE}},
      {"generalize {bucket {width: '0.5'}}", {DATA_TYPE_DOUBLE}},
      {"generalize {bucket {bounds: ['-100', '0', '18', '1000000']}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE}},
      {"generalize {bucket {bounds: ['-9', '-8', '-7', '-6', '-5', '1',"
       " '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['-9000000000000000000', '-8', '0',"
       " '3', '4', '5', '6', '7', '8']}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['-9223372036854775809', '0']}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['0', '9223372036854775808',"
       " '99999999999999999999999999999999999999']}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['9223372036854775808']}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {round {step: '7'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DECIMAL128}},
      {"generalize {round {step: '1000'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DECIMAL128}},
      {"generalize {round {step: '100000000000000000000'}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {width: '1000'}}", {DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {width: '18446744073709551617'}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {clamp {min: '-9223372036854775809' max: '120'}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {clamp {min: '9223372036854775808'}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {clamp {max: "
       "'-99999999999999999999999999999999999999'}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {round {step: '0.25'}}", {DATA_TYPE_DOUBLE}},
      {"generalize {clamp {min: '-5'}}", {DATA_TYPE_INT64, DATA_TYPE_DOUBLE}},
      {"generalize {clamp {min: '0' max: '120'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
  });
}

TEST_CASE("every other operator agrees with the oracle on random columns") {
  using namespace records::v1;  // NOLINT(google-build-using-namespace)
  CheckAllAgainstOracle({
      {"keep {}",
       {DATA_TYPE_BOOL, DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128,
        DATA_TYPE_STRING, DATA_TYPE_BYTES, DATA_TYPE_DATE,
        DATA_TYPE_TIMESTAMP}},
      {"withhold {}",
       {DATA_TYPE_BOOL, DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128,
        DATA_TYPE_STRING, DATA_TYPE_BYTES, DATA_TYPE_DATE,
        DATA_TYPE_TIMESTAMP}},
      {"mask {keep_ends {first: 1}}", {DATA_TYPE_STRING}},
      {"mask {keep_ends {last: 2}}", {DATA_TYPE_STRING}},
      {"mask {keep_ends {first: 6 last: 4}}", {DATA_TYPE_STRING}},
      {"mask {keep_ends {first: 2 last: 1} symbol: '＊'}", {DATA_TYPE_STRING}},
      {"mask {keep_ends {first: 64 last: 64} symbol: '·'}", {DATA_TYPE_STRING}},
      {"mask {name {}}", {DATA_TYPE_STRING}},
      {"mask {name {} symbol: '某'}", {DATA_TYPE_STRING}},
      {"mask {phone {}}", {DATA_TYPE_STRING}},
      {"mask {phone {} symbol: '●'}", {DATA_TYPE_STRING}},
      {"pseudonym {}",
       {DATA_TYPE_STRING, DATA_TYPE_BYTES, DATA_TYPE_INT64, DATA_TYPE_DATE}},
      {"pseudonym {length: 17}", {DATA_TYPE_STRING, DATA_TYPE_DATE}},
      {"pseudonym {format: BASE32 length: 52}",
       {DATA_TYPE_STRING, DATA_TYPE_BYTES, DATA_TYPE_INT64, DATA_TYPE_DATE}},
      {"pseudonym {format: BASE32 length: 13}", {DATA_TYPE_BYTES}},
      {"generalize {hierarchy {level: 1 csv: "
       "'J45,J4,J\\nJ45.0,J4,J\\nI10,I1,I\\n'}}",
       {DATA_TYPE_STRING}},
      {"generalize {hierarchy {level: 2 csv: "
       "'J45,J4,J00-J99\\nI10,I1,循环\\n'}}",
       {DATA_TYPE_STRING}},
      {"generalize {hierarchy {level: 1 csv: "
       "'J45,慢性下呼吸道疾病\\nI10,高血压病\\n'}}",
       {DATA_TYPE_STRING}},
      {"generalize {hierarchy {level: 1 csv: 'J45,J\\n"
       "a.b+c@mail.example.org,a place of somebody in an office\\n"
       "4111111111111111,card\\n'}}",
       {DATA_TYPE_STRING}},
      {"mask {hide_range {from: 2 to: 4}}", {DATA_TYPE_STRING}},
      {"mask {hide_range {from: 1 to: 1} symbol: '＊'}", {DATA_TYPE_STRING}},
      {"mask {hide_range {from: 5 to: 65536}}", {DATA_TYPE_STRING}},
      {"mask {hide_range {from: 62 to: 66}}", {DATA_TYPE_STRING}},
      {"mask {keep_range {from: 2 to: 3}}", {DATA_TYPE_STRING}},
      {"mask {keep_range {from: 1 to: 60}}", {DATA_TYPE_STRING}},
      {"mask {keep_range {from: 1 to: 5} symbol: '·'}", {DATA_TYPE_STRING}},
      {"mask {hide_before {character: '@'}}", {DATA_TYPE_STRING}},
      {"mask {hide_before {character: '阳'} symbol: '某'}", {DATA_TYPE_STRING}},
      {"mask {hide_before {character: '阳'}}", {DATA_TYPE_STRING}},
      {"mask {hide_after {character: '7'}}", {DATA_TYPE_STRING}},
      {"mask {hide_after {character: '\\360\\240\\200\\200'}}",
       {DATA_TYPE_STRING}},
      {"mask {hide_after {character: '·'}}", {DATA_TYPE_STRING}},
      {"mask {pattern {expression: '[0-9]+'}}", {DATA_TYPE_STRING}},
      {"mask {pattern {expression: '[张欧\314\201]'} symbol: '＊'}",
       {DATA_TYPE_STRING}},
      {"mask {email {}}", {DATA_TYPE_STRING}},
      {"mask {email {} symbol: '●'}", {DATA_TYPE_STRING}},
      {"mask {bank_card {}}", {DATA_TYPE_STRING}},
      {"mask {plate {}}", {DATA_TYPE_STRING}},
      {"mask {plate {} symbol: '＊'}", {DATA_TYPE_STRING}},
      {"pseudonym {hash: SM3}",
       {DATA_TYPE_STRING, DATA_TYPE_BYTES, DATA_TYPE_INT64, DATA_TYPE_DATE}},
      {"perturb {date_shift {days_max: 30}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"perturb {laplace {scale: '3.5'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"perturb {gaussian {scale: '1000'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"chain {steps {generalize {date {unit: YEAR}}}"
       " steps {pseudonym {length: 20}}}",
       {DATA_TYPE_DATE}},
      {"chain {steps {mask {phone {}}} steps {mask {hide_range {from: 1"
       " to: 3}}}}",
       {DATA_TYPE_STRING}},
      {"chain {steps {generalize {clamp {min: '0'}}}"
       " steps {generalize {bucket {width: '10'}}}}",
       {DATA_TYPE_INT64}},
      {"generalize {division {level: PROVINCE}}", {DATA_TYPE_STRING}},
      {"generalize {division {level: CITY}}", {DATA_TYPE_STRING}},
      {"generalize {division {level: COUNTY}}", {DATA_TYPE_STRING}},
      {"generalize {division {level: STREET}}", {DATA_TYPE_STRING}},
  });
}

TEST_CASE("classes, draws and labels agree with the oracle on random columns") {
  using namespace records::v1;  // NOLINT(google-build-using-namespace)
  const TreatmentsOfTypes treatments = {
      {"mask {classes {}}", {DATA_TYPE_STRING}},
      {"mask {classes {} symbol: '某'}", {DATA_TYPE_STRING}},
      {"generalize {time_part {part: MONTH_OF_YEAR}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {time_part {part: DAY_OF_MONTH}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"generalize {time_part {part: HOUR_OF_DAY}}", {DATA_TYPE_TIMESTAMP}},
      {"generalize {bucket {width: '10' form: RANGE}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {width: '8589934592' form: RANGE}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {width: '0.50' form: RANGE}}", {DATA_TYPE_DOUBLE}},
      {"generalize {bucket {bounds: ['-100', '0', '18', '1000000'] form: "
       "RANGE}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['0', '18'] labels: ['未成年', "
       "'adult']}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['-9223372036854775808', '0', "
       "'9223372036854775807'] labels: ['below', "
       "'thirty-two bytes of a long label', 'most']}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      // Not at once: more bounds, a longer label, a wider bound.
      {"generalize {bucket {bounds: ['0', '2', '4', '6', '8', '10', '12', "
       "'14', '16', '18', '20', '22', '24', '26', '28', '30', '32'] form: "
       "RANGE}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['-5', '18'] labels: ['a', "
       "'thirty-three bytes of a long name']}}",
       {DATA_TYPE_INT64}},
      {"generalize {bucket {bounds: ['0', '9223372036854775808'] form: "
       "RANGE}}",
       {DATA_TYPE_DECIMAL128}},
      {"generalize {bucket {bounds: ['-7', '0', '3', '5', '8', '13', '21', "
       "'34', '1000'] form: RANGE}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"chain {steps {generalize {bucket {width: '10' form: RANGE}}}"
       " steps {pseudonym {}}}",
       {DATA_TYPE_INT64}},
      {"surrogate {one_of {values: ['red', '绿', 'blue']}}",
       {DATA_TYPE_STRING}},
      {"surrogate {in_range {min: '-5' max: '1000000'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"surrogate {in_range {min: '-4611686018427387904' max: "
       "'4611686018427387902'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DECIMAL128}},
      {"surrogate {in_range {min: '1950-01-01' max: '2009-12-31'}}",
       {DATA_TYPE_DATE, DATA_TYPE_TIMESTAMP}},
      {"surrogate {same_form {}}", {DATA_TYPE_STRING}},
      {"perturb {uniform {within: '5'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}},
      {"perturb {uniform {within: '9223372036854775807'}}",
       {DATA_TYPE_INT64, DATA_TYPE_DECIMAL128}},
  };
  CheckAllAgainstOracle(treatments);
}

TEST_CASE("decimals of a treatment are of the field's scale") {
  Random random(4);
  for (const std::string text :
       {"generalize {bucket {width: '2.5' form: RANGE}}",
        "generalize {bucket {bounds: ['-0.05', '0', '12.50'] form: RANGE}}",
        "surrogate {in_range {min: '-0.5' max: '99.99'}}",
        "perturb {uniform {within: '0.02'}}"}) {
    CAPTURE(text);
    for (int i = 0; i < 30; ++i) {
      PlainColumn plain =
          RandomColumn(records::v1::DATA_TYPE_DECIMAL128, &random);
      for (PlainCell& cell : plain.cells) {
        if (cell && Below(&random, 2) == 0) {
          cell = absl::int128(static_cast<int64_t>(Below(&random, 4000)) - 900);
        }
      }
      CheckAgainstOracle(Parse(text), plain, 2);
    }
  }
}

// In tenths for DECIMAL128, in quarters for DOUBLE.
PlainValue NumberOf(DataType type, int64_t number) {
  switch (type) {
    case records::v1::DATA_TYPE_DOUBLE:
      return static_cast<double>(number) / 4;
    case records::v1::DATA_TYPE_DECIMAL128:
      return absl::int128(number);
    default:
      return number;
  }
}

TEST_CASE("ranges near 0 and the first that are far agree") {
  using namespace records::v1;  // NOLINT(google-build-using-namespace)
  // Of 1e12 the far texts are longer than a slot.
  const std::vector<double> widths = {2, 5, 1000, 99'999'999, 1e12, 2.5};
  Random random(5);
  for (int i = 0; i < 200; ++i) {
    const CpuLevelCap cap(AnyOf<CpuLevel>(
        {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}, &random));
    const auto type = AnyOf<DataType>(
        {DATA_TYPE_INT64, DATA_TYPE_DOUBLE, DATA_TYPE_DECIMAL128}, &random);
    const double width = type == DATA_TYPE_INT64 ? widths[Below(&random, 5)]
                                                 : AnyOf(widths, &random);
    const int64_t units_of_one = type == DATA_TYPE_INT64    ? 1
                                 : type == DATA_TYPE_DOUBLE ? 4
                                                            : 10;
    const auto units =
        static_cast<int64_t>(width * static_cast<double>(units_of_one));
    CAPTURE(width, type);
    PlainColumn column{7, type, {}};
    const size_t far_in_hundred = AnyOf<size_t>({0, 3, 100}, &random);
    const size_t nulls_in_ten = AnyOf<size_t>({0, 0, 1}, &random);
    // More than are looked at together, in some columns.
    for (size_t rows = 1 + Below(&random, 1100); rows > 0; --rows) {
      const bool is_far = Below(&random, 100) < far_in_hundred;
      const auto range =
          is_far ? AnyOf<int64_t>({-26, -25, 1000, 1001, 12'345}, &random)
                 : AnyOf<int64_t>({-24, -1, 0, 1, 17, 998, 999}, &random);
      const int64_t number =
          range * units + AnyOf<int64_t>({0, units / 3, units - 1}, &random);
      PlainCell cell;
      if (Below(&random, 10) >= nulls_in_ten) cell = NumberOf(type, number);
      column.cells.push_back(std::move(cell));
    }
    CheckAgainstOracle(
        Parse(absl::StrCat(
            "generalize {bucket {width: '",
            width == 2.5 ? "2.5" : absl::StrCat(static_cast<int64_t>(width)),
            "' form: RANGE}}")),
        column, type == DATA_TYPE_DECIMAL128 ? 1 : 0);
  }
}

// How the points of a column are written.
struct PointStyle {
  size_t negative_in_hundred;
  size_t strange_in_hundred;
  size_t decimals_min;
  size_t decimals_max;
};

// A degree as most are written, and now and then as few are, or none.
std::string RandomDegree(const PointStyle& style, Random* random) {
  const auto digits = [random](size_t count) {
    std::string text;
    while (text.size() < count) {
      text += static_cast<char>('0' + Below(random, 10));
    }
    return text;
  };
  const std::string sign =
      Below(random, 100) < style.negative_in_hundred ? "-" : "";
  if (Below(random, 100) < style.strange_in_hundred) {
    static const std::vector<std::string> strange = {"180",
                                                     "180.0",
                                                     "180.000001",
                                                     "180.00000001",
                                                     "-180.0",
                                                     "-180.000001",
                                                     "-180.0000001",
                                                     "-0.0000001",
                                                     "-0.0",
                                                     "0.000001",
                                                     "179.999999",
                                                     "-179.9999999",
                                                     "181.5",
                                                     "190.123456",
                                                     "200.123456",
                                                     "279.123456",
                                                     "080.123456",
                                                     "99.999999",
                                                     "999.999999",
                                                     "12345678901.5",
                                                     "07.123456",
                                                     "007.5",
                                                     "0007.5",
                                                     "00.123456",
                                                     "1.",
                                                     ".5",
                                                     "",
                                                     "-",
                                                     ".",
                                                     ",",
                                                     "--1.5",
                                                     "1-5.2",
                                                     "-.5",
                                                     "1.5.2",
                                                     "1.123456.2",
                                                     "1..123456",
                                                     "1,5",
                                                     "1.123456,",
                                                     ",1.123456",
                                                     "1.5-",
                                                     "+1.5",
                                                     "1.5 ",
                                                     " 1.5",
                                                     " 1.123456",
                                                     "1e1",
                                                     "1.12345678e1",
                                                     "１.5",
                                                     "1.12345６",
                                                     "1/5",
                                                     "1/123456",
                                                     "1:123456",
                                                     "1.12345;",
                                                     "1.12345\x7F"};
    switch (Below(random, 8)) {
      case 0:
        return sign + std::to_string(Below(random, 200)) + "." +
               digits(7 + Below(random, 40));
      case 1:
        return std::to_string(Below(random, 200)) + "." + digits(3) +
               std::string(1, '\0') + digits(2);
      case 2:
        return std::to_string(Below(random, 180)) + "." +
               digits(Below(random, 4));
      default:
        return AnyOf(strange, random);
    }
  }
  const size_t decimals =
      style.decimals_min +
      Below(random, style.decimals_max - style.decimals_min + 1);
  return sign + std::to_string(Below(random, 180)) + "." + digits(decimals);
}

std::string RandomPoint(const PointStyle& style, Random* random) {
  const std::string first = RandomDegree(style, random);
  if (Below(random, 100) < style.strange_in_hundred) {
    // None, and now and then one for its neighbours.
    return Below(random, 2) == 0 ? first : "";
  }
  const bool has_blank = Below(random, 100) < style.strange_in_hundred;
  return first + (has_blank ? ", " : ",") + RandomDegree(style, random);
}

TEST_CASE("points side by side agree with the oracle") {
  Random random(6);
  for (const std::string cell :
       {"0.01", "0.05", "1", "90", "7.3", "0.00025", "0.000001", "10", "0.2",
        "0.0005", "5", "20", "0.25", "2.5", "25"}) {
    const Treatment treatment =
        Parse("generalize {grid {cell: '" + cell + "'}}");
    for (int i = 0; i < 90; ++i) {
      CAPTURE(cell);
      const CpuLevelCap cap(
          AnyOf<CpuLevel>({CpuLevel::kPortable, CpuLevel::kAvx512}, &random));
      PlainColumn column{7, records::v1::DATA_TYPE_STRING, {}};
      // With three points in a vector, with two or one, and with what has no
      // decimals enough.
      const auto [decimals_min, decimals_max] =
          AnyOf<std::pair<size_t, size_t>>(
              {{6, 6}, {6, 6}, {6, 9}, {8, 10}, {12, 24}, {1, 7}}, &random);
      const PointStyle style = {AnyOf<size_t>({0, 0, 0, 1, 20}, &random),
                                AnyOf<size_t>({0, 1, 2, 50}, &random),
                                decimals_min, decimals_max};
      const size_t nulls_in_hundred = AnyOf<size_t>({0, 5, 60}, &random);
      for (size_t rows = 1 + Below(&random, 300); rows > 0; --rows) {
        PlainCell cell_of_row;
        if (Below(&random, 100) >= nulls_in_hundred) {
          cell_of_row = RandomPoint(style, &random);
        }
        column.cells.push_back(std::move(cell_of_row));
      }
      CheckAgainstOracle(treatment, column);
    }
  }
}

TEST_CASE("licence plates side by side agree with the oracle") {
  const Treatment treatment = Parse("mask {plate {}}");
  Random random(4);
  for (int i = 0; i < 150; ++i) {
    const CpuLevelCap cap(
        AnyOf<CpuLevel>({CpuLevel::kPortable, CpuLevel::kAvx512}, &random));
    PlainColumn column{7, records::v1::DATA_TYPE_STRING, {}};
    for (size_t rows = 1 + Below(&random, 260); rows > 0; --rows) {
      PlainCell cell;
      if (Below(&random, 20) != 0) {
        cell = Below(&random, 20) == 0 ? "" : RandomPlate(&random);
      }
      column.cells.push_back(std::move(cell));
    }
    CheckAgainstOracle(treatment, column);
  }
}

// Names as most registers have them, of compound surnames some.
std::string RandomHanName(Random* random) {
  static const std::vector<std::string> characters = {
      "张", "王", "欧", "阳", "司", "马", "伟", "秀", "英", "鿿", "㐀", "一"};
  std::string name = Below(random, 8) == 0 ? "欧阳" : "";
  for (size_t n = 2 + Below(random, 2); n > 0; --n) {
    name += AnyOf(characters, random);
  }
  return name;
}

TEST_CASE("names by the hundred agree with the oracle") {
  const Treatment treatment = Parse("mask {name {}}");
  Random random(8);
  for (int i = 0; i < 60; ++i) {
    const CpuLevelCap cap(
        AnyOf<CpuLevel>({CpuLevel::kPortable, CpuLevel::kAvx512}, &random));
    // Blocks of 256 names that are all alike, and such where one is not.
    const size_t others_in_thousand = AnyOf<size_t>({0, 0, 2, 20}, &random);
    const size_t nulls_in_thousand = AnyOf<size_t>({0, 0, 0, 2}, &random);
    PlainColumn column{7, records::v1::DATA_TYPE_STRING, {}};
    for (size_t rows = 200 + Below(&random, 1000); rows > 0; --rows) {
      PlainCell cell;
      if (Below(&random, 1000) >= nulls_in_thousand) {
        cell = Below(&random, 1000) < others_in_thousand
                   ? RandomName(&random)
                   : RandomHanName(&random);
      }
      column.cells.push_back(std::move(cell));
    }
    CheckAgainstOracle(treatment, column);
  }
}

// Letters that stand in no kept part, no symbol and no pseudonym.
std::string Canary(Random* random, size_t length) {
  static const std::vector<std::string> letters = {
      "Ж", "Щ", "Ю", "龘", "靐", "\xF0\xA0\x9C\x8E", "Q", "W"};
  std::string text;
  for (size_t i = 0; i < length; ++i) text += AnyOf(letters, random);
  return text;
}

bool HoldsCanary(absl::string_view bytes) {
  const std::string text(bytes);
  for (const char* letter : {"\xD0", "\xD1", "龘", "靐", "\xF0", "Q", "W"}) {
    if (text.find(letter) != std::string::npos) return true;
  }
  return false;
}

struct CanaryCase {
  std::string treatment;
  // Around what must not leave.
  std::string before;
  std::string after;
};

TEST_CASE("no byte of a hidden part is anywhere in the output's buffers") {
  const std::vector<CanaryCase> cases = {
      {"mask {keep_ends {first: 3 last: 2}}", "110", "99"},
      {"mask {keep_ends {first: 3 last: 2} symbol: '＊'}", "110", "99"},
      {"mask {keep_ends {first: 1}}", "张", ""},
      {"mask {name {}}", "张", ""},
      {"mask {name {}}", "欧阳", ""},
      {"mask {name {}}", "买买提·", ""},
      {"mask {phone {}}", "138", "5678"},
      {"mask {address {level: DISTRICT}}", "浙江省杭州市西湖区", "街道"},
      {"mask {address {level: PROVINCE}}", "浙江省", "市西湖区"},
      {"pseudonym {}", "", ""},
      {"pseudonym {format: BASE32}", "11", "99"},
      {"generalize {division {level: CITY}}", "1101", "05"},
      {"generalize {hierarchy {level: 1 csv: 'a,b'}}", "a", ""},
      {"generalize {grid {cell: '0.1'}}", "116.3", ",39.9"},
      {"mask {hide_range {from: 2 to: 9}}", "1", ""},
      {"mask {keep_range {from: 1 to: 2}}", "12", ""},
      {"mask {hide_before {character: '@'}}", "", "@e.cn"},
      {"mask {hide_before {character: '@'}}", "", ""},
      {"mask {hide_after {character: '-'}}", "010-", ""},
      {"mask {pattern {expression: '[^0-9]+'}}", "12", "34"},
      {"mask {email {}}", "a", "@e.cn"},
      {"mask {bank_card {}}", "411111", "1111"},
      {"mask {plate {}}", "京A1", "45"},
      {"fpe {alphabet: DIGITS}", "123456", "7890"},
      {"fpe {alphabet: HAN}", "张伟", "张伟"},
      {"fpe {resident_id {}}", "110105", "002X"},
      {"fpe {phone {}}", "138", "5678"},
      {"fpe {bank_card {}}", "411111", "1111"},
      {"fpe {uscc {}}", "91350100", "Y43"},
      {"surrogate {street {}}", "张", ""},
      {"surrogate {company {}}", "张", ""},
      {"surrogate {one_of {values: ['a', 'b']}}", "张", ""},
      {"mask {classes {}}", "(张", "-1)"},
      {"mask {classes {} symbol: '某'}", "", ""},
      {"withhold {constant: 'x'}", "", ""},
      {"withhold {placeholder {}}", "", ""},
      {"withhold {}", "", ""},
  };
  Random random(2);
  for (const CanaryCase& canary : cases) {
    CAPTURE(canary.treatment, canary.before);
    PlainColumn plain;
    plain.field_id = 7;
    plain.type = records::v1::DATA_TYPE_STRING;
    for (int i = 0; i < 300; ++i) {
      plain.cells.emplace_back(canary.before +
                               Canary(&random, 1 + Below(&random, 6)) +
                               canary.after);
    }
    const Field field = FieldOf(plain.type);
    const auto resolved =
        ResolveTreatment(Parse(canary.treatment), field, "treatment");
    REQUIRE(resolved.ok());
    const auto compiled = CompileOperator(*resolved, field, Keys());
    REQUIRE(compiled.ok());
    const Treated treated = (*compiled)->Apply(records::BuildColumn(plain));
    CHECK_FALSE(HoldsCanary(treated.column.data.view()));
  }
}

TEST_CASE("an address is cut at the level its parts say, or is untreatable") {
  const std::vector<std::string> districts = {
      "浙江省杭州市西湖区", "北京市东城区", "湖北省荆州市沙市区",
      "内蒙古自治区锡林郭勒盟苏尼特左旗"};
  const std::vector<std::string> strange = {
      "", "阳光小区1号", "1", "省市区", "\n", "石家庄市城市花园"};
  const Field field = FieldOf(records::v1::DATA_TYPE_STRING);
  const auto resolved =
      ResolveTreatment(Parse("mask {address {}}"), field, "t");
  REQUIRE(resolved.ok());
  const auto compiled = CompileOperator(*resolved, field, {});
  REQUIRE(compiled.ok());
  Random random(3);
  for (int round = 0; round < 50; ++round) {
    PlainColumn plain{7, records::v1::DATA_TYPE_STRING, {}};
    PlainColumn expected = plain;
    uint64_t untreatable = 0;
    for (size_t i = Below(&random, 100) + 1; i > 0; --i) {
      const std::string& district = AnyOf(districts, &random);
      const std::string& text = AnyOf(strange, &random);
      switch (Below(&random, 3)) {
        case 0:
          plain.cells.emplace_back(district + text);
          expected.cells.emplace_back(district);
          break;
        case 1:
          plain.cells.emplace_back(text);
          expected.cells.push_back(text.empty() ? PlainCell(text)
                                                : PlainCell());
          if (!text.empty()) ++untreatable;
          break;
        default:
          plain.cells.emplace_back();
          expected.cells.emplace_back();
      }
    }
    const Treated treated = (*compiled)->Apply(records::BuildColumn(plain));
    CHECK(treated.untreatable == untreatable);
    CHECK(ReadBack(treated.column) == expected);
  }
}

}  // namespace
}  // namespace sluice::desensitize
