#include "libs/cli/display_width.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

#include "libs/base/string_view.h"
#include "libs/cli/width_ranges.h"

namespace sluice::cli {
namespace {

TEST_CASE("Han, kana, Hangul and full-width characters take two columns") {
  CHECK(DisplayWidth("张三") == 4);
  CHECK(DisplayWidth("行政区划code") == 12);
  CHECK(DisplayWidth("（１２）") == 8);
  CHECK(DisplayWidth("ひらカナ") == 8);
  CHECK(DisplayWidth("한글") == 4);
  CHECK(DisplayWidth("𠀀𪜀") == 4);
  CHECK(DisplayWidth("、。「」") == 8);
}

TEST_CASE("Latin, Cyrillic and the middle dot of names take one column") {
  CHECK(DisplayWidth("") == 0);
  CHECK(DisplayWidth("id_number") == 9);
  CHECK(DisplayWidth("Überführung") == 11);
  CHECK(DisplayWidth("Привет") == 6);
  CHECK(DisplayWidth("买买提·艾力") == 11);
  CHECK(DisplayWidth("ﾊﾟ") == 2);
}

TEST_CASE("combining marks and joiners take no column") {
  CHECK(DisplayWidth("e\xCC\x81") == 1);
  CHECK(DisplayWidth("か\xE3\x82\x99") == 2);
  CHECK(DisplayWidth("a\xE2\x80\x8B") == 1);
  CHECK(DisplayWidth("\xEF\xBB\xBFx") == 1);
}

TEST_CASE("the tables ascend and do not overlap") {
  for (const auto& [ranges, count] :
       {std::make_pair(kZeroWidth, kZeroWidthCount),
        std::make_pair(kDoubleWidth, kDoubleWidthCount)}) {
    REQUIRE(count > 0);
    char32_t behind = 0;
    for (size_t i = 0; i < count; ++i) {
      INFO(static_cast<uint32_t>(ranges[i].first));
      CHECK(ranges[i].first >= behind);
      CHECK(ranges[i].last >= ranges[i].first);
      behind = ranges[i].last + 1;
    }
  }
}

TEST_CASE("what fits is not cut, what does not ends with an ellipsis") {
  CHECK(TruncateToWidth("abc", 3) == "abc");
  CHECK(TruncateToWidth("abcd", 3) == "ab…");
  CHECK(TruncateToWidth("行政区划", 8) == "行政区划");
  CHECK(TruncateToWidth("行政区划", 7) == "行政区…");
  CHECK(TruncateToWidth("行政区划", 6) == "行政…");
  CHECK(TruncateToWidth("abc", 0).empty());
  CHECK(TruncateToWidth("行", 1) == "…");
}

TEST_CASE("a cut text is never wider than asked, whatever it holds") {
  const std::string text = "a张e\xCC\x81三\xFF·1（x";
  for (size_t columns = 0; columns < 16; ++columns) {
    INFO(columns);
    CHECK(DisplayWidth(AsView(TruncateToWidth(AsView(text), columns))) <=
          columns);
  }
}

TEST_CASE("a mark stays with the character it combines with") {
  CHECK(TruncateToWidth("ae\xCC\x81xy", 3) == "ae\xCC\x81…");
}

TEST_CASE("data cannot control the terminal") {
  CHECK(Printable("张三 a\"b\\") == "张三 a\"b\\");
  CHECK(Printable("\x1B[2Jx\n\t") == "\\x1b[2Jx\\n\\t");
  CHECK(Printable("a\xE2\x80\xAE"
                  "b") == "a\\u202eb");
  CHECK(Printable("\xC2\x9B") == "\\x9b");
  CHECK(Printable("a\xFF") == "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace sluice::cli
