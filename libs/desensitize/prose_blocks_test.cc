#include "libs/desensitize/prose_blocks.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/string_view.h"
#include "libs/desensitize/digit_run.h"
#include "libs/desensitize/sensitive_spans.h"
#include "libs/desensitize/text_glyph.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

std::string Repeated(const std::string& piece, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += piece;
  return text;
}

// Of at least `bytes` bytes.
std::string Filler(bool is_han, size_t bytes) {
  return is_han ? Repeated("电", (bytes + 2) / 3) : std::string(bytes, 'a');
}

// In memory that ends with the last text; an empty text is a null now and then.
records::Column ColumnOf(const std::vector<std::string>& texts) {
  records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
  std::string all;
  for (const std::string& text : texts) {
    all += text;
    if (text.empty() && all.size() % 2 == 0) {
      builder.AppendNull();
    } else {
      builder.AppendText(AsView(text));
    }
  }
  records::Column column = builder.Finish();
  records::AlignedBuffer data(all.size());
  std::copy(all.begin(), all.end(), data.data());
  column.data = std::move(data).Share();
  return column;
}

struct Passed {
  uint32_t rows = 0;
  uint32_t looked_at = 0;
};

// Checks all that is promised of `column`, which is of `texts`, against each
// text alone.
Passed CheckAtUsedLevel(const records::Column& column,
                        const std::vector<std::string>& texts) {
  records::AlignedBuffer out(column.data.size());
  std::vector<bool> looked_at(texts.size());
  uint32_t behind = 0;
  const bool done =
      CopyProse(column, '*', out.data(), [&](uint32_t begin, uint32_t end) {
        REQUIRE(begin >= behind);
        REQUIRE(begin < end);
        REQUIRE(end <= column.row_count);
        behind = end;
        std::fill(looked_at.begin() + begin, looked_at.begin() + end, true);
      });
  if (!done) return {};
  Passed passed = {column.row_count, 0};
  std::vector<Shown> hidden;
  for (uint32_t row = 0; row < column.row_count; ++row) {
    const std::string& text = texts[row];
    const char* const written = out.data() + column.Offset(row);
    FindSensitiveSpans(text, &hidden);
    bool is_right = true;
    bool is_all = true;
    for (size_t i = 0; i < text.size(); ++i) {
      const bool is_marked = written[i] != text[i];
      is_right &=
          !is_marked || (written[i] == '*' && hidden[i] == Shown::kHidden);
      is_all &= is_marked == (hidden[i] != Shown::kShown);
    }
    passed.looked_at += looked_at[row] ? 1 : 0;
    if (is_right && (is_all || looked_at[row])) continue;
    FAIL("row " << row << ": " << text << "\n became "
                << std::string(written, text.size()));
  }
  return passed;
}

// The same at each level that this CPU has; returns what the highest one does.
Passed Check(const std::vector<std::string>& texts) {
  const records::Column column = ColumnOf(texts);
  Passed passed;
  for (const CpuLevel level : {CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    if (UsedCpuLevel() == level) passed = CheckAtUsedLevel(column, texts);
  }
  return passed;
}

// As a mask does it, at each level.
void CheckMarked(const std::vector<std::string>& texts) {
  const records::Column column = ColumnOf(texts);
  std::string expected;
  std::vector<Shown> hidden;
  for (const std::string& text : texts) {
    FindSensitiveSpans(text, &hidden);
    for (size_t i = 0; i < text.size(); ++i) {
      expected += hidden[i] == Shown::kShown ? text[i] : '*';
    }
  }
  for (const CpuLevel level :
       {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    std::string out(expected.size(), '\0');
    CopyMarked(column, '*', out.data());
    if (out == expected) continue;
    for (uint32_t row = 0; row < column.row_count; ++row) {
      const auto begin = static_cast<size_t>(column.Offset(row));
      const size_t size = texts[row].size();
      CAPTURE(row, static_cast<int>(level));
      REQUIRE(out.substr(begin, size) == expected.substr(begin, size));
    }
  }
}

// Most of a column is plain, or it would not be looked at block by block.
void AppendPlain(size_t bytes, std::vector<std::string>* texts) {
  texts->push_back(Filler(true, bytes));
  texts->emplace_back("请尽快回复，电话13987654321，2024年3月，1,234.50元");
}

// Mobile numbers, what has them inside, and others.
const std::vector<std::string>& Numbers() {
  static const std::vector<std::string> numbers = {
      "1381234567",      "13812345678",        "138123456789",
      "110105491231002", "110105194912310021", "6205500000000000004",
      "12812345678",     "03812345678",        "8613812345678",
      "19987654321"};
  return numbers;
}

const std::vector<std::string>& Neighbours() {
  static const std::vector<std::string> neighbours = {
      "1",  "86", "@b.cn", "x@", "a",  "１", "５６",
      "９", "＠", "ｐ",    "X",  "号", "，"};
  return neighbours;
}

TEST_CASE("a number is found wherever it stands and whatever is near it") {
  const std::vector<std::string> gaps = {" ", ".", "a", "－", "号", "、"};
  size_t at = 0;
  for (const std::string& number : Numbers()) {
    for (const std::string& gap : gaps) {
      std::vector<std::string> texts;
      for (const std::string& neighbour : Neighbours()) {
        for (size_t distance = 0; distance <= kGapBytesMax + 2; ++distance) {
          const std::string between =
              Repeated(gap, (distance + gap.size() - 1) / gap.size());
          // Over all places in lanes, windows and blocks in the long run.
          const std::string filler = Filler(at % 3 == 0, at % 71);
          std::string text = filler;
          text += number;
          text += between;
          text += neighbour;
          texts.push_back(std::move(text));
          AppendPlain(100 + at % 41, &texts);
          text = filler;
          text += neighbour;
          text += between;
          text += number;
          texts.push_back(std::move(text));
          AppendPlain(100 + at % 37, &texts);
          ++at;
        }
      }
      Check(texts);
      CheckMarked(texts);
    }
  }
}

TEST_CASE("a number may begin at any byte of a column") {
  for (const std::string& number : Numbers()) {
    for (const std::string before : {"", "１", "1 ", "＠", "a"}) {
      for (const std::string behind : {"", "１", " 1", "@a.cn", "号"}) {
        std::vector<std::string> texts;
        std::string middle = before;
        middle += number;
        middle += behind;
        // Every fifth lane or so, at another byte of lanes and blocks each
        // time.
        for (size_t i = 0; i < 330; ++i) {
          texts.push_back(std::string(201 - middle.size(), 'b'));
          texts.push_back(middle);
        }
        Check(texts);
      }
    }
  }
}

TEST_CASE("a number may be in groups, whatever separators are between them") {
  const std::vector<std::string> separators = {
      " ",      "-",      "\t",     ".",      "\u00A0", "\u00AD",
      "\u00B7", "\u2000", "\u2015", "\u202A", "\u202F", "\u205F",
      "\u206F", "\u2212", "\u3000", "\uFEFF", "\uFF0D", "\uFF0E"};
  size_t at = 0;
  for (const std::string& separator : separators) {
    for (size_t count = 1; count <= 3; ++count) {
      const std::string gap = Repeated(separator, count);
      std::vector<std::string> texts;
      for (size_t filled = 0; filled < 48; ++filled, ++at) {
        AppendPlain(100 + at % 41, &texts);
        texts.push_back(Filler(false, filled) + "138" + gap + "12345678");
        AppendPlain(100 + at % 37, &texts);
        std::string text = Filler(false, filled) + "1";
        text += gap;
        text += "3812345";
        text += gap;
        text += "678";
        texts.push_back(std::move(text));
      }
      Check(texts);
    }
  }
}

TEST_CASE("digits of two texts are no number together") {
  const std::string digits = "1381234567890123";
  size_t at = 0;
  for (size_t size = 9; size <= digits.size(); ++size) {
    for (size_t split = 0; split <= size; ++split) {
      std::vector<std::string> texts;
      for (size_t filled = 0; filled < 71; ++filled, ++at) {
        AppendPlain(30 + at % 50, &texts);
        texts.push_back(Filler(false, filled) + digits.substr(0, split));
        if (at % 3 == 0) texts.emplace_back();
        if (at % 7 == 0) texts.emplace_back();
        texts.push_back(digits.substr(split, size - split) +
                        Filler(at % 2 == 0, filled % 5));
      }
      Check(texts);
      CheckMarked(texts);
    }
  }
}

TEST_CASE("what is of full width counts in its own text alone") {
  const std::vector<std::string> wides = {"１", "＠", "ｐ", "@", "a@", "，"};
  size_t at = 0;
  for (const std::string& wide : wides) {
    for (size_t bytes = 0; bytes < 4; ++bytes) {
      std::vector<std::string> texts;
      for (size_t filled = 0; filled < 385; ++filled, ++at) {
        AppendPlain(120 + at % 200, &texts);
        // Before the number's text, behind it, and both in its own.
        texts.push_back(Filler(false, filled % 11) + wide +
                        std::string(bytes, 'a'));
        texts.emplace_back("13812345678");
        texts.push_back(wide);
        texts.push_back(Repeated(wide, at % 2) + "13812345678" + wide);
      }
      Check(texts);
      CheckMarked(texts);
    }
  }
}

TEST_CASE("what is of full width beside a number's text leaves it alone") {
  const std::string number = "13812345678";
  const std::string plain = Filler(false, 100);
  // Alone in its lanes, or it would be looked at for what stands there.
  for (const std::string wide : {"１", "＠", "ｐ"}) {
    // Over a block, and over the ends of chunks.
    for (size_t filled = 300; filled < 3900;
         filled += filled == 683 ? 3117 : 1) {
      const std::string before = Filler(false, filled);
      Check({before + wide, number, plain});
      Check({before, number, wide + plain});
      Check({before + "@", "bc" + number, plain});
    }
  }
}

// In UTF-8.
std::string Character(char32_t c) {
  const auto further = [c](int shift) {
    return static_cast<char>(0x80 | (c >> shift & 0x3F));
  };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xC0 | c >> 6), further(0)};
  if (c < 0x10000) {
    return {static_cast<char>(0xE0 | c >> 12), further(6), further(0)};
  }
  return {static_cast<char>(0xF0 | c >> 18), further(12), further(6),
          further(0)};
}

// Others for each seed.
std::string Digits(size_t count, size_t seed) {
  std::string digits;
  for (size_t i = 0; i < count; ++i) {
    digits += static_cast<char>('0' + (seed + i * 7 + seed / 10 * i) % 10);
  }
  return digits;
}

// All of three bytes at most, and some of four.
const std::vector<std::string>& Characters() {
  static const std::vector<std::string> characters = [] {
    std::vector<std::string> all;
    all.reserve(0x10000);
    for (char32_t c = 0; c < 0x10000; ++c) {
      if (c < 0xD800 || c > 0xDFFF) all.push_back(Character(c));
    }
    for (const char32_t c :
         {0x10000, 0x10020, 0x1F600, 0x1D7CE, 0x20000, 0x2FFFF, 0x10FFFF}) {
      all.push_back(Character(c));
    }
    return all;
  }();
  return characters;
}

bool IsSeparator(const std::string& character) {
  return GapAt(character, 0).bytes > 0;
}

// Digits and @ of full width, and what has their first and last byte.
bool MayBeWide(const std::string& character) {
  const auto last = static_cast<uint8_t>(character.back());
  return character[0] == kFullWidthLead &&
         ((last >= 0x90 && last <= 0x99) || last == 0xA0);
}

// Columns of texts that `make(character, &texts)` adds for each character.
template <typename Make>
uint32_t LookedAtForEach(const std::vector<std::string>& characters,
                         Make make) {
  constexpr size_t kTextsMax = 3000;
  uint32_t looked_at = 0;
  std::vector<std::string> texts;
  for (const std::string& character : characters) {
    make(character, &texts);
    if (texts.size() < kTextsMax) continue;
    looked_at += Check(texts).looked_at;
    texts.clear();
  }
  return looked_at + Check(texts).looked_at;
}

TEST_CASE("any character may stand among digits") {
  size_t at = 0;
  LookedAtForEach(Characters(), [&at](const std::string& character,
                                      std::vector<std::string>* texts) {
    for (const std::string before : {"", " ", "、"}) {
      for (const std::string behind : {"", " "}) {
        std::string text = Filler(at % 2 == 0, at % 97);
        text += "138" + Digits(4, at) + before;
        text += character + behind;
        text += Digits(4, at / 3);
        texts->push_back(std::move(text));
        texts->push_back(Filler(false, 60 + ++at % 41));
      }
    }
    texts->push_back(character + "13-" + Digits(9, at) + character);
    texts->push_back(Filler(false, 120 + at % 41));
    // Beside a number, with digits that are looked at twice for the comma.
    texts->push_back("13812345678" + character + "a1234567,890123");
    texts->push_back(Filler(false, 120 + at % 37));
    texts->push_back("1234567,890123a" + character + "13812345678");
    texts->push_back(Filler(true, 120 + at % 31));
  });
}

TEST_CASE("a separator may stand anywhere in a column") {
  std::vector<std::string> separators;
  for (const std::string& character : Characters()) {
    if (IsSeparator(character)) separators.push_back(character);
  }
  REQUIRE(separators.size() > 50);
  LookedAtForEach(separators, [](const std::string& separator,
                                 std::vector<std::string>* texts) {
    for (size_t filled = 0; filled < 48; ++filled) {
      texts->push_back(Filler(false, 300 + filled));
      std::string text = "13" + Digits(1, filled) + separator;
      text += Digits(4, filled / 10) + Repeated(separator, 1 + filled % 3);
      text += Digits(4, filled);
      texts->push_back(std::move(text));
      texts->push_back(Filler(false, 90));
      text = "138" + Digits(2, filled) + separator;
      text += Digits(6, filled) + "、139";
      texts->push_back(std::move(text));
    }
  });
}

TEST_CASE("digits are far from others behind what is no separator") {
  if (UsedCpuLevel() != CpuLevel::kAvx512) return;
  std::vector<std::string> parting;
  for (const std::string& character : Characters()) {
    if (!IsSeparator(character) && !IsDigit(GlyphAt(character, 0)) &&
        character != "@" && !MayBeWide(character)) {
      parting.push_back(character);
    }
  }
  size_t at = 0;
  const uint32_t looked_at = LookedAtForEach(
      parting,
      [&at](const std::string& character, std::vector<std::string>* texts) {
        std::string text = Filler(false, 100 + at++ % 97);
        text += "13812345678" + character;
        text += "13912345678";
        text += Filler(true, 50);
        texts->push_back(std::move(text));
      });
  // U+223F, two Han radicals, an Arabic letter and two of private use share
  // bytes with the minus and the space without a width.
  CHECK(looked_at <= 6);
}

TEST_CASE("separators of all kinds may be in one gap") {
  const std::vector<std::string> kinds = {
      " ",      "-",      ".",      "\t",     "\u00A0", "\u00AD",
      "\u00B7", "\u2000", "\u2015", "\u202A", "\u205F", "\u206F",
      "\u2212", "\u3000", "\uFEFF", "\uFF0D", "\uFF0E"};
  size_t at = 0;
  for (const std::string& first : kinds) {
    std::vector<std::string> texts;
    for (const std::string& second : kinds) {
      for (const std::string& third : kinds) {
        texts.push_back(Filler(false, 100 + at % 97));
        std::string text = "138" + Digits(4, ++at) + first;
        text += second + third;
        text += Digits(4, at);
        texts.push_back(std::move(text));
      }
    }
    Check(texts);
  }
}

TEST_CASE("what is of full width is known where a chunk of blocks ends") {
  constexpr size_t kChunkBytes = size_t{10} * 384;
  for (const std::string wide :
       {"０", "１", "２", "３", "４", "５", "６", "７", "８", "９", "＠"}) {
    for (size_t bytes = 0; bytes < 40; ++bytes) {
      // With digits that are looked at twice for the comma.
      Check({Filler(false, kChunkBytes - bytes),
             "1234567,890123a" + wide + "13812345678", Filler(false, 500)});
    }
  }
}

TEST_CASE("of each mobile number the middle is hidden") {
  std::vector<std::string> texts;
  for (size_t i = 0; i < 1000; ++i) {
    texts.push_back("1" + Digits(10, i));
    texts.push_back(Filler(true, i % 50 + 1));
  }
  CHECK(Check(texts).looked_at == 0);
}

TEST_CASE("an address is found whatever follows its @") {
  std::vector<std::string> texts;
  for (char c = 0; c < 0x7F; ++c) {
    // One a block.
    texts.push_back(Filler(true, 900));
    texts.push_back(std::string("ab@c") + c + "d.cn");
  }
  Check(texts);
}

TEST_CASE("a column may end anywhere, and with a number") {
  for (const std::string end : {"13812345678", "13812345678号", "a@b.cn",
                                "138 1234 5678", "1", "１", "@"}) {
    for (size_t bytes = 300; bytes < 4300; bytes += bytes % 37 + 1) {
      const std::string before = "13912345678";
      Check({before, std::string(bytes, 'a'), "1", end});
      CheckMarked({std::string(bytes, 'a') + before + end});
    }
  }
  // Where a chunk ends, which is read further than the column may be.
  for (size_t bytes = 3830; bytes < 3850; ++bytes) {
    Check({std::string(bytes - 11, 'a'), "13812345678"});
    Check({"13812345678" + std::string(3829, 'a'), std::string(bytes, 'a')});
  }
}

TEST_CASE("where most has to be looked at nothing is passed over") {
  Random random(1);
  for (int round = 0; round < 60; ++round) {
    std::vector<std::string> texts;
    while (texts.size() < 3000) {
      const bool is_plain = random() % 2 == 0;
      for (size_t n = random() % 600; n > 0; --n) {
        std::string text = Filler(random() % 2 == 0, random() % 9);
        if (is_plain) {
          text += random() % 2 == 0 ? "13812345678" : "号";
        } else {
          text += random() % 2 == 0 ? "a1381234567@b.cn" : "138 1234 56789";
        }
        texts.push_back(std::move(text));
      }
    }
    Check(texts);
  }
}

TEST_CASE("random columns are marked as each text alone is") {
  const std::vector<std::string> pieces = {"13812345678",
                                           "1",
                                           "86",
                                           "联系电话",
                                           "请尽快回复，",
                                           "2024-01-02",
                                           "1,234",
                                           "23.5元",
                                           " ",
                                           "。",
                                           "电话：",
                                           "a",
                                           "１３８",
                                           "@",
                                           "e.cn",
                                           "12345678901",
                                           "-",
                                           "\xF0\x9F\x98\x80",
                                           "\xC2\xA0",
                                           "　",
                                           "\t",
                                           "（0571）",
                                           "X",
                                           "4111111111111111",
                                           "＠",
                                           "会企",
                                           "、",
                                           "/",
                                           "，",
                                           "\xE2\x88\x92",
                                           "\xEF\xBF\xBD"};
  Random random(2);
  for (int round = 0; round < 400; ++round) {
    // In some columns nearly all is plain.
    const size_t usual = round % 4 == 0 ? pieces.size() : 12;
    const size_t strange_in_hundred = random() % 8;
    std::vector<std::string> texts;
    for (size_t rows = random() % 400; rows > 0; --rows) {
      std::string text;
      for (size_t n = random() % 7; n > 0; --n) {
        const bool is_strange = random() % 100 < strange_in_hundred;
        text += pieces[random() % (is_strange ? pieces.size() : usual)];
      }
      texts.push_back(std::move(text));
    }
    Check(texts);
    CheckMarked(texts);
  }
}

TEST_CASE("what is plain is not looked at again") {
  std::vector<std::string> texts;
  Random random(3);
  for (int i = 0; i < 5000; ++i) {
    static const std::vector<std::string> all = {
        "联系电话13812345678，请尽快回复", "13812345678",
        "2024年3月5日来电，13812345678", "于2024-01-02支付1,234.50元",
        "Room 12 on floor 3 is free until May 5", "", "无", "第3……。",
        "ཁ་པར་ཨང་གྲངས་ 13812345678", "13812345678或13912345678",
        "13812345678，13912345678；13712345678", "13812345678、13912345678",
        "13812345678/13912345678,13712345678; 13612345678",
        "（0571）12345678，（010）12345678",
        "13812345678：1234567!13912345678#1",
        // With AVX2 taken for dashes.
        "“13812345678”“13912345678”"};
    const size_t plain =
        all.size() - (UsedCpuLevel() == CpuLevel::kAvx2 ? 1 : 0);
    texts.push_back(all[random() % plain]);
  }
  CHECK(Check(texts).looked_at == 0);
  const Passed passed = Check(
      {Repeated("电", 500), "a@b.cn", Repeated("话", 500), "138 1234 5678"});
  // None at other levels.
  CHECK(passed.looked_at >= passed.rows / 2);
}

}  // namespace
}  // namespace sluice::desensitize
