#include "libs/desensitize/near_bounds.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <random>

namespace sluice::desensitize {
namespace {

using Random = std::mt19937_64;

bool IsTaken(uint64_t flags) { return flags >> 63 == 0; }

template <typename T>
void CheckBounds(const std::vector<T>& bounds, T value) {
  const NearBounds<T, 8> near(bounds);
  T out = 0;
  const bool taken = IsTaken(near(value, &out));
  const auto above = std::upper_bound(bounds.begin(), bounds.end(), value);
  CAPTURE(bounds, value);
  if (taken != (above != bounds.begin())) FAIL("taken or left by mistake");
  if (taken && out != *(above - 1)) FAIL(out);
}

TEST_CASE("the highest bound that is not above a number is found") {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<int64_t> bounds(1 + random() % 8);
    for (int64_t& bound : bounds) {
      bound = static_cast<int64_t>(random()) >> (random() % 64);
    }
    std::sort(bounds.begin(), bounds.end());
    const std::vector<double> doubles(bounds.begin(), bounds.end());
    const int64_t near =
        bounds[random() % bounds.size()] / 2 * 2 + static_cast<int>(i % 3);
    for (const int64_t value : {near, static_cast<int64_t>(random()),
                                std::numeric_limits<int64_t>::min(),
                                std::numeric_limits<int64_t>::max()}) {
      CheckBounds(bounds, value);
      CheckBounds(doubles, static_cast<double>(value));
    }
  }
  const double infinity = std::numeric_limits<double>::infinity();
  CheckBounds<double>({-1, 0, 5.5}, infinity);
  CheckBounds<double>({-1, 0, 5.5}, -infinity);
}

TEST_CASE("a NaN lies between no bounds") {
  double out = 0;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(IsTaken(NearBounds<double, 4>({-1, 0})(nan, &out)));
  CHECK_FALSE(IsTaken(NearClamp<double>{-1, 1, 0}(nan, &out)));
}

TEST_CASE("a number is raised to the least and lowered to the most") {
  const NearClamp<int64_t> clamp{-5, 7, 0};
  const std::pair<int64_t, int64_t> cases[] = {
      {-6, -5},
      {-5, -5},
      {0, 0},
      {7, 7},
      {8, 7},
      {std::numeric_limits<int64_t>::min(), -5},
      {std::numeric_limits<int64_t>::max(), 7}};
  for (const auto& [value, expected] : cases) {
    int64_t out = 0;
    CHECK(IsTaken(clamp(value, &out)));
    CHECK(out == expected);
  }
  double out = 0;
  CHECK(IsTaken(NearClamp<double>{-5, 7, 0}(
      -std::numeric_limits<double>::infinity(), &out)));
  CHECK(out == -5);
  int64_t none = 0;
  CHECK_FALSE(IsTaken(NearClamp<int64_t>{0, 1, ~uint64_t{0}}(0, &none)));
}

}  // namespace
}  // namespace sluice::desensitize
