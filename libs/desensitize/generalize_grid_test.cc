// Points are cut several at a time, by what stands beside them: each must come
// out as it does alone, whatever its neighbours are.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/operator.h"
#include "libs/records/aligned_buffer.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using Texts = std::vector<std::optional<std::string>>;

struct Points {
  Texts texts;
  uint64_t untreatable = 0;

  bool operator==(const Points&) const = default;
};

Points GeneralizeHere(const std::string& cell, const Texts& texts) {
  Treatment treatment;
  treatment.mutable_generalize()->mutable_grid()->set_cell(cell);
  Field field;
  field.set_id(1);
  field.set_name("place");
  field.set_type(records::v1::DATA_TYPE_STRING);
  const auto resolved = ResolveTreatment(treatment, field, "treatment");
  REQUIRE(resolved.ok());
  const auto compiled = CompileOperator(*resolved, field, {});
  REQUIRE(compiled.ok());
  records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  for (const auto& text : texts) {
    text ? builder.AppendText(AsView(*text)) : builder.AppendNull();
  }
  records::Column column = builder.Finish();
  // Nothing behind the texts may be read.
  records::AlignedBuffer data(column.data.size());
  std::copy_n(column.data.data(), column.data.size(), data.data());
  column.data = std::move(data).Share();
  const Treated treated = (*compiled)->Apply(column);
  Points points;
  points.untreatable = treated.untreatable;
  points.texts.reserve(texts.size());
  for (uint32_t row = 0; row < treated.column.row_count; ++row) {
    points.texts.emplace_back();
    if (!treated.column.IsNull(row)) {
      points.texts.back() = std::string(treated.column.Text(row));
    }
  }
  return points;
}

// At each level that has vectors.
Points Generalize(const std::string& cell, const Texts& texts) {
  std::optional<Points> points;
  for (const CpuLevel level : {CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    Points each = GeneralizeHere(cell, texts);
    if (points) CHECK(*points == each);
    points = std::move(each);
  }
  return *std::move(points);
}

// Each text in a column of its own.
Points GeneralizeAlone(const std::string& cell, const Texts& texts) {
  const CpuLevelCap cap(CpuLevel::kPortable);
  Points points;
  for (const auto& text : texts) {
    Points alone = GeneralizeHere(cell, {text});
    points.texts.push_back(alone.texts.at(0));
    points.untreatable += alone.untreatable;
  }
  return points;
}

// 18, 20 and 22 bytes: three, three and two in a vector.
const std::vector<std::string> kUsual = {
    "99.123456,9.987654", "119.123456,29.987654", "119.1234567,29.9876543"};

TEST_CASE("a cell of each size cuts digits, and lowers the last that stays") {
  const std::vector<std::pair<std::string, std::string>> corners = {
      {"0.000001", "119.987654,29.198739"},
      {"0.000005", "119.987650,29.198735"},
      {"0.00001", "119.98765,29.19873"},
      {"0.0002", "119.9876,29.1986"},
      {"0.001", "119.987,29.198"},
      {"0.005", "119.985,29.195"},
      {"0.01", "119.98,29.19"},
      {"0.02", "119.98,29.18"},
      {"0.05", "119.95,29.15"},
      {"0.1", "119.9,29.1"},
      {"0.5", "119.5,29.0"},
      {"1", "119,29"},
      {"2", "118,28"},
      {"5", "115,25"},
      {"10", "110,20"},
      {"0.000025", "119.987650,29.198725"},
      {"0.00025", "119.98750,29.19850"},
      {"0.0025", "119.9875,29.1975"},
      {"0.025", "119.975,29.175"},
      {"0.25", "119.75,29.00"},
      {"2.5", "117.5,27.5"},
      // Not of the digits.
      {"25", "100,25"},
      {"0.04", "119.96,29.16"},
      {"0.125", "119.875,29.125"},
      {"20", "100,20"},
      {"90", "90,0"},
  };
  for (const auto& [cell, corner] : corners) {
    CAPTURE(cell);
    CHECK(Generalize(cell, Texts(40, "119.9876543,29.1987399")).texts ==
          Texts(40, corner));
  }
}

// How a number is written around two digits that a cell of a quarter lowers.
struct Quartered {
  std::string cell;
  std::string front;
  std::string between;
  std::string back;

  std::string Write(size_t two_digits) const {
    return front + std::to_string(two_digits / 10) + between +
           std::to_string(two_digits % 10);
  }
};

TEST_CASE("all two digits fall to the quarter below them") {
  const std::vector<Quartered> numbers = {
      {"0.25", "119.", "", "3456"},
      {"0.25", "0.", "", ""},
      {"0.25", "9.", "", "999999999"},
      {"0.025", "29.1", "", "345"},
      {"0.000025", "9.8765", "", ""},
      {"0.000025", "9.1234", "", "99"},
      {"2.5", "11", ".", "23456"},
      {"2.5", "", ".", "98765"},
      {"2.5", "", ".", ""},
  };
  for (const Quartered& number : numbers) {
    // The other number's two digits are some more than the first one's.
    for (const size_t more : {0, 1, 24, 50, 75, 99}) {
      Texts texts;
      Texts corners;
      for (size_t first = 0; first < 100; ++first) {
        const size_t second = (first + more) % 100;
        texts.emplace_back(number.Write(first) + number.back + "," +
                           number.Write(second) + number.back);
        corners.emplace_back(number.Write(first - first % 25) + "," +
                             number.Write(second - second % 25));
      }
      CAPTURE(number.cell, number.front, more);
      CHECK(Generalize(number.cell, texts).texts == corners);
    }
  }
}

TEST_CASE("each whole part is what it is alone, in each of both numbers") {
  for (const std::string cell : {"0.01", "0.05", "0.25", "2.5"}) {
    for (const std::string zeros : {"", "0", "00"}) {
      Texts texts;
      for (size_t whole = 0; whole < 400; ++whole) {
        // Often enough alone in a vector.
        texts.emplace_back(zeros + std::to_string(whole) + ".123456,9.654321");
        texts.insert(texts.end(), 3, "119.123456,29.987654");
        texts.emplace_back("9.654321," + zeros + std::to_string(whole) +
                           ".123456");
      }
      CAPTURE(cell, zeros);
      CHECK(Generalize(cell, texts) == GeneralizeAlone(cell, texts));
    }
  }
}

TEST_CASE("nulls and empty texts stay between points") {
  for (const std::string& usual : kUsual) {
    for (size_t period = 1; period < 8; ++period) {
      Texts texts;
      for (size_t i = 0; i < 100; ++i) {
        texts.emplace_back(i % period == 0 ? "" : usual);
        if (i % (period + 2) == 1) texts.back() = std::nullopt;
        // One that is not cut like its neighbours.
        if (i % (2 * period + 3) == 2) texts.back() = "-1.5,2.5";
        if (i % (3 * period + 5) == 4) texts.back() = "x";
      }
      CAPTURE(usual, period);
      for (const std::string cell : {"0.05", "0.25"}) {
        CHECK(Generalize(cell, texts) == GeneralizeAlone(cell, texts));
      }
    }
  }
  for (const std::string cell : {"0.05", "0.25"}) {
    CHECK(Generalize(cell, Texts(50, "")).texts == Texts(50, ""));
    CHECK(Generalize(cell, Texts(50)).texts == Texts(50));
    CHECK(Generalize(cell, {}).texts.empty());
  }
}

TEST_CASE("columns of every length have each of their points cut") {
  for (const std::string& usual : kUsual) {
    for (size_t rows = 1; rows < 110; ++rows) {
      CAPTURE(usual, rows);
      const Texts texts(rows, usual);
      for (const std::string cell : {"0.02", "0.25"}) {
        CHECK(Generalize(cell, texts) == GeneralizeAlone(cell, texts));
      }
    }
  }
}

// Points, or nearly, that are not cut like their neighbours.
const Texts kStrange = {
    "180.000000,29.987654",
    "180.000001,29.987654",
    "179.999999,79.999999",
    "179.999999999999999999,0.000000000",
    "29.987654,180.000000",
    "189.123456,1.123456",
    "190.123456,1.123456",
    "200.123456,1.123456",
    "079.123456,1.123456",
    "07.123456,1.123456",
    "1.123456,00.123456",
    "0.123456,0.000000",
    "10.123456,19.123456",
    "1179.123456,1.123456",
    "-119.123456,29.987654",
    "119.123456,-29.987654",
    "119.123456, 29.987654",
    "119.123456 ,29.987654",
    "119.1,29.987654",
    "119.123456,29.9",
    "119,29.987654",
    "119.123456,29",
    "119.,29.987654",
    "119.123456,29.",
    ".123456,29.987654",
    "119.123456,.987654",
    "119.123456,",
    ",29.987654",
    "119.123456",
    "119.12,29.98,119.12",
    "119.12.12,29.98",
    "119.12,29.98.12",
    "119.12,,29.98",
    "119..12,29.98",
    ",",
    ".",
    "..",
    ".,.",
    "9",
    "999999999999999999999999999999999",
    "119.123456;29.987654",
    "119/123456,29.987654",
    "119.123456-29.987654",
    "119.12345:,29.987654",
    std::string("119.12\0"
                "45,29.987654",
                20),
    std::string("\0", 1),
    "119.123456,29.98765\x7F",
    "１１.123456,29.987654",
    "东经119.123456,北纬29.987654",
    std::string(60, '1') + ".5,1.5",
    "1.5," + std::string(70, '0') + "1.5",
    "1." + std::string(58, '1') + ",1.55",
    "1." + std::string(59, '1') + ",1.55",
    "1." + std::string(60, '1') + ",1.55",
    "1." + std::string(200, '1') + ",1.55",
};

TEST_CASE("a strange text among points is what it is alone, at every place") {
  for (const std::string cell :
       {"0.01", "0.05", "0.00001", "1", "10", "0.25", "2.5"}) {
    for (const std::string& usual : kUsual) {
      for (const auto& strange : kStrange) {
        for (size_t place = 0; place < 7; ++place) {
          CAPTURE(cell, usual, *strange, place);
          // So that the last texts of the column are also before and behind.
          for (const size_t rows : {place + 1, place + 2, size_t{30}}) {
            Texts texts(rows, usual);
            texts[place] = strange;
            const Points points = Generalize(cell, texts);
            const Points alone = GeneralizeAlone(cell, {strange, usual});
            Texts expected(rows, alone.texts[1]);
            expected[place] = alone.texts[0];
            CHECK(points.texts == expected);
            CHECK(points.untreatable == alone.untreatable);
          }
        }
      }
    }
  }
}

TEST_CASE("points are cut in columns of many forms") {
  Texts texts;
  for (size_t first = 1; first <= 15; first += 1 + first / 4) {
    for (size_t second = 1; second <= 15; second += 1 + second / 4) {
      for (const std::string whole : {"1", "29", "119", "199"}) {
        texts.emplace_back(
            whole + "." + std::string("987654321987654").substr(0, first) +
            ",29." + std::string("123456789123456").substr(0, second));
      }
    }
  }
  // Each form again when it is known, if others did not take its place.
  const size_t once = texts.size();
  for (size_t i = 0; i < once; ++i) {
    texts.insert(texts.end(), 2, texts[i * 7 % once]);
  }
  for (const std::string cell :
       {"0.000001", "0.0005", "0.25", "0.2", "1", "2.5", "10"}) {
    CAPTURE(cell);
    CHECK(Generalize(cell, texts) == GeneralizeAlone(cell, texts));
  }
}

TEST_CASE("two bytes that are no digits are seen at all places of some forms") {
  Texts texts;
  for (size_t first = 2; first <= 8; first += 2) {
    for (size_t second = 2; second <= 8; second += 2) {
      const std::string usual =
          "119." + std::string(first, '7') + ",29." + std::string(second, '3');
      for (size_t place = 0; place < usual.size(); ++place) {
        texts.emplace_back(usual);
        for (size_t other = 0; other <= place; ++other) {
          texts.emplace_back(usual);
          texts.back()->at(place) = 'x';
          texts.back()->at(other) = 'x';
        }
      }
      texts.emplace_back(usual);
    }
  }
  CHECK(Generalize("0.05", texts) == GeneralizeAlone("0.05", texts));
}

// U+0000 to U+00FF.
std::string CharacterOf(uint32_t code) {
  if (code < 0x80) return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xC0 | code >> 6),
          static_cast<char>(0x80 | (code & 0x3F))};
}

TEST_CASE("no character is taken for another one") {
  const std::string point = "119.123456,29.987654";
  // A digit before and behind a point, the points and the comma.
  for (const size_t place : {0, 2, 3, 4, 5, 9, 10, 11, 13, 14}) {
    for (uint32_t code = 0; code < 256; ++code) {
      std::string strange = point;
      strange.replace(place, 1, CharacterOf(code));
      CAPTURE(place, code);
      Texts texts(10, point);
      texts[1] = strange;
      for (const std::string cell : {"0.05", "0.25"}) {
        CHECK(Generalize(cell, texts) == GeneralizeAlone(cell, texts));
      }
    }
  }
}

TEST_CASE("no text is completed by the one beside it") {
  const std::vector<Texts> neighbours = {
      {"1.25,3", "4.55,6.75"},    {"1.25,", "3.45,5.65,7.85"},
      {"1.25", "1.55,2.55,3.55"}, {"1.25,2.25,3.25", "1.25"},
      {"1.25,2.25", ",3.25"},     {"1.25,2.25,", "3.25"},
      {"1.25,2.", "25,3.25"},     {"1.25,2", ".25,3.25"},
      {"1", ".25,2.25"},          {"1.25,2.2", "5.25,3.25"},
      {"1.25,22", "2.25"},        {"1.25,2.25,3", ".25,4.25"},
      {"1.25.3,4", "5,6.25.7"},
  };
  for (const Texts& pair : neighbours) {
    for (const std::string cell : {"0.01", "0.5", "1", "0.25", "2.5"}) {
      for (size_t before = 0; before < 4; ++before) {
        Texts texts(before, "1.25,2.25");
        for (int i = 0; i < 8; ++i) {
          texts.insert(texts.end(), pair.begin(), pair.end());
        }
        CAPTURE(cell, *pair[0], *pair[1], before);
        CHECK(Generalize(cell, texts) == GeneralizeAlone(cell, texts));
      }
    }
  }
}

TEST_CASE("points that fill a vector, nearly or more than that, are cut") {
  // Three of them have 60 to 66 bytes.
  for (size_t bytes = 60; bytes <= 66; ++bytes) {
    Texts texts;
    for (size_t i = 0; i < 60; ++i) {
      const size_t size = bytes / 3 + (i % 3 < bytes % 3 ? 1 : 0);
      texts.emplace_back("119.123456,29." + std::string(size - 14, '7'));
    }
    // Short ones, so that three are expected to fit in.
    texts.insert(texts.end(), 60, "1.123456,2.123456");
    CAPTURE(bytes);
    for (const std::string cell : {"0.05", "0.25"}) {
      CHECK(Generalize(cell, texts) == GeneralizeAlone(cell, texts));
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
