#include "libs/identifiers/uscc.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

namespace sluice::identifiers {
namespace {

constexpr const char* kValid[] = {"91350100M000100Y43", "91110000600037341L"};

TEST_CASE("the standard's examples are valid, their organization codes too") {
  for (const std::string code : kValid) {
    CHECK(IsValidUscc(code));
    CHECK(OrganizationCheckCharacter(code.substr(8, 8)) == code[16]);
  }
}

TEST_CASE("any single wrong character makes a code invalid") {
  for (const std::string valid : kValid) {
    for (size_t at = 0; at < valid.size(); ++at) {
      for (const char wrong : std::string(kUsccAlphabet)) {
        std::string code = valid;
        code[at] = wrong;
        CHECK(IsValidUscc(code) == (code == valid));
      }
    }
  }
}

TEST_CASE("codes of a wrong form are invalid") {
  CHECK_FALSE(IsValidUscc(""));
  CHECK_FALSE(IsValidUscc("91350100M000100Y4"));
  CHECK_FALSE(IsValidUscc("91350100m000100y43"));
  for (const char letter : std::string("IOSVZ-")) {
    std::string code = kValid[0];
    code[9] = letter;
    CHECK_FALSE(IsValidUscc(code));
  }
}

TEST_CASE("a sum that 31 divides has the check character 0") {
  // All zeros: the sum is 0, and 31 is no place in the alphabet.
  CHECK(UsccCheckCharacter(std::string(17, '0')) == '0');
  CHECK(IsValidUscc(std::string(18, '0')));
}

TEST_CASE("the check makes the weighted sum a multiple of 31") {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string code(17, '0');
    for (char& c : code) c = kUsccAlphabet[random() % kUsccAlphabet.size()];
    code += UsccCheckCharacter(code);
    int sum = 0;
    for (size_t i = 0; i < code.size(); ++i) {
      int weight = 1;
      // The check character counts once.
      for (size_t k = 0; k < i && i < 17; ++k) weight = weight * 3 % 31;
      sum += weight * UsccValueOf(code[i]);
    }
    CHECK(sum % 31 == 0);
  }
}

TEST_CASE("an organization's check character is a digit or X") {
  // GB 11714's example is D2143569-X.
  CHECK(OrganizationCheckCharacter("D2143569") == 'X');
  CHECK(OrganizationCheckCharacter("00000000") == '0');
}

}  // namespace
}  // namespace sluice::identifiers
