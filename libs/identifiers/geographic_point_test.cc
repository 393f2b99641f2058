#include "libs/identifiers/geographic_point.h"

#include <catch2/catch.hpp>
#include <string>

namespace sluice::identifiers {
namespace {

TEST_CASE("longitude and latitude in decimal degrees are a point") {
  for (const char* point :
       {"116.397128,39.916527", "116.397128, 39.916527", "-0.1276,51.5072",
        "0,0", "180,90", "-180.000,-90.0", "7.5,-33.123456789012345"}) {
    INFO(point);
    CHECK(CheckPoint(point) == PointCheck::kPoint);
  }
}

TEST_CASE("a place that is not on the earth is out of range") {
  for (const char* point : {"39.916527,116.397128", "180.0000001,0", "0,91",
                            "0,-90.000001", "999,99", "-181,0"}) {
    INFO(point);
    CHECK(CheckPoint(point) == PointCheck::kOutOfRange);
  }
}

TEST_CASE("what is not two decimals is of another form") {
  for (const char* wrong : {"",
                            ",",
                            "116.39",
                            "116.39,",
                            ",39.91",
                            "116.39 39.91",
                            "116.,39",
                            ".5,39",
                            "116,39,5",
                            "1116,39",
                            "116.39,  39.91",
                            " 116.39,39.91",
                            "116°23',39°54'",
                            "POINT(116 39)",
                            "1e2,3",
                            "+116,39",
                            "--1,2",
                            "1.1234567890123456,2",
                            "１１６,39",
                            "116，39"}) {
    INFO(wrong);
    CHECK(CheckPoint(wrong) == PointCheck::kNotOfTheForm);
  }
}

}  // namespace
}  // namespace sluice::identifiers
