#include "tests/bench/desensitize/columns.h"

#include <array>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "libs/base/string_view.h"
#include "libs/identifiers/bank_card.h"
#include "libs/identifiers/resident_id.h"
#include "libs/identifiers/uscc.h"
#include "libs/records/batch_builder.h"

namespace sluice::bench {

using records::Column;
using records::ColumnBuilder;

std::string Digits(size_t count, Random* random) {
  std::string text(count, '0');
  for (char& c : text) c = static_cast<char>('0' + (*random)() % 10);
  return text;
}

std::string ResidentId(Random* random) {
  std::string id = absl::StrFormat(
      "33010%d%d%02d%02d%s", 2 + (*random)() % 7, 1940 + (*random)() % 80,
      1 + (*random)() % 12, 1 + (*random)() % 28, Digits(3, random));
  return id + identifiers::ResidentIdCheckCharacter(AsView(id));
}

std::string Uscc(Random* random) {
  std::string code = "91330106";
  for (int i = 0; i < 8; ++i) {
    code += identifiers::kUsccAlphabet[(*random)() % 31];
  }
  code += identifiers::OrganizationCheckCharacter(AsView(code).substr(8));
  return code + identifiers::UsccCheckCharacter(AsView(code));
}

std::string Name(Random* random) {
  static const std::vector<std::string> families = {
      "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙",
      "马", "朱", "胡", "郭", "何", "林", "罗", "高", "梁", "宋", "万", "夏"};
  static const std::vector<std::string> given = {
      "伟", "芳", "秀", "英", "建", "国", "敏", "静", "丽", "强", "磊", "洋"};
  std::string name =
      (*random)() % 500 == 0 ? "欧阳" : families[(*random)() % families.size()];
  for (size_t n = 1 + (*random)() % 2; n > 0; --n) {
    name += given[(*random)() % given.size()];
  }
  return name;
}

Column Texts(const std::function<std::string(Random*)>& make) {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendText(AsView(make(&random)));
  }
  return builder.Finish();
}

std::string Phone(Random* random) {
  return absl::StrCat("13", Digits(9, random));
}

std::string Card(Random* random) {
  const std::string digits = absl::StrCat("622202", Digits(9, random));
  return digits + identifiers::LuhnDigit(AsView(digits));
}

std::string Email(Random* random) {
  return absl::StrCat("user", Digits(4, random), "@example.com");
}

std::string Point(Random* random) {
  return absl::StrCat(119 + (*random)() % 2, ".", Digits(6, random), ",",
                      29 + (*random)() % 2, ".", Digits(6, random));
}

Column Dates() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_DATE);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendDate(static_cast<int32_t>(random() % 25'000) - 7'000);
  }
  return builder.Finish();
}

Column Integers() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_INT64);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendInt64(static_cast<int64_t>(random() % 1'000'000));
  }
  return builder.Finish();
}

Column Times() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_TIMESTAMP);
  constexpr int64_t kBegin = 1'420'070'400;
  for (uint32_t i = 0; i < kRows; ++i) {
    const auto seconds =
        kBegin + static_cast<int64_t>(random() % (12 * 31'557'600));
    builder.AppendTimestamp(seconds * 1'000'000);
  }
  return builder.Finish();
}

Column Amounts() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_DECIMAL128);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendDecimal(absl::int128(
        static_cast<int64_t>(random() % (uint64_t{1} << (8 + random() % 20)))));
  }
  return builder.Finish();
}

Column Doubles() {
  Random random(1);
  ColumnBuilder builder(1, records::v1::DATA_TYPE_DOUBLE);
  for (uint32_t i = 0; i < kRows; ++i) {
    builder.AppendDouble(static_cast<double>(random() % 10'000'000) / 64);
  }
  return builder.Finish();
}

Column WithNulls(const Column& column) {
  ColumnBuilder builder(1, column.type);
  for (uint32_t i = 0; i < kRows; ++i) {
    if (i % 10 == 3) {
      builder.AppendNull();
    } else if (column.type == records::v1::DATA_TYPE_DATE) {
      builder.AppendDate(column.Value<int32_t>(i));
    } else {
      builder.AppendText(column.Text(i));
    }
  }
  return builder.Finish();
}

std::string FileNumber(Random* random) {
  return absl::StrCat("HZ-", Digits(5 + (*random)() % 13, random));
}

std::string Plate(Random* random) {
  static const std::vector<std::string> provinces = {"京", "浙", "沪", "粤",
                                                     "苏", "皖", "赣", "闽"};
  static const std::string letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";
  std::string plate = provinces[(*random)() % provinces.size()];
  plate += letters[(*random)() % letters.size()];
  if ((*random)() % 3 == 0) plate += (*random)() % 2 == 0 ? 'D' : 'F';
  plate += Digits(4, random);
  if ((*random)() % 100 == 0) return plate + "学";
  return plate + letters[(*random)() % letters.size()];
}

std::string Address(Random* random) {
  static const std::vector<std::string> places = {
      "浙江省杭州市西湖区文二西路", "浙江省宁波市海曙区中山东路",
      "上海市浦东新区世纪大道", "江苏省苏州市姑苏区观前街"};
  return absl::StrCat(places[(*random)() % places.size()],
                      Digits(1 + (*random)() % 3, random), "号");
}

namespace {

constexpr uint64_t kDiagnoses = 2000;
// Of five diagnoses each, which begin with them.
constexpr uint64_t kCategories = 400;
constexpr size_t kCategoryBytes = 3;
// Of the letters from A to T, as ICD-10 has them.
constexpr std::array<absl::string_view, 20> kChapters = {
    "I",  "I",   "II",   "III", "IV", "V",   "VI",   "VII",   "IX",  "X",
    "XI", "XII", "XIII", "XIV", "XV", "XVI", "XVII", "XVIII", "XIX", "XIX"};

std::string DiagnosisCode(uint64_t number) {
  return absl::StrFormat("%c%02d.%d", 'A' + static_cast<int>(number % 20),
                         number / 20 % 20, number / 400 % 5);
}

}  // namespace

std::string Diagnosis(Random* random) {
  return DiagnosisCode((*random)() % kDiagnoses);
}

std::string DiagnosisOrCategory(Random* random) {
  const std::string code = Diagnosis(random);
  return (*random)() % 3 == 0 ? code.substr(0, kCategoryBytes) : code;
}

std::string DiagnosisTable() {
  std::string csv;
  const auto add = [&csv](const std::string& code) {
    absl::StrAppend(&csv, code, ",", code.substr(0, kCategoryBytes), ",",
                    kChapters[static_cast<size_t>(code.front() - 'A')], "\\n");
  };
  for (uint64_t i = 0; i < kDiagnoses; ++i) {
    add(DiagnosisCode(i));
    if (i < kCategories) add(DiagnosisCode(i).substr(0, kCategoryBytes));
  }
  return csv;
}

}  // namespace sluice::bench
