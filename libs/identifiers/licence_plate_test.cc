#include "libs/identifiers/licence_plate.h"

#include <catch2/catch.hpp>

namespace sluice::identifiers {
namespace {

TEST_CASE("plates of all kinds are known, and nothing else") {
  for (const char* plate : {"京A12345", "沪AD12345", "粤B1234学", "浙A1234警",
                            "新A00001", "粤ZA123港"}) {
    INFO(plate);
    CHECK(IsLicencePlate(plate));
  }
  for (const char* wrong :
       {"", "京", "京A", "京A1234", "京A1234567", "京A·12345", "京a12345",
        "京A1234I", "京A1234O", "国A12345", "A123456", "京A12345学学",
        "京警警警警警", "京A123４5"}) {
    INFO(wrong);
    CHECK_FALSE(IsLicencePlate(wrong));
  }
}

}  // namespace
}  // namespace sluice::identifiers
