#include "libs/desensitize/near_doubles.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool IsTaken(uint64_t flags) { return flags >> 63 == 0; }

bool AreSame(double a, double b) {
  return std::bit_cast<uint64_t>(a) == std::bit_cast<uint64_t>(b);
}

double RestSlowly(double value, double width) {
  const double rest = std::fmod(value, width);
  return rest < 0 ? rest + width : rest;
}

double RoundSlowly(double value, double width) {
  const double rest = RestSlowly(value, width);
  const double missing = width - rest;
  return missing > rest ? value - rest : value + missing;
}

// Returns whether the value was taken.
bool CheckOne(double width, double value) {
  const NearDoubles near(width);
  double floor = 0;
  double round = 0;
  const bool taken = IsTaken(near.Floor(value, &floor));
  if (IsTaken(near.Round(value, &round)) != taken) FAIL("floor or round");
  if (!taken) return false;
  CAPTURE(width, value);
  if (!AreSame(floor, value - RestSlowly(value, width))) FAIL("floor");
  if (!AreSame(round, RoundSlowly(value, width))) FAIL("round");
  return true;
}

double AnyDouble(Random* random, int exponents) {
  const double mantissa = 1 + static_cast<double>((*random)() >> 11) * 0x1p-53;
  const int exponent =
      static_cast<int>((*random)() % static_cast<uint64_t>(exponents)) -
      exponents / 2;
  return std::ldexp((*random)() % 2 == 0 ? mantissa : -mantissa, exponent);
}

TEST_CASE("multiples below and near a double are those of fmod, to the bit") {
  Random random(1);
  int taken = 0;
  for (int i = 0; i < 400'000; ++i) {
    const std::vector<double> widths = {
        0.1,  0.01,    1,
        3,    10,      1000,
        0.25, 1.0 / 3, std::fabs(AnyDouble(&random, 40))};
    const double width = widths[random() % widths.size()];
    double value = AnyDouble(&random, 80);
    // Next to a multiple and to the middle between two.
    if (i % 3 == 0) {
      value = std::nearbyint(AnyDouble(&random, 60)) * width;
      if (i % 2 == 0) value += width / 2;
      if (i % 5 == 0) value = std::nextafter(value, kInfinity);
      if (i % 5 == 1) value = std::nextafter(value, -kInfinity);
    }
    taken += CheckOne(width, value) ? 1 : 0;
  }
  CHECK(taken > 300'000);
}

TEST_CASE("zeros, subnormal numbers and the ends of what is taken are exact") {
  for (const double width : {0.5, 3.0, 0.1, 1e15, 0x1p-800, 0x1.8p899}) {
    CAPTURE(width);
    for (const double value :
         {0.0, -0.0, width, -width, width / 2, -width / 2, 3 * width,
          -3 * width, width * 0x1p50, -width * 0x1p50,
          std::numeric_limits<double>::denorm_min(),
          -std::numeric_limits<double>::denorm_min(),
          -std::numeric_limits<double>::min()}) {
      CHECK(CheckOne(width, value));
    }
    CHECK_FALSE(CheckOne(width, std::nextafter(width * 0x1p50, kInfinity)));
  }
}

TEST_CASE("what is no number, too far or of a strange width is left alone") {
  for (const double value :
       {kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(),
        -std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::max(),
        std::numeric_limits<double>::lowest()}) {
    CHECK_FALSE(CheckOne(10, value));
  }
  for (const double width : {0.0, -1.0, 0x1p-1000, 0x1p1000, kInfinity,
                             std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::denorm_min()}) {
    CHECK_FALSE(CheckOne(width, 1));
  }
}

}  // namespace
}  // namespace sluice::desensitize
