#include "libs/desensitize/fpe_resident_id.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/identifiers/resident_id.h"

namespace sluice::desensitize {
namespace {

TEST_CASE("ranks and ids are two ways to write the same, up to the ends") {
  for (const ResidentIdPart kept :
       {ResidentIdPart::kNone, ResidentIdPart::kRegion,
        ResidentIdPart::kBirthDate}) {
    const ResidentIdRanks ids(kept);
    const uint64_t step = ids.count() / 1009;
    for (uint64_t rank = 0; rank < ids.count(); rank += step) {
      std::string id = "11010519491231002X";
      const std::string tweak(ids.TweakOf(id));
      CHECK(tweak.size() == ids.tweak_bytes());
      ids.Write(rank, id.data());
      REQUIRE(identifiers::IsValidResidentId(id));
      REQUIRE(ids.TweakOf(id) == tweak);
      REQUIRE(ids.RankOf(id) == rank);
    }
    std::string last = "11010519491231002X";
    ids.Write(ids.count() - 1, last.data());
    REQUIRE(ids.RankOf(last) == ids.count() - 1);
  }
}

TEST_CASE("the first and the last id are those of the documentation") {
  const ResidentIdRanks ids(ResidentIdPart::kNone);
  CHECK(ids.count() == uint64_t{340'000} * 54'787 * 1'000);
  std::string id(18, '?');
  ids.Write(0, id.data());
  CHECK(id.substr(0, 17) == "11000019000101000");
  ids.Write(ids.count() - 1, id.data());
  CHECK(id.substr(0, 17) == "82999920491231999");
}

}  // namespace
}  // namespace sluice::desensitize
