#include "libs/desensitize/sensitive_spans.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/cpu_level.h"
#include "libs/base/string_view.h"
#include "libs/records/batch_builder.h"

namespace sluice::desensitize {
namespace {

std::string Hidden(const std::string& text) {
  std::vector<Shown> hidden(3, Shown::kHidden);
  FindSensitiveSpans(text, &hidden);
  REQUIRE(hidden.size() == text.size());
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (hidden[i] != Shown::kHiddenRest) {
      out += hidden[i] == Shown::kHidden ? '*' : text[i];
    }
  }
  return out;
}

TEST_CASE("numbers and addresses of persons are found inside prose") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"无", "无"},
      {"张伟，身份证11010519491231002X，电话13812345678。",
       "张伟，身份证110105********002X，电话138****5678。"},
      {"id 11010519491231002x.", "id 110105********002x."},
      {"卡号4111111111111111", "卡号411111******1111"},
      {"卡号 4111 1111 1111 1111 已挂失", "卡号 4111 11** **** 1111 已挂失"},
      {"138-1234-5678或13912345678", "138-****-5678或139****5678"},
      {"+86 138 1234 5678", "+86 138 **** 5678"},
      {"8613812345678", "86138****5678"},
      {"2026 13812345678", "2026 138****5678"},
      {"13812345678 13912345678", "138****5678 139****5678"},
      {"联系zhang.wei@example.com。", "联系z********@example.com。"},
      {"write to a@b.cn. Or else", "write to *@b.cn. Or else"},
      {"13812345678@qq.com", "1**********@qq.com"},
      {"..ab@c.cn", "..a*@c.cn"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(Hidden(text) == expected);
  }
}

TEST_CASE("numbers are found as people write them") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"电话１３８１２３４５６７８。", "电话１３８****５６７８。"},
      {"１３８－１２３４－５６７８", "１３８－****－５６７８"},
      {"138１２３４5678", "138****5678"},
      {"＋８６１３８１２３４５６７８", "＋８６１３８****５６７８"},
      {"１１０１０５１９４９１２３１００２Ｘ，",
       "１１０１０５********００２Ｘ，"},
      {"11010519491231002ｘ", "110105********002ｘ"},
      // The old form, and one with a wrong check character.
      {"旧证110105491231002", "旧证110105******002"},
      {"110105194912310021", "110105********0021"},
      {"１", "１"},
      {"１２", "１２"},
      {"，１。－１", "，１。－１"},
      {"\xEF\xBB\xBF"
       "1",
       "\xEF\xBB\xBF"
       "1"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(Hidden(text) == expected);
  }
}

std::string Labelled(const std::string& text) {
  static const std::string labels = "IPBE";
  std::vector<SensitiveItem> items(2);
  FindSensitiveItems(text, &items);
  std::string out;
  size_t at = 0;
  for (const SensitiveItem& item : items) {
    REQUIRE(item.begin >= at);
    REQUIRE(item.end > item.begin);
    REQUIRE(item.end <= text.size());
    out += text.substr(at, item.begin - at) + "<" +
           labels[static_cast<size_t>(item.kind)] + ">";
    at = item.end;
  }
  return out + text.substr(at);
}

TEST_CASE("what is found is told as a whole, with what it is") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"无", "无"},
      {"张伟，身份证11010519491231002X，电话13812345678。",
       "张伟，身份证<I>，电话<P>。"},
      {"旧证110105491231002", "旧证<I>"},
      {"110105194912310021", "<I>"},
      {"卡号 4111 1111 1111 1111 已挂失", "卡号 <B> 已挂失"},
      {"138-1234-5678或13912345678", "<P>或<P>"},
      {"+86 138 1234 5678", "+<P>"},
      {"１１０１０５１９４９１２３１００２Ｘ，", "<I>，"},
      {"13812345678 13912345678", "<P> <P>"},
      {"write to a@b.cn. Or else", "write to <E>. Or else"},
      // What shares bytes with an address is part of it.
      {"13812345678@qq.com", "<E>"},
      {"4111 1111 1111 1111@qq.com", "<E>"},
      {"a@13812345678.com", "<E>"},
      {"a@b.cn@c.de.", "<E>."},
      {"12345@", "12345@"},
      {"zhang@qq.com...", "<E>..."},
      {"a..b.@.qq.com.", "a..<E>."},
      {"2024-01-02 138-1234-5678", "2024-01-02 <P>"},
      {"110105 19491231 002 X 3", "<I> 3"},
      // Numbers that overlap are told as one.
      {"+86 138 1234 5678 139-1234-5678", "+<P> <P>"},
      {"4111 1111 1111 1111 13812345673", "<P>"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(Labelled(text) == expected);
  }
}

TEST_CASE("a number is found beside other groups of digits") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"电话138-1234-5678 2024年登记", "电话138-****-5678 2024年登记"},
      {"2024-01-02 138-1234-5678", "2024-01-02 138-****-5678"},
      {"138-1234-5678 2024-01-02 12:30", "138-****-5678 2024-01-02 12:30"},
      {"138-1234-5678 139-1234-5678", "138-****-5678 139-****-5678"},
      {"4111 1111 1111 1111 12/28", "4111 11** **** 1111 12/28"},
      {"身份证 110105 19491231 0021 2024-01-02",
       "身份证 110105 ******** 0021 2024-01-02"},
      {"房间 3 138-1234-5678", "房间 3 138-****-5678"},
      {"3 110105 19491231 002 X", "3 110105 ******** 002 X"},
      {"卡4111 1111 1111 1111 13812345678",
       "卡4111 11** **** 1111 138****5678"},
      // Two that overlap, as "1111 13812345673" has a card's last digit.
      {"4111 1111 1111 1111 13812345673", "4111 11** **** 1111 13*****5673"},
      {"1.13812345678", "1.138****5678"},
      {"12345678901234567890 138-1234-5678",
       "12345678901234567890 138-****-5678"},
      // A card by its last digit, but dates and coordinates more likely.
      {"39.904200 116.4073", "39.904200 116.4073"},
      {"01 02 4567 8901 23", "01 02 45** **01 23"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(Hidden(text) == expected);
  }
}

TEST_CASE("groups may have any dash, space or dot between them") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"１３８　１２３４　５６７８", "１３８　****　５６７８"},
      {"138–1234–5678", "138–****–5678"},
      {"138—1234—5678", "138—****—5678"},
      {"138\u00A01234\u00A05678", "138\u00A0****\u00A05678"},
      {"138 - 1234 - 5678", "138 - **** - 5678"},
      {"138.1234.5678", "138.****.5678"},
      {"138\u200B12345678", "138\u200B****5678"},
      {"\u202D13812345678\u202C", "\u202D138****5678\u202C"},
      {"0086 138 1234 5678", "0086 138 **** 5678"},
      {"008613812345678", "0086138****5678"},
      {"013812345678", "0138****5678"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(Hidden(text) == expected);
  }
}

TEST_CASE("an address is found beside dots, and of full width") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"zhangwei@example.com...thanks", "z*******@example.com...thanks"},
      {"see a..zhangwei@example.com", "see a..z*******@example.com"},
      {"zhangwei..@example.com", "z*********@example.com"},
      {"a.@example.com", "**@example.com"},
      {"zhangwei@..example.com", "z*******@..example.com"},
      {"好！zhangwei@example.com", "好！z*******@example.com"},
      {"ｚｈａｎｇ＠ｅｘａｍｐｌｅ．ｃｏｍ", "ｚ****＠ｅｘａｍｐｌｅ．ｃｏｍ"},
      {"zhang＠qq.com", "z****＠qq.com"},
      {"a@b..c", "a@b..c"},
      {"a@b.", "a@b."},
      {"...@b.cn", "...@b.cn"},
      {"＠", "＠"},
      {"a.·@b.cn", "a.·@b.cn"},
      {"a@b@c.cn", "a@*@c.cn"},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(Hidden(text) == expected);
  }
}

TEST_CASE("a long text of groups is read to its end") {
  for (const std::string group : {"1 ", "1111 ", "1.", "139 "}) {
    std::string text;
    while (text.size() < 65'536) text += group;
    const std::string hidden = Hidden(text + "号13812345678");
    CAPTURE(group, hidden.substr(hidden.size() - 80));
    CHECK(hidden.substr(hidden.size() - 14) == "号138****5678");
  }
}

TEST_CASE("other numbers stay") {
  for (const std::string text :
       {"2026-03-31 12:30", "订单20260331123456789012345", "12812345678",
        "110105194902300022", "160105194912310021", "4111111111111112",
        "110105491331002", "990105491231003", "价格12345678.90元", "@", "a@",
        "@b.cn", "a@b", "1", "138 1234 567"}) {
    CAPTURE(text);
    CHECK(Hidden(text) == text);
  }
}

TEST_CASE("what is hidden does not depend on where in the text it stands") {
  const std::vector<std::string> pieces = {"1",
                                           "86",
                                           "7",
                                           " ",
                                           "-",
                                           "13812345678",
                                           "11010519491231002X",
                                           "4111111111111111",
                                           "a.b@example.com",
                                           "@",
                                           ".",
                                           "电话",
                                           "，",
                                           "12345",
                                           "１３８"};
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (size_t n = 1 + random() % 6; n > 0; --n) {
      text += pieces[random() % pieces.size()];
    }
    std::vector<Shown> alone;
    FindSensitiveSpans(text, &alone);
    // No byte that is hidden is outside of what is told as a whole.
    std::vector<SensitiveItem> items;
    FindSensitiveItems(text, &items);
    for (size_t i = 0; i < text.size(); ++i) {
      const bool inside = std::any_of(items.begin(), items.end(),
                                      [i](const SensitiveItem& item) {
                                        return item.begin <= i && i < item.end;
                                      });
      REQUIRE((inside || alone[i] == Shown::kShown));
    }
    for (size_t filled = 0; filled < 12; ++filled) {
      std::string filler;
      for (size_t i = 0; i < filled; ++i) filler += "。";
      std::string moved = filler;
      moved += text;
      moved += filler;
      std::vector<Shown> hidden;
      FindSensitiveSpans(moved, &hidden);
      CAPTURE(text, filled);
      REQUIRE(Labelled(moved) == filler + Labelled(text) + filler);
      REQUIRE(std::count(hidden.begin(), hidden.end(), Shown::kHidden) ==
              std::count(alone.begin(), alone.end(), Shown::kHidden));
      REQUIRE(std::equal(
          alone.begin(), alone.end(),
          hidden.begin() + static_cast<std::ptrdiff_t>(filler.size())));
    }
  }
}

TEST_CASE("in a column the same is marked as in each text alone") {
  const std::vector<std::string> pieces = {"1",
                                           "3",
                                           "13812345678",
                                           "8613812345678",
                                           "138 1234 5678",
                                           "０",
                                           "－",
                                           "2026-05-06",
                                           "11010519491231002",
                                           "X",
                                           "110105491231002",
                                           " ",
                                           "3.5",
                                           "@",
                                           "user",
                                           "e.cn",
                                           "，",
                                           "联系电话",
                                           "4111111111111111",
                                           "12812345678",
                                           "\xEF\xBF\xBD",
                                           "会企"};
  std::mt19937_64 random(3);
  for (int round = 0; round < 1500; ++round) {
    const CpuLevelCap cap(static_cast<CpuLevel>(round % 3));
    records::ColumnBuilder builder(1, records::v1::DATA_TYPE_STRING);
    std::string expected;
    bool is_wide = false;
    for (size_t rows = random() % 60; rows > 0; --rows) {
      std::string text;
      for (size_t n = random() % 8; n > 0; --n) {
        text += pieces[random() % pieces.size()];
      }
      builder.AppendText(AsView(text));
      std::vector<Shown> hidden;
      FindSensitiveSpans(text, &hidden);
      for (size_t i = 0; i < text.size(); ++i) {
        expected += hidden[i] == Shown::kShown ? text[i] : '*';
        is_wide |= hidden[i] == Shown::kHiddenRest;
      }
    }
    CAPTURE(round);
    std::string marked(expected.size(), '\0');
    REQUIRE(CopyMarked(builder.Finish(), '*', marked.data()) == !is_wide);
    REQUIRE(marked == expected);
  }
}

}  // namespace
}  // namespace sluice::desensitize
