#include "libs/desensitize/character_class.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sluice::desensitize {
namespace {

TEST_CASE("a character is of its class") {
  using Class = CharacterClass;
  const std::vector<std::pair<Class, std::u32string>> classes = {
      {Class::kPunctuation,
       U" \t\n!/:@[`{~\u007F·«»×÷\u3000、。「」（），＠～・—“”…"},
      {Class::kUpper, U"AMZ"},
      {Class::kLower, U"amz"},
      {Class::kDigit, U"059"},
      {Class::kWideUpper, U"ＡＭＺ"},
      {Class::kWideLower, U"ａｍｚ"},
      {Class::kWideDigit, U"０５９"},
      {Class::kHan, U"一张龥〇㐀\u9FFF\uF900\U00020000\U0002F800\U00030000"},
      {Class::kOther,
       U"\u0080\u00AD\u200B\u202E\u2060éßЖαªº²½々〆〡アｱ가\u0301\uFE0F😀"
       U"\U000E0041\uE000\uFFFD⼀\u4DC0"},
  };
  for (const auto& [expected, characters] : classes) {
    for (const char32_t code : characters) {
      CAPTURE(static_cast<uint32_t>(code));
      CHECK(ClassOf(code) == expected);
    }
  }
}

TEST_CASE("a code point is read out of each length of UTF-8") {
  const std::vector<std::pair<std::string, char32_t>> texts = {
      {"a", U'a'},
      {"\x7F", U'\u007F'},
      {"é", U'é'},
      {"\xDF\xBF", U'\u07FF'},
      {"张", U'张'},
      {"\xEF\xBF\xBF", U'\uFFFF'},
      {"\xF0\x90\x80\x80", U'\U00010000'},
      {"\xF4\x8F\xBF\xBF", U'\U0010FFFF'},
  };
  for (const auto& [text, code] : texts)
    CHECK(CodePointAt(text.data()) == code);
}

}  // namespace
}  // namespace sluice::desensitize
