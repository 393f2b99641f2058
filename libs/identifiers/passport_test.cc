#include "libs/identifiers/passport.h"

#include <catch2/catch.hpp>

namespace sluice::identifiers {
namespace {

TEST_CASE("passports of several states and series are known") {
  for (const char* number : {"E12345678", "EA1234567", "G12345678", "SE1234567",
                             "DE1234567", "K12345678", "MA1234567", "141234567",
                             "C01X00T47", "A1234567", "P123456"}) {
    INFO(number);
    CHECK(IsPassportNumber(number));
  }
}

TEST_CASE("what is of another form is no passport number") {
  for (const char* wrong :
       {"", "E1234", "E123456789", "H1234567890", "e12345678", "E1234567 ",
        "E 1234567", "E-1234567", "PASSPORT", "E1234567<", "Ｅ12345678",
        "E1234567８", "护照E12345"}) {
    INFO(wrong);
    CHECK_FALSE(IsPassportNumber(wrong));
  }
}

}  // namespace
}  // namespace sluice::identifiers
