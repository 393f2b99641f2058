#include "libs/desensitize/luhn_rows.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "libs/base/cpu_level.h"
#include "libs/identifiers/bank_card.h"

namespace sluice::desensitize {
namespace {

TEST_CASE("right numbers pass, and one wrong digit in any of them is seen") {
  std::mt19937_64 random(1);
  for (const CpuLevel level :
       {CpuLevel::kPortable, CpuLevel::kAvx2, CpuLevel::kAvx512}) {
    const CpuLevelCap cap(level);
    for (int round = 0; round < 3000; ++round) {
      const size_t length = 13 + random() % 7;
      const size_t count = random() % 12;
      std::string numbers;
      for (size_t i = 0; i < count; ++i) {
        std::string number;
        while (number.size() + 1 < length) {
          number += static_cast<char>('0' + random() % 10);
        }
        numbers += number + identifiers::LuhnDigit(number);
      }
      CAPTURE(numbers, length);
      REQUIRE(HaveLuhnDigits(numbers.data(), count, length));
      if (count == 0) continue;
      // Any single digit changed changes the sum.
      char& digit = numbers[random() % numbers.size()];
      digit = static_cast<char>('0' + (digit - '0' + 1 + random() % 9) % 10);
      REQUIRE_FALSE(HaveLuhnDigits(numbers.data(), count, length));
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
