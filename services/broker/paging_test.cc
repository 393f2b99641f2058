#include "services/broker/paging.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "libs/base/status.h"

namespace sluice::broker {
namespace {

TEST_CASE("a page has the size asked for, or the default") {
  CHECK(*PageSize(0) == 100);
  CHECK(*PageSize(1) == 1);
  CHECK(*PageSize(1000) == 1000);
}

TEST_CASE("a page larger than the largest is refused with its field") {
  for (const uint32_t asked :
       {uint32_t{1001}, std::numeric_limits<uint32_t>::max()}) {
    const absl::Status refused = PageSize(asked).status();
    CHECK(ReasonOf(refused) == status::v1::REASON_CODE_OUT_OF_BOUNDS);
    CHECK(FieldOf(refused) == "page_size");
  }
}

TEST_CASE("a page token longer than any key is refused with its field") {
  CHECK(CheckPageToken("").ok());
  CHECK(CheckPageToken(std::string(kPageTokenBytesMax, 'a')).ok());
  const absl::Status refused =
      CheckPageToken(std::string(kPageTokenBytesMax + 1, 'a'));
  CHECK(ReasonOf(refused) == status::v1::REASON_CODE_OUT_OF_BOUNDS);
  CHECK(FieldOf(refused) == "page_token");
}

}  // namespace
}  // namespace sluice::broker
