#include "libs/crypto/rank_permutation.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

namespace sluice::crypto {
namespace {

using Rank = RankPermutation::Rank;

const std::string kKey(32, 'k');

TEST_CASE("every number below the count comes out exactly once") {
  constexpr uint64_t kCount = 1'100'003;
  const RankPermutation permutation(NewAes(kKey), kCount, 0);
  std::vector<Rank> ranks;
  for (uint64_t rank = 0; rank < kCount; ++rank) ranks.push_back({"", rank});
  permutation.Permute(ranks.data(), ranks.size());
  std::vector<bool> seen(kCount, false);
  uint64_t unmoved = 0;
  for (uint64_t i = 0; i < kCount; ++i) {
    REQUIRE(ranks[i].rank < kCount);
    REQUIRE_FALSE(seen[ranks[i].rank]);
    seen[ranks[i].rank] = true;
    if (ranks[i].rank == i) ++unmoved;
  }
  CHECK(unmoved < 20);
}

TEST_CASE("side by side the numbers come out as alone, under their tweaks") {
  std::mt19937_64 random(1);
  for (const uint64_t count :
       {uint64_t{1'000'000}, uint64_t{1} << 40, uint64_t{18'627'580'000'000},
        uint64_t{1} << 62}) {
    const RankPermutation permutation(NewAes(kKey), count, 6);
    std::vector<Rank> ranks;
    for (int i = 0; i < 50; ++i) {
      ranks.push_back({i % 3 == 0 ? "110105" : "330106", random() % count});
    }
    std::vector<Rank> alone = ranks;
    for (Rank& rank : alone) permutation.Permute(&rank, 1);
    permutation.Permute(ranks.data(), ranks.size());
    for (size_t i = 0; i < ranks.size(); ++i) {
      CHECK(ranks[i].rank == alone[i].rank);
      CHECK(ranks[i].rank < count);
    }
  }
  const RankPermutation permutation(NewAes(kKey), 1'000'000, 6);
  Rank one = {"110105", 7};
  Rank other = {"330106", 7};
  permutation.Permute(&one, 1);
  permutation.Permute(&other, 1);
  CHECK(one.rank != other.rank);
}

}  // namespace
}  // namespace sluice::crypto
