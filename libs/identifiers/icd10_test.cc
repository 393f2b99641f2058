#include "libs/identifiers/icd10.h"

#include <catch2/catch.hpp>
#include <string>

namespace sluice::identifiers {
namespace {

TEST_CASE("codes of WHO's form and of the longer ones are known") {
  for (const char* code :
       {"I10", "J45.9", "M54.56", "U07.1", "A01.000", "I10.x00", "I10.X00",
        "I10.x00x002", "A01.000x015", "A17.0+", "A17.0†", "G01*", "Z99.9"}) {
    INFO(code);
    CHECK(IsIcd10Code(code));
  }
}

TEST_CASE("what is of another form is no code") {
  for (const char* wrong : {"",         "I",        "I1",         "10",
                            "i10",      "I1O",      "IA0",        "J45.",
                            "J459",     "J45.x",    "J45.xx",     "J45.9x",
                            "J45.9000", "J45.900x", "J45.900x01", "J45.900y001",
                            "J45.9 ",   " J45.9",   "J45,9",      "J45.9++",
                            "J45.9+*",  "高血压",   "Ｉ10",       "M8000/3",
                            "J45.９"}) {
    INFO(wrong);
    CHECK_FALSE(IsIcd10Code(wrong));
  }
}

TEST_CASE("of a code's category exactly a letter and two digits are its form") {
  for (int first = 0; first < 128; ++first) {
    for (int third = 0; third < 128; ++third) {
      std::string code = "J45.9";
      code[0] = static_cast<char>(first);
      code[2] = static_cast<char>(third);
      const bool good =
          first >= 'A' && first <= 'Z' && third >= '0' && third <= '9';
      if (IsIcd10Code(code) != good) {
        CAPTURE(code);
        CHECK(IsIcd10Code(code) == good);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::identifiers
