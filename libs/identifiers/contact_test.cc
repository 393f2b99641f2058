#include "libs/identifiers/contact.h"

#include <catch2/catch.hpp>

namespace sluice::identifiers {
namespace {

TEST_CASE("a mobile number is eleven digits from 13 to 19") {
  CHECK(IsMobileNumber("13812345678"));
  CHECK(IsMobileNumber("19900000000"));
  for (const char* wrong : {"", "12812345678", "23812345678", "1381234567",
                            "138123456789", "138-2345678", "1381234567x"}) {
    INFO(wrong);
    CHECK_FALSE(IsMobileNumber(wrong));
  }
}

TEST_CASE("an address has something on both sides of one @") {
  CHECK(FindEmailAt("a@b.cn") == 1);
  CHECK(FindEmailAt("zhang.wei+tag@mail.example.com") == 13);
  for (const char* wrong :
       {"", "a", "@", "a@", "@b.cn", "a@b", "a@b..cn", "a@.cn", "a@b.",
        ".a@b.cn", "a.@b.cn", "a..b@c.cn", "a@b@c.cn", "a b@c.cn", "a@b c.cn",
        "张@b.cn", "a@b_c.cn"}) {
    INFO(wrong);
    CHECK(FindEmailAt(wrong) == absl::string_view::npos);
  }
}

}  // namespace
}  // namespace sluice::identifiers
