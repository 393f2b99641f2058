#include "libs/desensitize/operator.h"

#include <google/protobuf/text_format.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "libs/desensitize/pseudonym.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using records::Column;
using records::ColumnBuilder;
using records::DataType;
using Texts = std::vector<std::optional<std::string>>;

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

Column TextColumn(const Texts& texts,
                  DataType type = records::v1::DATA_TYPE_STRING) {
  ColumnBuilder builder(7, type);
  for (const auto& text : texts) {
    if (text) {
      builder.AppendText(*text);
    } else {
      builder.AppendNull();
    }
  }
  return builder.Finish();
}

Texts TextsOf(const Column& column) {
  Texts texts;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    if (column.IsNull(row)) {
      texts.emplace_back();
    } else {
      texts.emplace_back(std::string(column.Text(row)));
    }
  }
  return texts;
}

Treated Apply(const std::string& treatment, const Column& column,
              const std::string& secret = std::string(32, 's')) {
  const Field field = FieldOf(column.type);
  const auto resolved = ResolveTreatment(Parse(treatment), field, "treatment");
  REQUIRE(resolved.ok());
  OperatorKeys keys;
  keys.pseudonym_secret = secret;
  const auto compiled = CompileOperator(*resolved, field, keys);
  REQUIRE(compiled.ok());
  return (*compiled)->Apply(column);
}

Texts ApplyToTexts(const std::string& treatment, const Texts& texts) {
  return TextsOf(Apply(treatment, TextColumn(texts)).column);
}

TEST_CASE("keep passes the very buffers on") {
  const Column column = TextColumn({"a", std::nullopt, "b"});
  const Treated kept = Apply("keep {}", column);
  CHECK(kept.column.data.data() == column.data.data());
  CHECK(kept.column.offsets.data() == column.offsets.data());
  CHECK(kept.column.validity.data() == column.validity.data());
  CHECK(kept.untreatable == 0);
}

TEST_CASE("withhold leaves rows and no value, and counts none as untreatable") {
  for (int type = 1; type <= 8; ++type) {
    ColumnBuilder builder(7, static_cast<DataType>(type));
    for (int i = 0; i < 9; ++i) builder.AppendNull();
    const Treated withheld = Apply("withhold {}", builder.Finish());
    CHECK(withheld.column.null_count == 9);
    CHECK(withheld.column.row_count == 9);
    CHECK(withheld.column.type == type);
    CHECK(withheld.untreatable == 0);
  }
  CHECK(ApplyToTexts("withhold {}", {"a", "", std::nullopt}) ==
        Texts{std::nullopt, std::nullopt, std::nullopt});
}

TEST_CASE("keep_ends hides what is between and all of a short value") {
  CHECK(ApplyToTexts("mask {keep_ends {first: 6 last: 4}}",
                     {"11010519491231002X", "1101051949", "11010519491", "",
                      "1", std::nullopt}) == Texts{"110105********002X",
                                                   "**********", "110105*9491",
                                                   "", "*", std::nullopt});
  CHECK(
      ApplyToTexts("mask {keep_ends {first: 1 last: 1} symbol: '＊'}",
                   {"甲乙丙丁", "甲乙", "\xF0\xA0\x80\x80y\xF0\xA0\x80\x81"}) ==
      Texts{"甲＊＊丁", "＊＊", "\xF0\xA0\x80\x80＊\xF0\xA0\x80\x81"});
}

TEST_CASE("a name keeps the family name, compound ones whole") {
  CHECK(ApplyToTexts("mask {name {}}",
                     {"张伟", "王小明", "欧阳修", "欧阳", "司马相如", "李", "",
                      "买买提·艾力", "·艾力", "艾力·", "John", std::nullopt}) ==
        Texts{"张*", "王**", "欧阳*", "欧*", "司马**", "*", "", "买买提***",
              "***", "***", "J***", std::nullopt});
}

TEST_CASE(
    "other dots than U+00B7 do not separate, and combining marks are hidden") {
  CHECK(
      ApplyToTexts("mask {name {}}", {"艾力•江", "艾力・江", "e\xCC\x81lan"}) ==
      Texts{"艾***", "艾***", "e****"});
}

TEST_CASE("a phone number hides its middle; what is none is untreatable") {
  const Treated treated = Apply(
      "mask {phone {}}",
      TextColumn({"13812345678", "", std::nullopt, "1381234567", "138123456789",
                  "12812345678", "23812345678", "1381234567a", "1381 345678",
                  "+8613812345678", "１３８１"}));
  CHECK(TextsOf(treated.column) ==
        Texts{"138****5678", "", std::nullopt, std::nullopt, std::nullopt,
              std::nullopt, std::nullopt, std::nullopt, std::nullopt,
              std::nullopt, std::nullopt});
  CHECK(treated.untreatable == 8);
  CHECK(treated.column.null_count == 9);
}

TEST_CASE("validity is shared while every value is treatable") {
  const Column nulls = TextColumn({"13812345678", std::nullopt});
  CHECK(Apply("mask {phone {}}", nulls).column.validity.data() ==
        nulls.validity.data());
  const Column none = TextColumn({"13812345678"});
  CHECK(Apply("mask {phone {}}", none).column.validity.empty());
  const Treated first_null = Apply("mask {phone {}}", TextColumn({"no"}));
  CHECK(first_null.column.null_count == 1);
  CHECK(first_null.column.validity.view() == absl::string_view("\0", 1));
}

TEST_CASE("output buffers are aligned for Arrow") {
  const Column column = TextColumn({"张伟", "13812345678", std::nullopt});
  for (const char* treatment :
       {"mask {name {}}", "mask {phone {}}", "pseudonym {}", "withhold {}",
        "mask {keep_ends {first: 1}}", "generalize {division {level: CITY}}"}) {
    const Column out = Apply(treatment, column).column;
    for (const SharedBytes* buffer : {&out.validity, &out.offsets, &out.data}) {
      if (buffer->empty()) continue;
      CHECK(reinterpret_cast<uintptr_t>(buffer->data()) %
                records::kBufferAlignment ==
            0);
    }
  }
}

// Expected values are from Python's hmac; docs/formats/pseudonym.md shows them.
TEST_CASE("pseudonyms are the documented bytes for each type") {
  std::string root;
  for (char byte = 0; byte < 32; ++byte) root.push_back(byte);
  const std::string secret = DerivePseudonymSecret(root, "grid-people", 1);

  const Column id = TextColumn(
      {"11010519491231002X", "", std::nullopt, std::string(200, 'x')});
  CHECK(TextsOf(Apply("pseudonym {}", id, secret).column) ==
        Texts{"99879a1163b82adb6beda58fd1567448", "", std::nullopt,
              "aef75da6b321aa3ac05378b6fb5af97f"});
  CHECK(*TextsOf(Apply("pseudonym {format: BASE32 length: 52}", id, secret)
                     .column)[0] ==
        "tgdzueldxavnw27nuwh5cvtujb45f4zdfzm7qz3mrk5pmt6qsg5a");

  const Column bytes =
      TextColumn({std::string("\0\xFF", 2)}, records::v1::DATA_TYPE_BYTES);
  CHECK(*TextsOf(Apply("pseudonym {length: 16}", bytes, secret).column)[0] ==
        "b1b933d52aa5bd5f");

  ColumnBuilder numbers(7, records::v1::DATA_TYPE_INT64);
  numbers.AppendNull();
  numbers.AppendInt64(-2);
  CHECK(TextsOf(
            Apply("pseudonym {length: 16}", numbers.Finish(), secret).column) ==
        Texts{std::nullopt, "35312feb9aff5353"});

  ColumnBuilder dates(7, records::v1::DATA_TYPE_DATE);
  dates.AppendDate(6443);
  CHECK(*TextsOf(Apply("pseudonym {length: 16}", dates.Finish(), secret)
                     .column)[0] == "1f3fc536d3dc885c");
}

TEST_CASE(
    "equal values have equal pseudonyms under one secret and under no other") {
  const Column column = TextColumn({"a", "b", "a"});
  const Texts one = TextsOf(Apply("pseudonym {}", column).column);
  CHECK(one[0] == one[2]);
  CHECK(one[0] != one[1]);
  const Texts other =
      TextsOf(Apply("pseudonym {}", column, std::string(32, 't')).column);
  CHECK(one[0] != other[0]);
}

TEST_CASE(
    "dates and times fall to the first day of the unit, before 1970 too") {
  ColumnBuilder dates(7, records::v1::DATA_TYPE_DATE);
  dates.AppendDate(-1);  // 1969-12-31
  dates.AppendNull();
  dates.AppendDate(std::numeric_limits<int32_t>::max());
  dates.AppendDate(std::numeric_limits<int32_t>::min());
  const Treated years = Apply("generalize {date {unit: YEAR}}", dates.Finish());
  CHECK(years.column.type == records::v1::DATA_TYPE_DATE);
  CHECK(years.column.Value<int32_t>(0) == -365);
  CHECK(years.column.IsNull(1));
  CHECK_FALSE(years.column.IsNull(2));
  CHECK(years.column.IsNull(3));
  CHECK(years.column.Value<int32_t>(3) == 0);
  CHECK(years.untreatable == 1);

  ColumnBuilder times(7, records::v1::DATA_TYPE_TIMESTAMP);
  times.AppendTimestamp(-1);
  times.AppendTimestamp(0);
  times.AppendTimestamp(std::numeric_limits<int64_t>::min());
  const Treated months =
      Apply("generalize {date {unit: MONTH}}", times.Finish());
  CHECK(months.column.type == records::v1::DATA_TYPE_TIMESTAMP);
  CHECK(months.column.Value<int64_t>(0) == -31 * int64_t{86'400'000'000});
  CHECK(months.column.Value<int64_t>(1) == 0);
  CHECK(months.column.IsNull(2));
  CHECK(months.untreatable == 1);
}

TEST_CASE("a division code is cut to its level") {
  const Treated treated =
      Apply("generalize {division {level: COUNTY}}",
            TextColumn({"110105", "110105001001", "1101", "11010X", "",
                        std::nullopt, "1101050010011", "１１０１０５"}));
  CHECK(TextsOf(treated.column) == Texts{"110105", "110105", std::nullopt,
                                         std::nullopt, "", std::nullopt,
                                         std::nullopt, std::nullopt});
  CHECK(treated.untreatable == 4);
}

TEST_CASE("a constant hides which rows had a value") {
  const Treated texts =
      Apply("withhold {constant: '未知'}", TextColumn({"a", std::nullopt, ""}));
  CHECK(TextsOf(texts.column) == Texts{"未知", "未知", "未知"});
  CHECK(texts.column.null_count == 0);
  CHECK(TextsOf(
            Apply("withhold {placeholder {}}", TextColumn({std::nullopt, "b"}))
                .column) == Texts{"***", "***"});

  ColumnBuilder numbers(7, records::v1::DATA_TYPE_INT64);
  numbers.AppendInt64(5);
  numbers.AppendNull();
  const Column column = numbers.Finish();
  const Treated minus = Apply("withhold {constant: '-1'}", column);
  CHECK(minus.column.Value<int64_t>(0) == -1);
  CHECK(minus.column.Value<int64_t>(1) == -1);

  ColumnBuilder flags(7, records::v1::DATA_TYPE_BOOL);
  for (int i = 0; i < 11; ++i) flags.AppendNull();
  const Treated set = Apply("withhold {constant: 'true'}", flags.Finish());
  for (uint32_t row = 0; row < 11; ++row) CHECK(set.column.Bool(row));
  CHECK(set.column.data.size() == 2);
  CHECK(set.column.data.data()[1] == 7);
}

TEST_CASE("a constant fills columns of any length") {
  for (const std::string& constant :
       {std::string(), std::string("x"), std::string("未知"),
        std::string(200, 'y')}) {
    for (const size_t rows : {1, 2, 31, 700, 5000}) {
      CAPTURE(constant, rows);
      const Treated treated = Apply("withhold {constant: '" + constant + "'}",
                                    TextColumn(Texts(rows, "secret")));
      CHECK(treated.column.data.size() == rows * constant.size());
      CHECK(TextsOf(treated.column) == Texts(rows, constant));
    }
  }
}

TEST_CASE("a point falls to the lower corner of its cell") {
  CHECK(ApplyToTexts("generalize {grid {cell: '0.01'}}",
                     {"116.397128,39.916527", "-0.001, 0.019999", "180,-90",
                      "-179.999,5", "", std::nullopt}) ==
        Texts{"116.39,39.91", "-0.01,0.01", "180.00,-90.00", "-180.00,5.00", "",
              std::nullopt});
  CHECK(ApplyToTexts("generalize {grid {cell: '5'}}", {"-3.2,7.0000001"}) ==
        Texts{"-5,5"});
  CHECK(ApplyToTexts("generalize {grid {cell: '0.000001'}}",
                     {"1.00000049,-1.0000001"}) == Texts{"1.000000,-1.000001"});
  for (const char* wrong :
       {"116.3", "116.3,", ",39.9", "116.3;39.9", "a,b", "1.,2", "181,0",
        "0,-180.0000001", "1,2,3", "1,2 ", "1,  2", "+1,2", "1e1,2",
        "99999999999999999999,1"}) {
    CAPTURE(wrong);
    CHECK(ApplyToTexts("generalize {grid {cell: '1'}}", {wrong}) ==
          Texts{std::nullopt});
  }
}

TEST_CASE("decimals fall into buckets at their scale") {
  Field field = FieldOf(records::v1::DATA_TYPE_DECIMAL128);
  field.set_scale(2);
  ColumnBuilder builder(7, records::v1::DATA_TYPE_DECIMAL128);
  for (const int64_t cents : {1249, 1250, -1, 0, 2500}) {
    builder.AppendDecimal(cents);
  }
  const Column column = builder.Finish();
  const auto values = [&](const std::string& treatment) {
    const auto compiled = CompileOperator(Parse(treatment), field, {});
    REQUIRE(compiled.ok());
    const Treated treated = (*compiled)->Apply(column);
    std::vector<int64_t> out;
    for (uint32_t row = 0; row < treated.column.row_count; ++row) {
      out.push_back(
          treated.column.IsNull(row)
              ? -999
              : static_cast<int64_t>(treated.column.Value<absl::int128>(row)));
    }
    return out;
  };
  CHECK(values("generalize {bucket {width: '12.5'}}") ==
        std::vector<int64_t>{0, 1250, -1250, 0, 2500});
  CHECK(values("generalize {bucket {bounds: ['0', '12.50']}}") ==
        std::vector<int64_t>{0, 1250, -999, 0, 1250});
  CHECK(values("generalize {round {step: '1'}}") ==
        std::vector<int64_t>{1200, 1300, 0, 0, 2500});
  CHECK(values("generalize {clamp {min: '0' max: '12.5'}}") ==
        std::vector<int64_t>{1249, 1250, 0, 0, 1250});
}

TEST_CASE("a free text loses its numbers, with a symbol of any length") {
  CHECK(ApplyToTexts("mask {free_text {} symbol: '＊'}",
                     {"电话13812345678。", "无", ""}) ==
        Texts{"电话138＊＊＊＊5678。", "无", ""});
}

TEST_CASE("a chain counts what any of its steps could not treat") {
  const Treated treated = Apply(
      "chain {steps {mask {phone {}}}"
      " steps {mask {pattern {expression: '9'}}}}",
      TextColumn({"13812345678", "x", "13912345678", std::nullopt}));
  CHECK(TextsOf(treated.column) ==
        Texts{std::nullopt, std::nullopt, "13*****5678", std::nullopt});
  CHECK(treated.untreatable == 2);
}

TEST_CASE("what does not fit or lacks its key has no operator") {
  const Field text = FieldOf(records::v1::DATA_TYPE_STRING);
  CHECK(ReasonOf(CompileOperator(Parse(""), text, {}).status()) ==
        status::v1::REASON_CODE_TREATMENT_UNFIT);
  CHECK(ReasonOf(CompileOperator(Parse("mask {name {}}"),
                                 FieldOf(records::v1::DATA_TYPE_INT64), {})
                     .status()) == status::v1::REASON_CODE_TREATMENT_UNFIT);
  for (const size_t bytes : {0, 31, 33}) {
    OperatorKeys keys;
    keys.pseudonym_secret = std::string(bytes, 's');
    const absl::Status status =
        CompileOperator(Parse("pseudonym {}"), text, keys).status();
    CHECK(ReasonOf(status) == status::v1::REASON_CODE_INTERNAL);
  }
}

TEST_CASE("a mask of classes leaves the form and no character") {
  CHECK(ApplyToTexts("mask {classes {}}",
                     {"E-mail: 张伟 007", "Ab9", "ＡＢｃ０９、", "é+Ж", "",
                      "--", "。", std::nullopt}) ==
        Texts{"X-xxxx: ** nnn", "Xxn", "XXxnn、", "*+*", "", std::nullopt,
              std::nullopt, std::nullopt});
  // Columns of ASCII alone, with and without what is untreatable.
  CHECK(ApplyToTexts("mask {classes {}}", {"AZaz09", "-1", "", "/:@[`{z"}) ==
        Texts{"XXxxnn", "-n", "", "/:@[`{x"});
  CHECK(ApplyToTexts("mask {classes {}}", {"A1", " /:@[`{~", "b"}) ==
        Texts{"Xn", std::nullopt, "x"});
  CHECK(ApplyToTexts("mask {classes {} symbol: '＊'}", {"张a"}) ==
        Texts{"＊x"});
}

TEST_CASE("what free text holds becomes its label or goes") {
  const Texts texts = {"张伟11010519491231002X，138-1234-5678",
                       "13812345678",
                       "a@b.c",
                       "卡4111111111111111。",
                       "无",
                       "",
                       std::nullopt};
  CHECK(ApplyToTexts("mask {free_text {form: LABEL}}", texts) ==
        Texts{"张伟<RESIDENT_ID>，<PHONE>", "<PHONE>", "<EMAIL>",
              "卡<BANK_CARD>。", "无", "", std::nullopt});
  CHECK(ApplyToTexts("mask {free_text {form: REMOVE}}", texts) ==
        Texts{"张伟，", "", "", "卡。", "无", "", std::nullopt});
  // The shortest addresses grow most.
  std::string many;
  std::string labels;
  for (int i = 0; i < 100; ++i) {
    many += "a@b.c ";
    labels += "<EMAIL> ";
  }
  CHECK(ApplyToTexts("mask {free_text {form: LABEL}}", {many}) ==
        Texts{labels});
}

TEST_CASE("a bucket is told as its ends or its label") {
  const auto texts = [](const std::string& bucket, const Column& column) {
    return TextsOf(
        Apply("generalize {bucket {" + bucket + "}}", column).column);
  };
  ColumnBuilder integers(7, records::v1::DATA_TYPE_INT64);
  for (const int64_t value : {int64_t{30}, int64_t{39}, int64_t{-1},
                              std::numeric_limits<int64_t>::max(),
                              std::numeric_limits<int64_t>::min()}) {
    integers.AppendInt64(value);
  }
  integers.AppendNull();
  const Column numbers = integers.Finish();
  CHECK(texts("width: '10' form: RANGE", numbers) ==
        Texts{"[30,40)", "[30,40)", "[-10,0)",
              "[9223372036854775800,9223372036854775810)", std::nullopt,
              std::nullopt});
  CHECK(texts("bounds: ['0', '18', '90'] form: RANGE", numbers) ==
        Texts{"[18,90)", "[18,90)", std::nullopt, "[90,)", std::nullopt,
              std::nullopt});
  CHECK(texts("bounds: ['-5', '35'] labels: ['young', '老']", numbers) ==
        Texts{"young", "老", "young", "老", std::nullopt, std::nullopt});

  ColumnBuilder doubles(7, records::v1::DATA_TYPE_DOUBLE);
  for (const double value :
       {0.3, 36.6, -0.05, 1e300, std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity()}) {
    doubles.AppendDouble(value);
  }
  const Column temperatures = doubles.Finish();
  CHECK(texts("width: '0.1' form: RANGE", temperatures)[2] == "[-0.1,0.0)");
  CHECK(texts("width: '0.25' form: RANGE", temperatures) ==
        Texts{"[0.25,0.50)", "[36.50,36.75)", "[-0.25,0.00)", std::nullopt,
              std::nullopt, std::nullopt});
  CHECK(texts("bounds: ['0', '37.5'] form: RANGE", temperatures) ==
        Texts{"[0,37.5)", "[0,37.5)", std::nullopt, "[37.5,)", std::nullopt,
              "[37.5,)"});
}

TEST_CASE("a moment gives its month, its day or its hour") {
  const auto part = [](const std::string& name, const Column& column) {
    const Column out =
        Apply("generalize {time_part {part: " + name + "}}", column).column;
    CHECK(out.type == records::v1::DATA_TYPE_INT64);
    std::vector<int64_t> numbers;
    for (uint32_t row = 0; row < out.row_count; ++row) {
      if (!out.IsNull(row)) numbers.push_back(out.Value<int64_t>(row));
    }
    return numbers;
  };
  constexpr int64_t kHour = int64_t{3'600} * 1'000'000;
  ColumnBuilder times(7, records::v1::DATA_TYPE_TIMESTAMP);
  for (const int64_t time :
       {int64_t{0}, 24 * kHour - 1, int64_t{-1}, 31 * 24 * kHour + 5 * kHour}) {
    times.AppendTimestamp(time);
  }
  times.AppendNull();
  const Column moments = times.Finish();
  CHECK(part("MONTH_OF_YEAR", moments) == std::vector<int64_t>{1, 1, 12, 2});
  CHECK(part("DAY_OF_MONTH", moments) == std::vector<int64_t>{1, 1, 31, 1});
  CHECK(part("HOUR_OF_DAY", moments) == std::vector<int64_t>{0, 23, 23, 5});
  ColumnBuilder days(7, records::v1::DATA_TYPE_DATE);
  for (const int32_t day : {0, 58, 59, -1, -1'000'000}) days.AppendDate(day);
  const Column dates = days.Finish();
  CHECK(part("MONTH_OF_YEAR", dates) == std::vector<int64_t>{1, 2, 3, 12, 2});
  CHECK(part("DAY_OF_MONTH", dates) == std::vector<int64_t>{1, 28, 1, 31, 4});
}

}  // namespace
}  // namespace sluice::desensitize
