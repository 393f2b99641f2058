#include "libs/identifiers/money_amount.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>

namespace sluice::identifiers {
namespace {

TEST_CASE("amounts as text have up to fifteen digits and four places") {
  for (const char* amount : {"0", "-0", "12.50", "-12.5", "350.0000",
                             "999999999999999.9999", "0.01"}) {
    INFO(amount);
    CHECK(IsAmountText(amount));
  }
  for (const char* wrong :
       {"", "-", ".", "12.", ".5", "00", "012", "1,000", "1e3", "¥12", "12元",
        "+12", "1000000000000000", "0.00001", "1.2.3", " 1", "１２"}) {
    INFO(wrong);
    CHECK_FALSE(IsAmountText(wrong));
  }
}

TEST_CASE("amounts of each type of number end at the same size") {
  CHECK(IsAmount(int64_t{0}));
  CHECK(IsAmount(kAmountEnd * 100 - 1));
  CHECK_FALSE(IsAmount(kAmountEnd * 100));
  CHECK_FALSE(IsAmount(-kAmountEnd * 100));
  CHECK_FALSE(IsAmount(std::numeric_limits<int64_t>::min()));

  CHECK(IsAmount(-12.5));
  CHECK(IsAmount(999999999999999.0));
  CHECK_FALSE(IsAmount(1e15));
  CHECK_FALSE(IsAmount(-1e15));
  CHECK_FALSE(IsAmount(std::nan("")));
  CHECK_FALSE(IsAmount(std::numeric_limits<double>::infinity()));
}

TEST_CASE("a decimal has no more than four places that count") {
  const absl::int128 end = kAmountEnd;
  CHECK(IsAmount(end - 1, 0));
  CHECK_FALSE(IsAmount(end, 0));
  CHECK_FALSE(IsAmount(-end, 0));
  CHECK(IsAmount(end * 100 - 1, 2));
  CHECK_FALSE(IsAmount(end * 100, 2));
  CHECK(IsAmount(absl::int128(-125000), 4));
  // 12.50000 and 12.50001.
  CHECK(IsAmount(absl::int128(1250000), 5));
  CHECK_FALSE(IsAmount(absl::int128(1250001), 5));
  CHECK(IsAmount(absl::int128(0), 38));
  CHECK_FALSE(IsAmount(absl::int128(1), 38));
  absl::int128 one = 1;
  for (int i = 0; i < 38; ++i) one *= 10;
  CHECK(IsAmount(one, 38));
  CHECK(IsAmount(-one, 38));
}

}  // namespace
}  // namespace sluice::identifiers
