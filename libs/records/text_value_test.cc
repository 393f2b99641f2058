#include "libs/records/text_value.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "libs/base/string_view.h"

namespace sluice::records {
namespace {

using catalog::v1::Field;
namespace types = records::v1;

struct Parsed {
  bool good = false;
  Value value;
  std::string text;
  std::string problem;
};

Parsed Parse(types::DataType type, const std::string& text, uint32_t scale = 0,
             uint32_t length_max = 0) {
  Field field;
  field.set_name("f");
  field.set_type(type);
  field.set_scale(scale);
  field.set_length_max(length_max);
  Parsed parsed;
  std::string bytes;
  const char* problem =
      ParseValue(ValueRule(field), AsView(text), &bytes, &parsed.value);
  parsed.good = problem == nullptr;
  if (problem != nullptr) parsed.problem = problem;
  parsed.text = std::string(parsed.value.text);
  return parsed;
}

int64_t Integer(types::DataType type, const std::string& text) {
  const Parsed parsed = Parse(type, text);
  REQUIRE(parsed.good);
  return parsed.value.integer;
}

TEST_CASE("Whole numbers fill 64 bits and nothing else") {
  CHECK(Integer(types::DATA_TYPE_INT64, "-9223372036854775808") == INT64_MIN);
  CHECK(Integer(types::DATA_TYPE_INT64, "007") == 7);
  for (const char* bad : {"", " 1", "1 ", "+1", "1.0", "9223372036854775808",
                          "0x1", "1e3", "-", "１"}) {
    CAPTURE(bad);
    CHECK_FALSE(Parse(types::DATA_TYPE_INT64, bad).good);
  }
}

TEST_CASE("Real numbers are finite") {
  CHECK(Parse(types::DATA_TYPE_DOUBLE, "-12.5e1").value.real == -125);
  for (const char* bad : {"", "nan", "inf", "-inf", "1e999", "1,5", "1.5x"}) {
    CAPTURE(bad);
    CHECK_FALSE(Parse(types::DATA_TYPE_DOUBLE, bad).good);
  }
}

TEST_CASE("Decimals keep the places of their scale") {
  const auto unscaled = [](const char* text, uint32_t scale) {
    const Parsed parsed = Parse(types::DATA_TYPE_DECIMAL128, text, scale);
    CAPTURE(text);
    REQUIRE(parsed.good);
    return parsed.value.decimal;
  };
  CHECK(unscaled("12.5", 2) == 1250);
  CHECK(unscaled("-0.01", 2) == -1);
  CHECK(unscaled("7", 2) == 700);
  CHECK(unscaled("7.5000", 1) == 75);
  CHECK(unscaled("000000000000000000000000000000000000000000001", 0) == 1);
  const std::string nines(38, '9');
  CHECK(unscaled(nines.c_str(), 0) + 1 ==
        absl::int128(10'000'000'000'000'000'000u) *
            absl::int128(10'000'000'000'000'000'000u));
  CHECK_FALSE(Parse(types::DATA_TYPE_DECIMAL128, nines + "0", 0).good);
  CHECK_FALSE(Parse(types::DATA_TYPE_DECIMAL128, nines, 1).good);
  CHECK(Parse(types::DATA_TYPE_DECIMAL128, "1.255", 2).problem.find("scale") !=
        std::string::npos);
  for (const char* bad :
       {"", ".", "1.", ".5", "-", "1..2", "1e3", "+1", "1 "}) {
    CAPTURE(bad);
    CHECK_FALSE(Parse(types::DATA_TYPE_DECIMAL128, bad, 2).good);
  }
}

TEST_CASE("Truth values are spelled in four ways") {
  CHECK(Parse(types::DATA_TYPE_BOOL, "true").value.boolean);
  CHECK(Parse(types::DATA_TYPE_BOOL, "1").value.boolean);
  CHECK_FALSE(Parse(types::DATA_TYPE_BOOL, "false").value.boolean);
  CHECK_FALSE(Parse(types::DATA_TYPE_BOOL, "0").value.boolean);
  for (const char* bad : {"", "TRUE", "yes", "2"}) {
    CHECK_FALSE(Parse(types::DATA_TYPE_BOOL, bad).good);
  }
}

TEST_CASE("Every day of a few centuries is counted as Abseil counts it") {
  const absl::CivilDay epoch(1970, 1, 1);
  for (absl::CivilDay day(1890, 1, 1); day < absl::CivilDay(2110, 1, 1);
       ++day) {
    const std::string text =
        absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
    if (Integer(types::DATA_TYPE_DATE, text) != day - epoch) FAIL(text);
  }
  CHECK(Integer(types::DATA_TYPE_DATE, "0001-01-01") == -719'162);
  CHECK(Integer(types::DATA_TYPE_DATE, "9999-12-31") == 2'932'896);
  for (const char* bad : {"", "2026-02-29", "1900-02-29", "2026-13-01",
                          "2026-00-01", "2026-04-31", "2026-4-1", "0000-01-01",
                          "2026/04/01", "2026-04-01 ", "20260401"}) {
    CAPTURE(bad);
    CHECK_FALSE(Parse(types::DATA_TYPE_DATE, bad).good);
  }
}

TEST_CASE("Times are UTC unless they say otherwise") {
  const int64_t noon = absl::ToUnixMicros(absl::FromCivil(
      absl::CivilSecond(2026, 3, 31, 12, 0, 0), absl::UTCTimeZone()));
  const auto parse = [](const char* text) {
    return Integer(types::DATA_TYPE_TIMESTAMP, text);
  };
  CHECK(parse("2026-03-31T12:00:00Z") == noon);
  CHECK(parse("2026-03-31 12:00:00") == noon);
  CHECK(parse("2026-03-31T20:00:00+08:00") == noon);
  CHECK(parse("2026-03-31t06:30:00.000001-05:30") == noon + 1);
  CHECK(parse("2026-03-31 12:00:00.5") == noon + 500'000);
  CHECK(parse("2026-03-31 12:00:00.123456000") == noon + 123'456);
  CHECK(parse("1969-12-31T23:59:59.9Z") == -100'000);
  for (const char* bad :
       {"", "2026-03-31", "2026-03-31T12:00", "2026-03-31T24:00:00Z",
        "2026-03-31T12:60:00Z", "2026-03-31T12:00:60Z", "2026-03-31T12:00:00.Z",
        "2026-03-31T12:00:00.1234567Z", "2026-03-31T12:00:00+8",
        "2026-03-31T12:00:00 Z", "2026-02-30T12:00:00Z",
        "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"}) {
    CAPTURE(bad);
    CHECK_FALSE(Parse(types::DATA_TYPE_TIMESTAMP, bad).good);
  }
}

TEST_CASE("Texts and bytes keep to their length") {
  CHECK(Parse(types::DATA_TYPE_STRING, "民政", 0, 6).text == "民政");
  CHECK_FALSE(Parse(types::DATA_TYPE_STRING, "民政局", 0, 8).good);
  CHECK(Parse(types::DATA_TYPE_STRING, std::string(4096, 'x')).good);
  CHECK_FALSE(Parse(types::DATA_TYPE_STRING, std::string(4097, 'x')).good);
  CHECK(Parse(types::DATA_TYPE_BYTES, "AAEC").text == std::string("\0\1\2", 3));
  CHECK_FALSE(Parse(types::DATA_TYPE_BYTES, "AAE").good);
  CHECK_FALSE(Parse(types::DATA_TYPE_BYTES, "AAEC", 0, 2).good);
}

TEST_CASE("A problem never repeats the value") {
  for (const auto type :
       {types::DATA_TYPE_INT64, types::DATA_TYPE_DOUBLE, types::DATA_TYPE_DATE,
        types::DATA_TYPE_TIMESTAMP, types::DATA_TYPE_BOOL,
        types::DATA_TYPE_DECIMAL128, types::DATA_TYPE_BYTES}) {
    const Parsed parsed = Parse(type, "SECRET!");
    CHECK_FALSE(parsed.good);
    CHECK(parsed.problem.find("SECRET") == std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::records
