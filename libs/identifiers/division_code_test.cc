#include "libs/identifiers/division_code.h"

#include <catch2/catch.hpp>
#include <string>

namespace sluice::identifiers {
namespace {

TEST_CASE("codes of every level are known") {
  for (const char* code : {"11", "1101", "110105", "110105001", "110105001001",
                           "110000", "110000000000", "659012", "810000"}) {
    INFO(code);
    CHECK(IsDivisionCode(code));
  }
}

TEST_CASE("a code of another length or of no province is none") {
  for (const char* wrong :
       {"", "1", "110", "11010", "1101050", "1101050010", "11010500100",
        "1101050010011", "990101", "000000", "160000", "11010a", "１１０１０５",
        " 110105", "110105 "}) {
    INFO(wrong);
    CHECK_FALSE(IsDivisionCode(wrong));
  }
}

TEST_CASE("there are 34 provinces") {
  int provinces = 0;
  for (int code = 0; code < 100; ++code) {
    const std::string digits = {static_cast<char>('0' + code / 10),
                                static_cast<char>('0' + code % 10)};
    provinces += IsProvinceCode(digits) ? 1 : 0;
  }
  CHECK(provinces == 34);
}

}  // namespace
}  // namespace sluice::identifiers
