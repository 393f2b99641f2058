#include "libs/desensitize/mask_symbol.h"

#include <catch2/catch.hpp>
#include <string>

namespace sluice::desensitize {
namespace {

TEST_CASE("a symbol is one visible character") {
  for (const char* symbol :
       {"*", "#", "x", " ", "＊", "某", "●", "\xF0\x9F\x94\x92"}) {
    CAPTURE(symbol);
    CHECK(IsMaskSymbol(symbol));
  }
}

TEST_CASE(
    "controls, invisible characters and what is no character are no symbol") {
  const std::string nul(1, '\0');
  for (const std::string& symbol :
       {std::string(), nul, std::string("\n"), std::string("\x7F"),
        std::string("\xC2\x85"), std::string("\xE2\x80\x8B"),
        std::string("\xE2\x80\xAE"), std::string("\xEF\xBB\xBF"),
        std::string("\xCC\x81"), std::string("\xEF\xBF\xBF"),
        std::string("\xF3\xA0\x84\x80")}) {
    CHECK_FALSE(IsMaskSymbol(symbol));
  }
}

TEST_CASE("two characters or broken UTF-8 are no symbol") {
  for (const char* symbol : {"**", "e\xCC\x81", "*某", "\xE4\xBD", "\x80",
                             "\xC0\xAA", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    CHECK_FALSE(IsMaskSymbol(symbol));
  }
}

TEST_CASE("a symbol is written as often as asked, whatever its length") {
  for (const std::string text : {"*", "＊", "\xF0\x9F\x94\x92"}) {
    const MaskSymbol symbol(text);
    char out[64];
    CHECK(symbol.size() == text.size());
    CHECK(symbol.Write(out, 0) == out);
    const char* const end = symbol.Write(out, 3);
    CHECK(std::string(out, end - out) == text + text + text);
  }
}

}  // namespace
}  // namespace sluice::desensitize
