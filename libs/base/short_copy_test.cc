#include "libs/base/short_copy.h"

#include <catch2/catch.hpp>
#include <string>

namespace sluice {
namespace {

TEST_CASE("a short copy is all of the bytes and none beside them") {
  std::string from;
  for (char i = 0; i < 100; ++i) from.push_back(i);
  for (size_t bytes = 0; bytes <= 80; ++bytes) {
    CAPTURE(bytes);
    std::string to(100, 'x');
    CopyShort(from.data() + 10, bytes, to.data() + 10);
    CHECK(to == std::string(10, 'x') + from.substr(10, bytes) +
                    std::string(90 - bytes, 'x'));
  }
}

}  // namespace
}  // namespace sluice
