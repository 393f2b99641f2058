#include "libs/desensitize/operator_list.h"

namespace sluice::desensitize {
namespace {

using records::v1::DATA_TYPE_DATE;
using records::v1::DATA_TYPE_DOUBLE;
using records::v1::DATA_TYPE_INT64;
using records::v1::DATA_TYPE_STRING;
using records::v1::DATA_TYPE_TIMESTAMP;

constexpr Preserved kAll = {true, true, true, true};
constexpr Preserved kNothing = {};
constexpr Preserved kLength = {.length = true};
constexpr Preserved kFormat = {.format = true};
constexpr Preserved kLengthFormat = {.length = true, .format = true};
constexpr Preserved kEquality = {.equality = true};
constexpr Preserved kEncrypted = {
    .length = true, .format = true, .equality = true};
constexpr Preserved kClasses = {.length = true, .format = true, .order = true};

std::vector<OperatorDescription> Masks() {
  constexpr auto kReduced = Strength::kReduced;
  return {
      {"mask.keep_ends", R"({"mask": {"keep_ends": {"first": 6, "last": 4}}})",
       DATA_TYPE_STRING, "11010519491231002X", kReduced, kLength, false},
      {"mask.hide_range", R"({"mask": {"hide_range": {"from": 3, "to": 6}}})",
       DATA_TYPE_STRING, "ABCDEFGH", kReduced, kLength, true},
      {"mask.keep_range", R"({"mask": {"keep_range": {"from": 3, "to": 6}}})",
       DATA_TYPE_STRING, "ABCDEFGH", kReduced, kLength, false},
      {"mask.hide_before", R"({"mask": {"hide_before": {"character": "-"}}})",
       DATA_TYPE_STRING, "010-84", kReduced, kLength, false},
      {"mask.hide_after", R"({"mask": {"hide_after": {"character": "-"}}})",
       DATA_TYPE_STRING, "010-84", kReduced, kLength, false},
      {"mask.pattern", R"({"mask": {"pattern": {"expression": "[0-9]{4,}"}}})",
       DATA_TYPE_STRING, "订单20260331", kReduced, kLength, true},
      {"mask.name", R"({"mask": {"name": {}}})", DATA_TYPE_STRING, "欧阳修",
       kReduced, kLength, false},
      {"mask.phone", R"({"mask": {"phone": {}}})", DATA_TYPE_STRING,
       "13812345678", kReduced, kLengthFormat, true},
      {"mask.email", R"({"mask": {"email": {}}})", DATA_TYPE_STRING,
       "zhang.wei@example.com", kReduced, kLength, true},
      {"mask.bank_card", R"({"mask": {"bank_card": {}}})", DATA_TYPE_STRING,
       "4111111111111111", kReduced, kLength, true},
      {"mask.plate", R"({"mask": {"plate": {}}})", DATA_TYPE_STRING, "京A12345",
       kReduced, kLength, true},
      {"mask.address.district", R"({"mask": {"address": {}}})",
       DATA_TYPE_STRING, "浙江省杭州市西湖区文二西路1号", kReduced, kFormat,
       true},
      {"mask.free_text", R"({"mask": {"free_text": {}}})", DATA_TYPE_STRING,
       "电话13812345678", kReduced, kLength, false},
      {"mask.free_text.label", R"({"mask": {"free_text": {"form": "LABEL"}}})",
       DATA_TYPE_STRING, "电话13812345678", kReduced, kNothing, false},
      {"mask.free_text.remove",
       R"({"mask": {"free_text": {"form": "REMOVE"}}})", DATA_TYPE_STRING,
       "电话13812345678", kReduced, kNothing, false},
      {"mask.classes", R"({"mask": {"classes": {}}})", DATA_TYPE_STRING,
       "E-mail: 张伟 007", kReduced, kLengthFormat, true},
  };
}

std::vector<OperatorDescription> Keyed() {
  constexpr auto kPseudonymous = Strength::kPseudonymous;
  constexpr auto kReduced = Strength::kReduced;
  return {
      {"pseudonym.hex", R"({"pseudonym": {"length": 32}})", DATA_TYPE_STRING,
       "11010519491231002X", kPseudonymous, kEquality, false},
      {"pseudonym.base32.sm3",
       R"({"pseudonym": {"format": "BASE32", "hash": "SM3"}})",
       DATA_TYPE_STRING, "11010519491231002X", kPseudonymous, kEquality, false},
      {"fpe.digits", R"({"fpe": {"alphabet": "DIGITS"}})", DATA_TYPE_STRING,
       "0123456789", kPseudonymous, kEncrypted, true},
      {"fpe.han", R"({"fpe": {"alphabet": "HAN", "cipher": "AES"}})",
       DATA_TYPE_STRING, "张小明", kPseudonymous, kEncrypted, true},
      {"fpe.resident_id", R"({"fpe": {"resident_id": {}}})", DATA_TYPE_STRING,
       "11010519491231002X", kPseudonymous, kEncrypted, true},
      {"fpe.resident_id.keep.birth_date",
       R"({"fpe": {"resident_id": {"keep": "BIRTH_DATE"}}})", DATA_TYPE_STRING,
       "11010519491231002X", kReduced, kEncrypted, true},
      {"fpe.uscc", R"({"fpe": {"uscc": {}}})", DATA_TYPE_STRING,
       "91350100M000100Y43", kPseudonymous, kEncrypted, true},
      {"fpe.phone", R"({"fpe": {"phone": {}}})", DATA_TYPE_STRING,
       "13812345678", kPseudonymous, kEncrypted, true},
      {"fpe.bank_card", R"({"fpe": {"bank_card": {"keep_issuer": true}}})",
       DATA_TYPE_STRING, "4111111111111111", kPseudonymous, kEncrypted, true},
      {"token", R"({"token": {}})", DATA_TYPE_STRING, "11010519491231002X",
       kPseudonymous, kEquality, false},
      {"surrogate.name", R"({"surrogate": {"name": {"sex": "FEMALE"}}})",
       DATA_TYPE_STRING, "王秀英", kPseudonymous, kFormat, false},
      {"surrogate.street", R"({"surrogate": {"street": {}}})", DATA_TYPE_STRING,
       "文二西路1号", kPseudonymous, kFormat, false},
      {"surrogate.company", R"({"surrogate": {"company": {}}})",
       DATA_TYPE_STRING, "义乌市小明日用品商行", kPseudonymous, kFormat, false},
      {"surrogate.one_of",
       R"({"surrogate": {"one_of": {"values": ["红", "黄", "蓝"]}}})",
       DATA_TYPE_STRING, "紫", kPseudonymous, kNothing, false},
      {"surrogate.in_range",
       R"({"surrogate": {"in_range": {"min": "1950-01-01", "max": "2009-12-31"}}})",
       DATA_TYPE_DATE, "1987-08-23", kPseudonymous, kFormat, false},
      {"surrogate.same_form", R"({"surrogate": {"same_form": {}}})",
       DATA_TYPE_STRING, "浙A-12345", kReduced, kLengthFormat, true},
      {"perturb.date_shift", R"({"perturb": {"date_shift": {"days_max": 30}}})",
       DATA_TYPE_DATE, "1987-08-23", kReduced, kLengthFormat, true},
      {"perturb.laplace", R"({"perturb": {"laplace": {"scale": "500"}}})",
       DATA_TYPE_INT64, "12345", kReduced, kLengthFormat, true},
      {"perturb.gaussian", R"({"perturb": {"gaussian": {"scale": "0.5"}}})",
       DATA_TYPE_DOUBLE, "36.6", kReduced, kLengthFormat, true},
      {"perturb.uniform", R"({"perturb": {"uniform": {"within": "500"}}})",
       DATA_TYPE_INT64, "12345", kReduced, kLengthFormat, true},
  };
}

std::vector<OperatorDescription> Generalizations() {
  constexpr auto kReduced = Strength::kReduced;
  return {
      {"generalize.bucket", R"({"generalize": {"bucket": {"width": "1000"}}})",
       DATA_TYPE_INT64, "12345", kReduced, kClasses, true},
      {"generalize.bucket.range",
       R"({"generalize": {"bucket": {"width": "10", "form": "RANGE"}}})",
       DATA_TYPE_INT64, "34", kReduced, kNothing, true},
      {"generalize.bucket.labels",
       R"({"generalize": {"bucket": {"bounds": ["0", "18", "60"], "labels": ["未成年", "成年", "老年"]}}})",
       DATA_TYPE_INT64, "34", kReduced, kNothing, true},
      {"generalize.round", R"({"generalize": {"round": {"step": "0.5"}}})",
       DATA_TYPE_DOUBLE, "36.6", kReduced, kClasses, true},
      {"generalize.clamp", R"({"generalize": {"clamp": {"max": "90"}}})",
       DATA_TYPE_INT64, "104", Strength::kPlain, kClasses, true},
      {"generalize.date.year", R"({"generalize": {"date": {"unit": "YEAR"}}})",
       DATA_TYPE_DATE, "1987-08-23", kReduced, kClasses, true},
      {"generalize.date.day", R"({"generalize": {"date": {"unit": "DAY"}}})",
       DATA_TYPE_TIMESTAMP, "2026-03-31T12:30:00Z", kReduced, kClasses, true},
      {"generalize.time_part.month_of_year",
       R"({"generalize": {"time_part": {"part": "MONTH_OF_YEAR"}}})",
       DATA_TYPE_DATE, "1987-08-23", kReduced, kNothing, false},
      {"generalize.time_part.hour_of_day",
       R"({"generalize": {"time_part": {"part": "HOUR_OF_DAY"}}})",
       DATA_TYPE_TIMESTAMP, "2026-03-31T12:30:00Z", kReduced, kNothing, false},
      {"generalize.weekday", R"({"generalize": {"weekday": {}}})",
       DATA_TYPE_DATE, "1987-08-23", kReduced, kNothing, false},
      {"generalize.age",
       R"({"generalize": {"age": {"as_of": "2026-01-01", "band_years": 5}}})",
       DATA_TYPE_DATE, "1987-08-23", kReduced, kNothing, true},
      {"generalize.division.county",
       R"({"generalize": {"division": {"level": "COUNTY"}}})",
       DATA_TYPE_STRING,
       "110105001001",
       kReduced,
       {.format = true, .order = true},
       true},
      {"generalize.hierarchy",
       R"({"generalize": {"hierarchy": {"level": 2, "csv": "J45.0,J45,J00-J99\n"}}})",
       DATA_TYPE_STRING, "J45.0", kReduced, kNothing, true},
      {"generalize.grid", R"({"generalize": {"grid": {"cell": "0.01"}}})",
       DATA_TYPE_STRING, "116.397128,39.916527", kReduced, kFormat, true},
  };
}

std::vector<OperatorDescription> MakeAll() {
  std::vector<OperatorDescription> all = {{"keep", R"({"keep": {}})",
                                           DATA_TYPE_STRING, "绿码",
                                           Strength::kPlain, kAll, false}};
  for (const auto& group : {Masks(), Keyed(), Generalizations()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  constexpr auto kWithheld = Strength::kWithheld;
  all.push_back({"withhold", R"({"withhold": {}})", DATA_TYPE_STRING, "王小明",
                 kWithheld, kNothing, true});
  all.push_back({"withhold.constant", R"({"withhold": {"constant": "未知"}})",
                 DATA_TYPE_STRING, "王小明", kWithheld, kNothing, false});
  all.push_back({"withhold.placeholder", R"({"withhold": {"placeholder": {}}})",
                 DATA_TYPE_INT64, "12345", kWithheld, kNothing, false});
  all.push_back(
      {"chain(generalize.date.year, pseudonym.hex)",
       R"({"chain": {"steps": [{"generalize": {"date": {"unit": "YEAR"}}}, {"pseudonym": {}}]}})",
       DATA_TYPE_DATE, "1987-08-23", Strength::kPseudonymous, kNothing, true});
  all.push_back(
      {"conditional(mask.keep_ends|withhold)",
       R"({"conditional": {"when": {"prefix": {"field": "value", "prefix": "1101"}}, "then": {"mask": {"keep_ends": {"first": 6}}}, "otherwise": {"withhold": {}}}})",
       DATA_TYPE_STRING, "11010519491231002X", Strength::kReduced, kNothing,
       true});
  return all;
}

}  // namespace

const std::vector<OperatorDescription>& AllOperators() {
  static const auto* const all =
      new std::vector<OperatorDescription>(MakeAll());
  return *all;
}

absl::string_view StrengthWord(Strength strength) {
  switch (strength) {
    case Strength::kPlain:
      return "plain";
    case Strength::kReduced:
      return "reduced";
    case Strength::kPseudonymous:
      return "pseudonymous";
    case Strength::kWithheld:
      break;
  }
  return "withheld";
}

}  // namespace sluice::desensitize
