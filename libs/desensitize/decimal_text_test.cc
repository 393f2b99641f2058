#include "libs/desensitize/decimal_text.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sluice::desensitize {
namespace {

TEST_CASE("decimals are read exactly, at the scale asked for") {
  CHECK(ParseDecimal("0", 0) == absl::int128(0));
  CHECK(ParseDecimal("12", 2) == absl::int128(1200));
  CHECK(ParseDecimal("-12.5", 2) == absl::int128(-1250));
  CHECK(ParseDecimal("0012.500", 1) == absl::int128(125));
  CHECK(ParseDecimal("-9223372036854775808", 0) == absl::int128(INT64_MIN));
  CHECK(ParseDecimal(std::string(38, '9'), 0).has_value());
  CHECK(ParseDouble("-0.25") == -0.25);
  CHECK(ParseDouble("1000000") == 1e6);
}

TEST_CASE("what is no decimal, or too fine or too long, is refused") {
  for (const char* wrong : {"", "-", ".", "1.", ".5", "+1", "1e3", "0x1", " 1",
                            "1 ", "1,5", "--1", "inf", "nan", "1.2.3"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseDecimal(wrong, 3));
    CHECK_FALSE(ParseDouble(wrong));
  }
  CHECK_FALSE(ParseDecimal("0.5", 0));
  CHECK_FALSE(ParseDecimal("0.125", 2));
  CHECK_FALSE(ParseDecimal(std::string(39, '9'), 0));
  CHECK_FALSE(ParseDecimal(std::string(38, '9'), 1));
}

TEST_CASE("a number reaches the unit of its scale or does not") {
  CHECK(ReachesUnit("1", 0));
  CHECK(ReachesUnit("0.01", 2));
  CHECK(ReachesUnit("-0.0150", 2));
  CHECK(ReachesUnit("12", 38));
  CHECK_FALSE(ReachesUnit("0.99", 0));
  CHECK_FALSE(ReachesUnit("0.0099", 2));
  CHECK_FALSE(ReachesUnit("00.00", 2));
  CHECK_FALSE(ReachesUnit("x", 2));
}

TEST_CASE("the shortest text is the same for every spelling of a number") {
  for (const auto& [text, shortest] :
       std::vector<std::pair<std::string, std::string>>{{"500", "500"},
                                                        {"0500.00", "500"},
                                                        {"0.50", "0.5"},
                                                        {"000.05", "0.05"},
                                                        {"-012.10", "-12.1"},
                                                        {"0", "0"},
                                                        {"-0.00", "0"},
                                                        {"1e3", ""},
                                                        {"", ""}}) {
    CAPTURE(text);
    CHECK(ShortestDecimal(text) == shortest);
  }
}

}  // namespace
}  // namespace sluice::desensitize
