#include "tools/loadgen/prng.h"

#include <catch2/catch.hpp>
#include <set>

namespace sluice::loadgen {
namespace {

TEST_CASE("the generator is SplitMix64, by its published first outputs") {
  Prng prng(1234567);
  CHECK(prng.Next() == 6457827717110365317U);
  CHECK(prng.Next() == 3203168211198807973U);
  CHECK(prng.Next() == 9817491932198370423U);
}

TEST_CASE("Below reaches every number below its bound and none above") {
  Prng prng(1);
  std::set<uint32_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(prng.Below(7));
  CHECK(seen == std::set<uint32_t>{0, 1, 2, 3, 4, 5, 6});
  CHECK(prng.Below(1) == 0);
}

TEST_CASE("a permutation gives every number once") {
  for (const uint32_t size : {2U, 3U, 10U, 64U, 1000U, 1025U}) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Prng prng(seed);
      const Permutation permutation(size, &prng);
      std::set<uint32_t> seen;
      for (uint32_t i = 0; i < size; ++i) seen.insert(permutation(i));
      CHECK(seen.size() == size);
      CHECK(*seen.rbegin() == size - 1);
    }
  }
}

}  // namespace
}  // namespace sluice::loadgen
