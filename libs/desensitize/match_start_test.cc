#include "libs/desensitize/match_start.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace sluice::desensitize {
namespace {

// All bytes from `from` on that a match may begin with, at most to one behind
// the last, as RE2 rounds up.
std::string StartsOf(const std::string& expression) {
  const RE2 compiled(expression, RE2::Quiet);
  REQUIRE(compiled.ok());
  const MatchStart start(compiled);
  if (!start.is_known()) return "any";
  std::string bytes;
  for (int c = 0; c < 256; ++c) {
    const std::string text(1, static_cast<char>(c));
    if (start.Next(text, 0) == 0) bytes += text;
  }
  return bytes;
}

TEST_CASE("a match begins with a byte of the expression's range") {
  CHECK(StartsOf("[0-9]{4}") == "0123456789:");
  CHECK(StartsOf("9") == "9:");
  CHECK(StartsOf("ab|c") == "abcd");
  CHECK(StartsOf("a*b") == "abc");
  CHECK(StartsOf("(?i)b1") == "BCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abc");
  CHECK(StartsOf("[张欧]") == "\xE5\xE6\xE7");
  // No character of UTF-8 begins with a byte above F4.
  CHECK(StartsOf(".").size() == 0xF6);
  CHECK(StartsOf("[^0-9]+").size() == 0xF6);
}

TEST_CASE("where what stands around a match counts, nothing is known") {
  for (const std::string expression :
       {"^5", "5$", "\\b5", "\\B5", "5\\b", "\\A5", "5\\z", "(?m)^5", "x|^5",
        "\\[^5", "(^|,)5"}) {
    CAPTURE(expression);
    CHECK(StartsOf(expression) == "any");
  }
}

TEST_CASE("the next byte that may begin a match is found") {
  const RE2 expression("[0-9]{2}");
  const MatchStart start(expression);
  CHECK(start.Next("", 0) == 0);
  CHECK(start.Next("abc", 0) == 3);
  CHECK(start.Next("ab1c2", 0) == 2);
  CHECK(start.Next("ab1c2", 2) == 2);
  CHECK(start.Next("ab1c2", 3) == 4);
  CHECK(start.Next("ab1c2", 5) == 5);
}

}  // namespace
}  // namespace sluice::desensitize
