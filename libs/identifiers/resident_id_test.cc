#include "libs/identifiers/resident_id.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <string>

namespace sluice::identifiers {
namespace {

// The first is GB 11643's own example.
constexpr const char* kValidIds[] = {"11010519491231002X", "360426199101010071",
                                     "440524188001010014"};

// A second way to the same answer: ISO 7064 MOD 11-2 as a running remainder,
// the form in which that standard defines it, instead of GB 11643's table of
// weights.
char CheckCharacterByIso7064(const std::string& digits) {
  int remainder = 0;
  for (const char c : digits) remainder = (remainder + (c - '0')) * 2 % 11;
  const int check = (12 - remainder) % 11;
  return check == 10 ? 'X' : static_cast<char>('0' + check);
}

TEST_CASE("the standard's examples are valid") {
  for (const char* id : kValidIds) {
    INFO(id);
    CHECK(IsValidResidentId(id));
  }
}

TEST_CASE("the check character agrees with ISO 7064's recursive definition") {
  uint64_t state = 1;
  for (int round = 0; round < 10000; ++round) {
    std::string digits(17, '0');
    for (char& digit : digits) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      digit = static_cast<char>('0' + (state >> 33) % 10);
    }
    REQUIRE(ResidentIdCheckCharacter(digits) ==
            CheckCharacterByIso7064(digits));
  }
}

TEST_CASE("any single wrong character makes an id invalid") {
  for (const std::string valid : kValidIds) {
    for (size_t at = 0; at < valid.size(); ++at) {
      for (const char wrong : std::string("0123456789X")) {
        std::string id = valid;
        id[at] = wrong;
        INFO(id);
        CHECK(IsValidResidentId(id) == (id == valid));
      }
    }
  }
}

TEST_CASE("two neighbouring characters swapped make an id invalid") {
  for (const std::string valid : kValidIds) {
    for (size_t at = 0; at + 1 < valid.size(); ++at) {
      std::string id = valid;
      std::swap(id[at], id[at + 1]);
      INFO(id);
      CHECK(IsValidResidentId(id) == (id == valid));
    }
  }
}

TEST_CASE("an id with another check character still has the form") {
  for (const char last : std::string("0123456789X")) {
    CHECK(HasResidentIdForm(std::string("11010519491231002") + last));
  }
  CHECK_FALSE(HasResidentIdForm("11010519491231002x"));
  CHECK_FALSE(HasResidentIdForm("110105194902300021"));
  CHECK_FALSE(HasResidentIdForm("11010519491231002"));
}

TEST_CASE("ids of a wrong form are invalid") {
  CHECK_FALSE(IsValidResidentId(""));
  CHECK_FALSE(IsValidResidentId("11010519491231002"));
  CHECK_FALSE(IsValidResidentId("11010519491231002X "));
  CHECK_FALSE(IsValidResidentId("11010519491231002x"));
  CHECK_FALSE(IsValidResidentId("110105491231002"));
  CHECK_FALSE(IsValidResidentId("1101051949123100二"));
}

TEST_CASE("the old form has fifteen digits and a day of the 1900s") {
  CHECK(IsOldResidentId("110105491231002"));
  CHECK(IsOldResidentId("110105000228002"));
  CHECK(IsOldResidentId("110105960229002"));
  for (const char* wrong :
       {"", "11010549123100", "1101054912310021", "11010549123100X",
        "110105491331002", "110105490002002", "110105490100002",
        "110105000229002", "110105970229002", "11010519491231002X"}) {
    INFO(wrong);
    CHECK_FALSE(IsOldResidentId(wrong));
  }
}

TEST_CASE("a birth date that does not exist makes an id invalid") {
  for (const char* date : {"19490229", "19491301", "19490001", "19490100",
                           "19490431", "00010101", "17991231"}) {
    std::string id = std::string("110105") + date + "002";
    id += ResidentIdCheckCharacter(id);
    INFO(id);
    CHECK_FALSE(IsValidResidentId(id));
  }
  std::string leap_day = "11010520000229002";
  leap_day += ResidentIdCheckCharacter(leap_day);
  CHECK(IsValidResidentId(leap_day));
}

}  // namespace
}  // namespace sluice::identifiers
