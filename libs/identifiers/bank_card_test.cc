#include "libs/identifiers/bank_card.h"

#include <catch2/catch.hpp>
#include <string>

namespace sluice::identifiers {
namespace {

// Numbers that payment networks publish for tests.
constexpr const char* kValid[] = {"4111111111111111", "5555555555554444",
                                  "6200000000000005", "4222222222222",
                                  "6205500000000000004"};

TEST_CASE("published test numbers are valid") {
  for (const char* number : kValid) {
    INFO(number);
    CHECK(IsValidBankCard(number));
  }
}

TEST_CASE("any single wrong digit makes a number invalid") {
  for (const std::string valid : kValid) {
    for (size_t at = 0; at < valid.size(); ++at) {
      for (const char wrong : std::string("0123456789")) {
        std::string number = valid;
        number[at] = wrong;
        CHECK(IsValidBankCard(number) == (number == valid));
      }
    }
  }
}

TEST_CASE("numbers of a wrong form are invalid") {
  CHECK_FALSE(IsValidBankCard(""));
  CHECK_FALSE(IsValidBankCard("000000000000"));
  CHECK_FALSE(IsValidBankCard("00000000000000000000"));
  CHECK_FALSE(IsValidBankCard("4111 1111 1111 1111"));
  CHECK_FALSE(IsValidBankCard("411111111111111X"));
  CHECK(IsValidBankCard(std::string(13, '0')));
  CHECK(IsValidBankCard(std::string(19, '0')));
}

}  // namespace
}  // namespace sluice::identifiers
