#include "libs/desensitize/number_pairs.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/endian.h"

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

std::string Spell(int32_t number, uint32_t decimals) {
  std::string digits = std::to_string(std::abs(number));
  if (digits.size() <= decimals) {
    digits.insert(0, decimals + 1 - digits.size(), '0');
  }
  if (decimals > 0) digits.insert(digits.size() - decimals, ".");
  return (number < 0 ? "-" : "") + digits;
}

std::string Spell(const NumberPair& pair, const PairForm& form) {
  const std::string numbers = Spell(pair.first, form.decimals) + "," +
                              Spell(pair.second, form.decimals);
  return form.is_range ? "[" + numbers + ")" : numbers;
}

int32_t AnyNumber(Random* random) {
  constexpr auto kMax = static_cast<int32_t>(kPairNumberMax);
  switch ((*random)() % 8) {
    case 0:
      return kMax;
    case 1:
      return -kMax;
    case 2:
      return 0;
    default:
      break;
  }
  int32_t number = 0;
  for (uint64_t digits = (*random)() % 9; digits > 0; --digits) {
    number = number * 10 + static_cast<int32_t>((*random)() % 10);
  }
  return (*random)() % 3 == 0 ? -number : number;
}

TEST_CASE("pairs are written as each of them is alone") {
  // Another CPU never asks.
  if (!PairWriter::CanWrite()) return;
  Random random(1);
  for (int i = 0; i < 4000; ++i) {
    const PairForm form = {static_cast<uint32_t>(random() % 8),
                           random() % 2 == 0};
    const uint32_t rows =
        1 + static_cast<uint32_t>(random() % PairWriter::kRowsMax);
    const uint64_t with_text = i % 3 == 0 ? ~uint64_t{0} : random();
    CAPTURE(form.decimals, form.is_range, rows, with_text);
    std::vector<NumberPair> pairs(rows + PairWriter::kRowsBehind);
    for (NumberPair& pair : pairs) {
      pair = {AnyNumber(&random), AnyNumber(&random)};
    }
    const std::string before(random() % 100, 'x');
    std::string data = before;
    data.resize(before.size() + rows * kPairTextBytesMax +
                PairWriter::kBytesBehind);
    std::string ends((rows + PairWriter::kRowsBehind) * sizeof(int32_t), '\0');
    const size_t end = PairWriter(form).Write(
        pairs.data(), rows, with_text, data.data(), before.size(), ends.data());
    std::string expected = before;
    for (uint32_t row = 0; row < rows; ++row) {
      if ((with_text >> row & 1) != 0) expected += Spell(pairs[row], form);
      const auto at = LoadLittle<int32_t>(ends.data() + row * sizeof(int32_t));
      REQUIRE(static_cast<size_t>(at) == expected.size());
    }
    REQUIRE(data.substr(0, end) == expected);
  }
}

TEST_CASE("the longest pair is as long as is said") {
  const PairForm form = {kPairDecimalsMax, true};
  const auto least = static_cast<int32_t>(-kPairNumberMax);
  CHECK(Spell({least, least}, form).size() == kPairTextBytesMax);
}

}  // namespace
}  // namespace sluice::desensitize
