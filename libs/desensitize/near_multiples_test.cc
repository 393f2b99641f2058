#include "libs/desensitize/near_multiples.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>
#include <random>

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

constexpr int64_t kMax = NearMultiples::kMax;

bool IsTaken(uint64_t flags) { return flags >> 63 == 0; }

// Small and large ones equally often.
int64_t AnyNumber(Random* random) {
  return static_cast<int64_t>((*random)()) >> ((*random)() % 64);
}

void CheckOne(int64_t width, int64_t value) {
  CAPTURE(width, value);
  const NearMultiples multiples(width);
  const bool near = value >= -kMax && value < kMax && width <= kMax;
  int64_t floor = 0;
  int64_t round = 0;
  const bool taken = IsTaken(multiples.Floor(value, &floor)) &&
                     IsTaken(multiples.Round(value, &round));
  if (taken != near) FAIL("taken or left by mistake");
  if (!near) return;
  const int64_t rest = ((value % width) + width) % width;
  if (floor != value - rest) FAIL("floor");
  if (round != floor + (2 * rest >= width ? width : 0)) FAIL("round");
}

TEST_CASE("multiples below and near a number are exact") {
  Random random(1);
  for (int i = 0; i < 300'000; ++i) {
    int64_t width = AnyNumber(&random);
    width = width == std::numeric_limits<int64_t>::min() ? 1
            : width < 0                                  ? -width
                                                         : width + 1;
    if (width < 1) width = 1;
    int64_t value = AnyNumber(&random);
    // Next to a multiple and to the middle between two.
    if (i % 3 == 0) value = value / width * width;
    if (i % 4 == 0 && value < kMax) value += width / 2;
    value += i % 5 == 0 && value > -kMax && value < kMax
                 ? static_cast<int64_t>(random() % 3) - 1
                 : 0;
    CheckOne(width, value);
  }
}

TEST_CASE("quotients are rounded down") {
  constexpr int64_t kNumberMax = NearQuotients::kMax;
  Random random(2);
  for (int i = 0; i < 300'000; ++i) {
    const int64_t width =
        1 + static_cast<int64_t>(random() % kNumberMax >> random() % 50);
    int64_t value =
        static_cast<int64_t>(random() % (2 * kNumberMax - 1)) - kNumberMax + 1;
    value >>= random() % 50;
    // Next to a multiple, on both sides.
    if (i % 3 != 0) value = value / width * width;
    if (i % 3 == 2) value -= value > -kNumberMax ? 1 : 0;
    const int64_t rest = ((value % width) + width) % width;
    CAPTURE(width, value);
    if (NearQuotients(width).Floor(value) !=
        static_cast<double>((value - rest) / width)) {
      FAIL("not rounded down");
    }
  }
}

TEST_CASE("the ends of what is taken are exact") {
  for (const int64_t width : {int64_t{1}, int64_t{2}, int64_t{3}, int64_t{1000},
                              kMax - 1, kMax, kMax + 1}) {
    for (const int64_t value :
         {-kMax - 1, -kMax, -kMax + 1, int64_t{-1}, int64_t{0}, int64_t{1},
          kMax - 1, kMax, std::numeric_limits<int64_t>::min(),
          std::numeric_limits<int64_t>::max()}) {
      CheckOne(width, value);
    }
  }
}

}  // namespace
}  // namespace sluice::desensitize
