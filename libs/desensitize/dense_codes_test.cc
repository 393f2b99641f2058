#include "libs/desensitize/dense_codes.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
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

// Rows that are looked up by one vector, and bytes that are read from where one
// of them begins.
uint32_t VectorRows() { return UsedCpuLevel() == CpuLevel::kAvx512 ? 8 : 4; }
size_t BytesRead() { return UsedCpuLevel() == CpuLevel::kAvx512 ? 64 : 8; }

// How many rows are translated from the first on, if told to stop at `last`;
// they are checked, and that nothing is written or read behind what may be.
uint32_t TranslatedTo(uint32_t last, const DenseCodes& codes,
                      const Table& table,
                      const std::vector<std::string>& rows) {
  std::string texts;
  std::vector<uint32_t> offsets = {0};
  std::string expected = "!";
  std::vector<uint32_t> expected_ends = {1};
  std::vector<uint32_t> expected_unknown;
  for (const std::string& row : rows) {
    texts += row;
    offsets.push_back(static_cast<uint32_t>(texts.size()));
    const auto found = table.find(row);
    if (found != table.end()) {
      expected += found->second;
    } else if (!row.empty()) {
      expected_unknown.push_back(
          static_cast<uint32_t>(expected_ends.size() - 1));
    }
    expected_ends.push_back(static_cast<uint32_t>(expected.size()));
  }
  // No byte more than is asked for.
  std::vector<char> out(expected.size() + DenseCodes::kBytesWritten);
  out[0] = '!';
  constexpr uint32_t kUntouched = 0xFFFF'FFFF;
  std::vector<uint32_t> ends(offsets.size(), kUntouched);
  std::vector<uint32_t> unknown;
  // Without the room to grow that a string has, so that asan sees it read.
  const std::vector<char> exact(texts.begin(), texts.end());
  const CodePlace place =
      codes.Translate(reinterpret_cast<const char*>(offsets.data()),
                      absl::string_view(exact.data(), exact.size()), {0, 1},
                      last, out.data(), reinterpret_cast<char*>(ends.data()),
                      [&unknown](uint32_t row) { unknown.push_back(row); });
  REQUIRE(place.row <= last);
  // What the last were read from: with AVX-512 the first of eight.
  const uint32_t read = UsedCpuLevel() == CpuLevel::kAvx512 ? 8 : 1;
  REQUIRE((place.row == 0 ||
           offsets[place.row - read] + BytesRead() <= texts.size()));
  while (!expected_unknown.empty() && expected_unknown.back() >= place.row) {
    expected_unknown.pop_back();
  }
  REQUIRE(unknown == expected_unknown);
  REQUIRE(place.end == expected_ends[place.row]);
  REQUIRE(std::string(out.data(), place.end) == expected.substr(0, place.end));
  ends[0] = 1;
  for (uint32_t row = 0; row <= place.row; ++row) {
    REQUIRE(ends[row] == expected_ends[row]);
  }
  for (size_t row = last + size_t{1}; row < ends.size(); ++row) {
    REQUIRE(ends[row] == kUntouched);
  }
  return place.row;
}

uint32_t Translated(const DenseCodes& codes, const Table& table,
                    const std::vector<std::string>& rows) {
  return TranslatedTo(static_cast<uint32_t>(rows.size()), codes, table, rows);
}

// All but those near the end, behind which no vector can be read.
void CheckAllTranslated(const DenseCodes& codes, const Table& table,
                        const std::vector<std::string>& rows) {
  const uint32_t translated = Translated(codes, table, rows);
  CHECK(translated % VectorRows() == 0);
  CHECK(translated + VectorRows() + BytesRead() > rows.size());
}

// All up to the eight that `row` is among, which are too long together. Fours
// are read one by one, however long each is.
void CheckTranslatedTo(size_t row, const DenseCodes& codes, const Table& table,
                       const std::vector<std::string>& rows) {
  if (UsedCpuLevel() == CpuLevel::kAvx512) {
    CHECK(Translated(codes, table, rows) == row / 8 * 8);
  } else {
    CheckAllTranslated(codes, table, rows);
  }
}

TEST_CASE("rows that are looked up together are translated as a map would") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
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
    CheckAllTranslated(*codes, table, rows);
  }
}

// Texts that are no codes of Diagnoses(), of which two fit in among eight.
const std::vector<std::string>& Strange() {
  static const std::vector<std::string> strange = {
      // Not filled.
      "A20", "U00", "A00.5", "A0", "A00.", "Y",
      // Outside of what stands there, by one and by far.
      "@00", "[00", "A/0", "A0:", "A00-0", "A00/0", "A00./", "a00", "\xFF",
      "A00.\xC0",
      // Longer.
      "A00.00", "A00.000", "A00.0000", "A00.00000", std::string(17, 'A'),
      // With zeros behind.
      std::string("A00\0", 4), std::string("\0", 1), std::string("A00.0\0", 6)};
  return strange;
}

TEST_CASE("what is no code is told and becomes empty") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  Table table = Diagnoses();
  table["Z"] = "last";
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  for (const std::string& text : Strange()) {
    CAPTURE(text);
    // Fewer than are looked up together, and more.
    for (const size_t count : {100, 300}) {
      for (size_t at = 0; at < 24; ++at) {
        std::vector<std::string> rows(count, "A00.0");
        rows[at] = text;
        CheckAllTranslated(*codes, table, rows);
        rows[at + 1] = text;
        rows[at + 40] = text;
        CheckAllTranslated(*codes, table, rows);
      }
    }
  }
}

TEST_CASE("eight texts that are too long together are left") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = Diagnoses();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  for (const size_t bytes : {30, 60, 64, 256 + 5, 70'000}) {
    for (size_t at = 0; at < 24; ++at) {
      std::vector<std::string> rows(300, "A00.0");
      rows[at] = std::string(bytes, 'A');
      CheckTranslatedTo(at, *codes, table, rows);
      // Behind those that are looked up together.
      std::vector<std::string> more(3 * DenseCodes::kRows, "A00.0");
      more.insert(more.end(), rows.begin(), rows.end());
      CheckTranslatedTo(3 * DenseCodes::kRows + at, *codes, table, more);
    }
  }
}

// Of 20 letters, two digits and a decimal, all for three bytes.
Table EqualDiagnoses() {
  Table table;
  for (const auto& [code, text] : Diagnoses()) {
    if (code.size() == 5) table[code] = text;
  }
  return table;
}

TEST_CASE("texts of one size are not taken for others among them") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = EqualDiagnoses();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  constexpr size_t kRows = 4 * DenseCodes::kRows;
  std::vector<std::string> all;
  Random random(2);
  for (const auto& [code, text] : table) all.push_back(code);
  std::vector<std::string> usual;
  for (size_t i = 0; i < kRows; ++i) {
    usual.push_back(all[random() % all.size()]);
  }
  CheckAllTranslated(*codes, table, usual);
  std::vector<std::string> strange = Strange();
  strange.emplace_back();
  for (const std::string& text : strange) {
    CAPTURE(text);
    for (size_t n = 0; n < 30; ++n) {
      std::vector<std::string> rows = usual;
      const size_t at = random() % kRows;
      rows[at] = text;
      CheckAllTranslated(*codes, table, rows);
      // As many bytes in all, so that only this row's end is another.
      if (text.size() < 5 && at + 1 < kRows) {
        rows[at + 1] = "A00.0" + std::string(5 - text.size(), '0');
        CheckAllTranslated(*codes, table, rows);
      }
    }
  }
}

// Codes of one to seven ones: what is read from a wrong place is one too. Each
// stands for another text of one byte.
Table Ones() {
  Table table;
  for (size_t bytes = 1; bytes <= DenseCodes::kBytesMax; ++bytes) {
    table[std::string(bytes, '1')] = std::to_string(bytes);
  }
  return table;
}

// All codes of `size` digits from 1 to 3, for texts of `text_size` bytes.
Table DigitsToThree(size_t size, size_t text_size) {
  Table table = {{"", ""}};
  for (size_t digits = 0; digits < size; ++digits) {
    Table longer;
    for (const auto& [code, text] : table) {
      for (const char* digit : {"1", "2", "3"}) {
        const auto letter = static_cast<char>('a' + longer.size() % 26);
        longer[code + digit] = std::string(text_size, letter);
      }
    }
    table = longer;
  }
  return table;
}

TEST_CASE("empty texts among those of one size stay where they are") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  Random random(4);
  for (size_t size = 1; size <= DenseCodes::kBytesMax; ++size) {
    for (size_t text_size = 1; text_size <= DenseCodes::kBytesMax;
         ++text_size) {
      const Table table = DigitsToThree(size, text_size);
      const auto codes = CodesOf(table);
      REQUIRE(codes.has_value());
      std::vector<std::string> all;
      for (const auto& [code, text] : table) all.push_back(code);
      // Of sixteen rows.
      for (const uint64_t filled : {0, 1, 4, 8, 12, 15}) {
        std::vector<std::string> rows;
        for (size_t i = 0; i < 5 * DenseCodes::kRows; ++i) {
          const bool is_filled = random() % 16 < filled;
          rows.push_back(is_filled ? all[random() % all.size()] : "");
        }
        // Behind which a vector can be read.
        rows.insert(rows.end(), 80, all[0]);
        CheckAllTranslated(*codes, table, rows);
      }
    }
  }
}

TEST_CASE("texts among empty ones are found wherever they begin and end") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = EqualDiagnoses();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  constexpr size_t kRows = DenseCodes::kRows;
  for (size_t first = 0; first < kRows; ++first) {
    std::vector<std::string> rows(kRows + 80, "B01.2");
    std::fill_n(rows.begin(), kRows, "");
    rows[first] = "A00.0";
    CheckAllTranslated(*codes, table, rows);
    rows[(first + first / 3) % kRows] = "T19.4";
    CheckAllTranslated(*codes, table, rows);
    // All but one before them.
    for (size_t row = first; row < kRows; ++row) rows[row] = "C02.3";
    CheckAllTranslated(*codes, table, rows);
  }
}

TEST_CASE("what is no code is told among empty texts") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  Table table = EqualDiagnoses();
  // Has its place, as all around it have.
  table.erase("C03.2");
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  std::vector<std::string> strange = Strange();
  strange.emplace_back("C03.2");
  constexpr size_t kRows = DenseCodes::kRows;
  for (const std::string& text : strange) {
    CAPTURE(text);
    for (size_t at = 0; at < kRows; ++at) {
      std::vector<std::string> rows(kRows + 80, "A00.0");
      for (size_t row = 3; row < kRows; row += 10) rows[row] = "";
      rows[at] = text;
      CheckAllTranslated(*codes, table, rows);
      if (at % 9 != 0) continue;
      // Alone.
      std::fill_n(rows.begin(), kRows, "");
      rows[at] = text;
      CheckAllTranslated(*codes, table, rows);
      // Behind them.
      std::fill_n(rows.begin(), kRows, "A00.0");
      rows[at] = "";
      rows[kRows] = text;
      CheckAllTranslated(*codes, table, rows);
    }
  }
}

TEST_CASE("codes of several sizes are told from longer texts among them") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table equal = Ones();
  Table several = equal;
  several["111"] = "three";
  for (const Table& table : {equal, several}) {
    const auto codes = CodesOf(table);
    REQUIRE(codes.has_value());
    Random random(5);
    for (const size_t bytes : {0, 7, 8, 9, 15, 16, 40, 255, 256, 257, 263}) {
      for (size_t at = 0; at < DenseCodes::kRows; ++at) {
        std::vector<std::string> rows;
        for (size_t i = 0; i < DenseCodes::kRows + 80; ++i) {
          rows.emplace_back(1 + random() % 3, '1');
        }
        rows[at] = std::string(bytes, '1');
        if (bytes <= 40) {
          CheckAllTranslated(*codes, table, rows);
        } else {
          CheckTranslatedTo(at, *codes, table, rows);
        }
      }
    }
  }
}

TEST_CASE("codes are not read where those of one size would stand") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = Ones();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  for (size_t at = 0; at < DenseCodes::kRows; ++at) {
    CAPTURE(at);
    // One row's end alone is another.
    std::vector<std::string> rows(DenseCodes::kRows + 50, "11");
    rows[at] = "1";
    rows[at + 1] = "111";
    CheckAllTranslated(*codes, table, rows);
  }
  // There the last of these would be read from behind the column.
  std::vector<std::string> rows(DenseCodes::kRows + 80, "1");
  rows[0] = "1111111";
  CheckAllTranslated(*codes, table, rows);
}

TEST_CASE("no byte behind a column is read for texts among empty ones") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = Ones();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  constexpr size_t kRows = DenseCodes::kRows;
  for (size_t behind = 40; behind < 140; ++behind) {
    CAPTURE(behind);
    for (size_t filled = 0; filled < 16; ++filled) {
      // Those of the last eight rows are read from where some of them begin.
      std::vector<std::string> rows(kRows, "1111111");
      std::fill_n(rows.begin(), kRows - filled, "");
      rows.insert(rows.end(), behind, "1");
      Translated(*codes, table, rows);
      rows[0] = "1111111";
      Translated(*codes, table, rows);
      // As many bytes as if all had one, but most of them in the last rows.
      std::fill_n(rows.begin(), kRows, "");
      std::fill_n(rows.begin(), kRows - 7 * filled, "1");
      std::fill_n(rows.begin() + static_cast<std::ptrdiff_t>(kRows - filled),
                  filled, "1111111");
      Translated(*codes, table, rows);
    }
  }
}

TEST_CASE("texts of one size that is too long are not taken for their begin") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = Ones();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  // Of 257 the lowest byte is 1, of 65,538 it is 2.
  for (const size_t bytes : {9, 255, 256, 257, 65'538}) {
    const std::vector<std::string> rows(DenseCodes::kRows + 10,
                                        std::string(bytes, '1'));
    CheckTranslatedTo(0, *codes, table, rows);
  }
}

TEST_CASE("what is written before it is known does not leave its buffer") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = {{"1", "1234567"}};
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  // No bytes are left of these, and seven of each are tried.
  std::vector<std::string> rows(DenseCodes::kRows);
  rows.emplace_back(64, '1');
  CheckTranslatedTo(DenseCodes::kRows, *codes, table, rows);
}

TEST_CASE("rows behind the last that is asked for are left") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = EqualDiagnoses();
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  constexpr uint32_t kRows = DenseCodes::kRows;
  const std::vector<std::string> rows(3 * size_t{kRows}, "A00.0");
  for (const uint32_t last : {0u, 7u, 8u, kRows - 1, kRows, kRows + 1,
                              kRows + 8, 2 * kRows - 1, 2 * kRows}) {
    CHECK(TranslatedTo(last, *codes, table, rows) ==
          last / VectorRows() * VectorRows());
  }
}

TEST_CASE("texts of all sizes are told from one another") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  Random random(3);
  for (size_t size = 0; size <= DenseCodes::kBytesMax; ++size) {
    for (const size_t other : {size_t{0}, size, size_t{7}}) {
      Table table;
      for (char letter = 'A'; letter <= 'M'; ++letter) {
        const std::string code(1 + static_cast<size_t>(letter) % 2, letter);
        table[code] = std::string(letter == 'L' ? other : size, letter);
      }
      const auto codes = CodesOf(table);
      REQUIRE(codes.has_value());
      for (const char last : {'K', 'L', 'M'}) {
        std::vector<std::string> rows;
        for (size_t i = 0; i < 1000; ++i) {
          const auto letter = static_cast<char>(
              'A' + random() % static_cast<size_t>(last - 'A' + 1));
          rows.emplace_back(1 + static_cast<size_t>(letter) % 2, letter);
        }
        CheckAllTranslated(*codes, table, rows);
      }
    }
  }
}

TEST_CASE("a text that is all of a byte below the lowest is no shorter code") {
  const CpuLevelCap cap(GENERATE(CpuLevel::kAvx2, CpuLevel::kAvx512));
  if (UsedCpuLevel() == CpuLevel::kPortable) return;
  const Table table = {{"1", "one"}, {"11", "eleven"}};
  const auto codes = CodesOf(table);
  REQUIRE(codes.has_value());
  std::vector<std::string> rows(300, "1");
  rows[3] = "10";
  rows[200] = "0";
  CheckAllTranslated(*codes, table, rows);
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
