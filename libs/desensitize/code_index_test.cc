#include "libs/desensitize/code_index.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/endian.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;
using Texts = std::vector<std::string>;
using Table = std::map<std::string, std::string>;

// Texts one behind the other, as a column has them.
struct Column {
  explicit Column(const Texts& rows) {
    for (const std::string& row : rows) {
      Append();
      data += row;
    }
    Append();
    data.append(CodeIndex::kBytesRead, '!');
  }
  void Append() {
    char offset[sizeof(int32_t)];
    StoreLittle(static_cast<int32_t>(data.size()), offset);
    offsets.append(offset, sizeof(offset));
  }

  std::string data;
  std::string offsets;
};

// Which codes an index does not hold.
bool IsLeftOut(const Table::value_type& code) {
  return code.first.size() > 15 || code.second.size() > 32;
}

// Each row up to the first that the index does not know, if it says so only of
// what is no code.
void CheckTranslated(const CodeIndex& index, const Table& table,
                     const Texts& rows, uint32_t first) {
  const Column column(rows);
  const std::string before(first, 'x');
  size_t bytes_max = 0;
  for (const auto& [code, text] : table) {
    bytes_max = std::max(bytes_max, text.size());
  }
  std::string out = before;
  out.resize(before.size() + rows.size() * bytes_max +
             CodeIndex::kBytesWritten);
  std::string out_offsets(column.offsets.size(), '\0');
  std::vector<bool> unknown(rows.size());
  const CodePlace place = index.Translate(
      column.offsets.data(), column.data, {first, before.size()},
      static_cast<uint32_t>(rows.size()), out.data(), out_offsets.data(),
      [&unknown](uint32_t row) { unknown[row] = true; });
  const auto is_known = [&table](const std::string& row) {
    const auto found = table.find(row);
    return row.empty() || (found != table.end() && !IsLeftOut(*found));
  };
  REQUIRE((place.row == rows.size() || !is_known(rows[place.row])));
  std::string expected = before;
  for (uint32_t row = first; row < place.row; ++row) {
    const auto found = table.find(rows[row]);
    REQUIRE(is_known(rows[row]) != unknown[row]);
    if (found == table.end()) {
      REQUIRE((rows[row].empty() || unknown[row]));
    } else {
      REQUIRE(!unknown[row]);
      expected += found->second;
    }
    REQUIRE(LoadLittle<uint32_t>(out_offsets.data() +
                                 (row + size_t{1}) * sizeof(uint32_t)) ==
            expected.size());
  }
  REQUIRE(out.substr(0, place.end) == expected);
}

// Of `characters` characters, the first few of which are near one another.
std::string AnyText(size_t length_max, size_t characters, Random* random) {
  std::string text;
  for (size_t n = 1 + (*random)() % length_max; n > 0; --n) {
    text += "ABC\0\7\x0F\xE5"[(*random)() % characters];
  }
  return text;
}

TEST_CASE("codes are translated as a map would") {
  Random random(1);
  for (int i = 0; i < 300; ++i) {
    constexpr CpuLevel kLevels[] = {CpuLevel::kPortable, CpuLevel::kAvx2,
                                    CpuLevel::kAvx512};
    const CpuLevelCap cap(kLevels[random() % 3]);
    const bool is_short = random() % 2 == 0;
    // Else they are not regular.
    const size_t characters = random() % 2 == 0 ? 3 : 7;
    Table table;
    for (size_t n = random() % 10 == 0 ? 3000 : random() % 50; n > 0; --n) {
      table[AnyText(is_short ? 7 : 18, characters, &random)] =
          AnyText(is_short ? 7 : 34, 7, &random);
    }
    const CodeIndex index({table.begin(), table.end()});
    std::vector<std::string> codes;
    for (const auto& [code, text] : table) codes.push_back(code);
    Texts rows;
    const size_t strange_in_hundred = random() % 3;
    for (size_t n = 1 + random() % 200; n > 0; --n) {
      std::string row;
      if (!codes.empty() && random() % 10 != 0) {
        row = codes[random() % codes.size()];
      }
      if (random() % 100 < strange_in_hundred) {
        row += AnyText(random() % 20 == 0 ? 300 : 9, 7, &random);
      }
      rows.push_back(row);
    }
    for (uint32_t first = 0; first < rows.size(); first += 40) {
      CheckTranslated(index, table, rows, first);
    }
  }
}

TEST_CASE("every code of a large table has its slot") {
  for (const size_t codes : {1, 2, 3, 4, 5, 7, 8, 16, 1023, 1024, 16'383}) {
    Table table;
    for (size_t i = 0; i < codes; ++i) {
      table[std::to_string(i)] = std::to_string(i % 100);
    }
    CAPTURE(codes);
    const CodeIndex index({table.begin(), table.end()});
    Texts rows;
    for (size_t i = 0; i < codes; ++i) rows.push_back(std::to_string(i));
    rows.push_back(std::to_string(codes));
    CheckTranslated(index, table, rows, 0);
  }
}

TEST_CASE("a code is not taken for one with zeros behind") {
  const Table table = {{"A", "1"}, {std::string("A\0\0", 3), "3"}};
  const CodeIndex index({table.begin(), table.end()});
  CheckTranslated(index, table,
                  {"A", std::string("A\0\0", 3), std::string("A\0", 2)}, 0);
}

}  // namespace
}  // namespace sluice::desensitize
