#include "libs/desensitize/dense_codes.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"
#include "libs/base/string_view.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;
using Table = std::map<std::string, std::string>;

// Diagnoses of one letter, two digits and sometimes a decimal.
Table Diagnoses() {
  Table table;
  for (int i = 0; i < 2000; ++i) {
    const std::string group =
        absl::StrFormat("%c%02d", 'A' + i % 20, i / 20 % 20);
    table[group] = group.substr(0, 1);
    table[absl::StrCat(group, ".", i / 400)] = group;
  }
  return table;
}

std::optional<DenseCodes> CodesOf(const Table& table) {
  return DenseCodes::Of({table.begin(), table.end()});
}

// How many rows are translated from the first on; they are checked.
uint32_t Translated(const DenseCodes& codes, const Table& table,
                    const std::vector<std::string>& rows) {
  std::string texts;
  std::vector<uint32_t> offsets = {0};
  for (const std::string& row : rows) {
    texts += row;
    offsets.push_back(static_cast<uint32_t>(texts.size()));
  }
  std::string out(
      texts.size() * DenseCodes::kBytesMax + DenseCodes::kBytesWritten + 1,
      '\0');
  out[0] = '!';
  std::vector<uint32_t> ends(offsets.size());
  const CodePlace place =
      codes.Translate(reinterpret_cast<const char*>(offsets.data()),
                      AsView(texts), {0, 1}, static_cast<uint32_t>(rows.size()),
                      out.data(), reinterpret_cast<char*>(ends.data()));
  std::string expected = "!";
  for (uint32_t row = 0; row < place.row; ++row) {
    CAPTURE(rows[row]);
    if (!rows[row].empty()) {
      REQUIRE(table.count(rows[row]) == 1);
      expected += table.at(rows[row]);
    }
    REQUIRE(ends[row + 1] == expected.size());
  }
  REQUIRE(out.substr(0, place.end) == expected);
  return place.row;
}

TEST_CASE("eight rows at a time are translated as a map would") {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return;
  const Table table = Diagnoses();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  std::vector<std::string> all;
  for (const auto& [code, text] : table) all.push_back(code);
  Random random(1);
  for (int i = 0; i < 50; ++i) {
    std::vector<std::string> rows;
    for (size_t n = random() % 1000; n > 0; --n) {
      rows.push_back(random() % 9 == 0 ? "" : all[random() % all.size()]);
    }
    // But for those near the end, behind which no vector can be read.
    const uint32_t translated = Translated(*codes, table, rows);
    CHECK(translated % 8 == 0);
    CHECK(translated + 8 + 64 > rows.size());
  }
}

TEST_CASE("what is no code stops its eight rows") {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return;
  Table table = Diagnoses();
  table["Z"] = "last";
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  const std::vector<std::string> strange = {
      // Not filled.
      "A20", "U00", "A00.5", "A0", "A00.", "Y",
      // Outside of what stands there, by one and by far.
      "@00", "[00", "A/0", "A0:", "A00-0", "A00/0", "A00./", "a00", "\xFF",
      "A00.\xC0",
      // Longer.
      "A00.00", "A00.000", "A00.0000", "A00.00000", std::string(60, 'A'),
      std::string(64, 'A'), "A00.0" + std::string(256, '0'),
      // With zeros behind.
      std::string("A00\0", 4), std::string("\0", 1), std::string("A00.0\0", 6)};
  for (const std::string& text : strange) {
    CAPTURE(text);
    for (size_t at = 0; at < 24; ++at) {
      std::vector<std::string> rows(100, "A00.0");
      rows[at] = text;
      CHECK(Translated(*codes, table, rows) == at / 8 * 8);
    }
  }
}

TEST_CASE("a text that is all of a byte below the lowest is no shorter code") {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return;
  const Table table = {{"1", "one"}, {"11", "eleven"}};
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  std::vector<std::string> rows(100, "1");
  rows[3] = "10";
  CHECK(Translated(*codes, table, rows) == 0);
}

TEST_CASE("codes that are too long, too many or too different are left") {
  CHECK(CodesOf({}).has_value());
  Table ones;
  for (size_t bytes = 1; bytes <= 7; ++bytes) {
    ones[std::string(bytes, '1')] = "7654321";
  }
  CHECK(CodesOf(ones).has_value());
  CHECK_FALSE(CodesOf({{"12345678", "1"}}).has_value());
  CHECK_FALSE(CodesOf({{"1", "12345678"}}).has_value());
  // Sixteen places for each code, and as many for none.
  CHECK(CodesOf({{"A", "a"}, {"\x6F", "b"}}).has_value());
  CHECK_FALSE(CodesOf({{"A", "a"}, {"\x70", "b"}}).has_value());
}

// Codes of one byte, from 1 to `last`.
Table CodesTo(int last) {
  Table table;
  for (int byte = 1; byte <= last; ++byte) {
    table[std::string(1, static_cast<char>(byte))] = "x";
  }
  return table;
}

TEST_CASE("the digits of a byte are of a signed one, and places bounded") {
  CHECK(CodesOf(CodesTo(126)).has_value());
  CHECK_FALSE(CodesOf(CodesTo(127)).has_value());
  Table table;
  for (int code = 0; code < 20'000; ++code) {
    table[absl::StrFormat("%05d", code)] = "x";
  }
  // Three ways for the first byte, eleven for each of the others.
  CHECK(CodesOf(table).has_value());
  // Ten for the first one.
  table["80000"] = "x";
  CHECK_FALSE(CodesOf(table).has_value());
}

}  // namespace
}  // namespace sluice::desensitize
