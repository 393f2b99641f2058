#include "libs/desensitize/sensitive_places.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

constexpr CpuLevel kLevels[] = {CpuLevel::kPortable, CpuLevel::kAvx2,
                                CpuLevel::kAvx512};

std::string Repeated(const std::string& piece, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += piece;
  return text;
}

// Where the first place begins, at every level.
size_t FirstOf(const std::string& text, size_t from = 0) {
  const size_t first = NextSensitivePlace(text, from).begin;
  for (const CpuLevel level : kLevels) {
    const CpuLevelCap cap(level);
    const SensitivePlace place = NextSensitivePlace(text, from);
    CAPTURE(text, from, static_cast<int>(level));
    REQUIRE(place.begin == first);
    REQUIRE(place.end <= text.size());
    REQUIRE((place.begin < place.end || place.begin == text.size()));
  }
  return first;
}

TEST_CASE("an @ and eleven digits near one another are a place") {
  // Each before what follows it in windows.
  for (size_t filled = 0; filled < 140; ++filled) {
    const std::string filler =
        filled % 3 == 0 ? Repeated("电", filled / 3) : std::string(filled, '.');
    for (const std::string place :
         {"@", "＠", "13812345678", "138 1234 5678", "１３８１２３４５６７８",
          "1 2 3 4 5 6 7 8 9 0 1", "138－1234５678", "000-0000000000",
          "1—·—2345678901", "１—·—２３４５６７８９０１"}) {
      const std::string before = filler + "，2026-05-06来";
      REQUIRE(FirstOf(before + place) == before.size());
      REQUIRE(FirstOf(before + place + "，" + filler) == before.size());
    }
    for (const std::string none :
         {"", "1", "1234567890", "12-34-56-78-90", "１２３４５６７８９０",
          "2026年05月06日，12时", "12345，2026年10月12日", "：", "。、", "ｘ",
          "1234567890          1"}) {
      const std::string text = filler + "，请，" + none + "，请，" + filler;
      REQUIRE(FirstOf(text) == text.size());
    }
  }
}

TEST_CASE("what stands before where a look begins counts for nothing") {
  const std::string text = "a@b, 12345678901，" + Repeated("号", 40) + "1@";
  CHECK(FirstOf(text) == 1);
  CHECK(FirstOf(text, 2) == 5);
  CHECK(FirstOf(text, 6) == text.size() - 1);
  CHECK(FirstOf(text, text.size()) == text.size());
}

// What the header says, a character at a time: where the first place begins.
// `bytes` is set to how far its digits reach.
size_t FirstSlowly(const std::string& text, size_t from, bool any_digits,
                   size_t* bytes) {
  size_t count = 0;
  size_t begin = 0;
  size_t end = 0;
  size_t at_sign = text.size();
  size_t found = text.size();
  bool is_parted = false;
  for (size_t i = from; i < text.size(); ++i) {
    const Glyph glyph = GlyphAt(text, i);
    if (glyph.c == '@') at_sign = std::min(at_sign, i);
    is_parted |= static_cast<unsigned char>(text[i]) >= 0xE4 &&
                 static_cast<unsigned char>(text[i]) != 0xEF;
    if (!IsDigit(glyph)) continue;
    if (count == 0 || i - end > kGapBytesMax || is_parted) {
      if (found < text.size()) break;
      count = 0;
      begin = i;
    }
    is_parted = false;
    end = i + glyph.bytes;
    if (++count >= 11 || any_digits) found = begin;
    if (found < text.size()) *bytes = end - found;
  }
  return std::min(found, at_sign);
}

TEST_CASE("no place is passed over, and few are told that are none") {
  const std::vector<std::string> pieces = {
      "1",          "23",       "4567", "89012345", "13812345678",
      "５",         "６７８９", " ",    "-",        "－",
      "．",         "@",        "＠",   "，",       "电话",
      "abc",        "—·—",      "号",   "😀",       "\xEF\xBF\xBD",
      "          ", "ｘ"};
  Random random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const size_t pieces_used = round % 2 == 0 ? pieces.size() : 10;
    for (size_t n = random() % 40; n > 0; --n) {
      text += pieces[random() % pieces_used];
      if (random() % 6 == 0) text += Repeated("。", random() % 6);
    }
    const size_t from = random() % (text.size() + 1);
    CAPTURE(text, from);
    size_t bytes = 0;
    const size_t first = FirstOf(text, from);
    const size_t expected = FirstSlowly(text, from, false, &bytes);
    if (first == expected) continue;
    // Of fewer digits it cannot be known in time if they reach too far.
    REQUIRE(first < expected);
    REQUIRE(FirstSlowly(text, first, true, &bytes) == first);
    REQUIRE(bytes > 40);
  }
}

// The runs of a text that have eleven digits or more.
struct Numbers {
  // Where those begin that are one group of eleven.
  std::vector<size_t> elevens;
  bool has_others = false;
};
Numbers NumbersOf(const std::string& text) {
  Numbers numbers;
  for (size_t i = 0; i < text.size();) {
    if (!IsDigit(GlyphAt(text, i))) {
      ++i;
      continue;
    }
    DigitRun run;
    const size_t end = ReadDigitRun(text, i, &run);
    const size_t digits = run.size() - (run.has_x ? 1 : 0);
    if (digits == 11 && run.groups.size() == 1) {
      numbers.elevens.push_back(i);
    } else if (digits >= 11) {
      numbers.has_others = true;
    }
    i = end;
  }
  return numbers;
}

std::vector<size_t> ElevensOf(const SensitiveRow& row) {
  std::vector<size_t> elevens;
  for (size_t i = 0; i < 64; ++i) {
    if ((row.elevens >> i & 1) != 0) elevens.push_back(i);
  }
  return elevens;
}

TEST_CASE("in a column the texts with a place are found, and no others") {
  const std::vector<std::string> pieces = {"13812345678",
                                           "13900000000",
                                           ", ",
                                           "/",
                                           "、",
                                           "\u3000",
                                           "－",
                                           "．",
                                           " ",
                                           "·",
                                           "x",
                                           "1",
                                           "2026-05-06",
                                           "１３８",
                                           "@",
                                           "＠",
                                           "联系电话",
                                           "无",
                                           "。",
                                           "1234567",
                                           "，请",
                                           "a.b@example.com",
                                           std::string(61, '.')};
  Random random(2);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> texts(random() % 50);
    records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
    for (std::string& text : texts) {
      for (size_t n = random() % 5; n > 0; --n) {
        text += pieces[random() % (round % 2 == 0 ? pieces.size() : 12)];
      }
      builder.AppendText(AsView(text));
    }
    const records::Column column = builder.Finish();
    const auto begin = static_cast<uint32_t>(random() % (texts.size() + 1));
    const auto end =
        begin + static_cast<uint32_t>(random() % (texts.size() - begin + 1));
    for (const CpuLevel level : kLevels) {
      const CpuLevelCap cap(level);
      std::vector<SensitiveRow> rows(texts.size());
      rows.resize(FindSensitiveRows(column, begin, end, rows.data()));
      size_t found = 0;
      for (uint32_t row = begin; row < end; ++row) {
        const std::string& text = texts[row];
        const size_t at = NextSensitivePlace(text, 0).begin;
        CAPTURE(round, row, text);
        if (at == text.size()) continue;
        const Numbers numbers = NumbersOf(text);
        if (found == rows.size() || rows[found].row != row) {
          // They are not so near after all.
          REQUIRE(numbers.elevens.empty());
          REQUIRE_FALSE(numbers.has_others);
          REQUIRE(text.find('@') == std::string::npos);
          continue;
        }
        if (rows[found].elevens == 0) {
          REQUIRE(rows[found].at == column.Offset(row) + at);
        } else {
          REQUIRE(rows[found].at == static_cast<uint32_t>(column.Offset(row)));
          REQUIRE(ElevensOf(rows[found]) == numbers.elevens);
          REQUIRE_FALSE(numbers.has_others);
          REQUIRE(text.find('@') == std::string::npos);
        }
        ++found;
      }
      REQUIRE(found == rows.size());
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
