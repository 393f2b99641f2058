#include "libs/identifiers/sex_code.h"

#include <catch2/catch.hpp>

namespace sluice::identifiers {
namespace {

TEST_CASE("codes and names of the standard are known, and nothing else") {
  for (const char* sex : {"0", "1", "2", "9", "男", "女", "男性", "女性",
                          "未知", "未知的性别", "未说明", "未说明的性别"}) {
    INFO(sex);
    CHECK(IsSex(sex));
  }
  for (const char* wrong : {"", "3", "01", "M", "F", "male", "男 ", "男女",
                            "男的性别", "的性别", "１"}) {
    INFO(wrong);
    CHECK_FALSE(IsSex(wrong));
  }
}

}  // namespace
}  // namespace sluice::identifiers
