#include "libs/records/resource_id.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/string_view.h"

namespace sluice::records {
namespace {

TEST_CASE("A resource id is two slugs and a dot") {
  CHECK(IsResourceId("health.patients"));
  CHECK(IsResourceId("civil-affairs.grid-2-people"));
  CHECK(IsResourceId("a.b"));
}

TEST_CASE("What is no resource id is refused") {
  for (const char* id :
       {"", ".", "health", "health.", ".patients", "a.b.c", "Health.patients",
        "health.Patients", "1health.patients", "health.-x", "he alth.patients",
        "health.patients\n", "h\xC3\xA9.patients"}) {
    CAPTURE(id);
    CHECK_FALSE(IsResourceId(id));
  }
}

TEST_CASE("A resource id has at most 128 bytes") {
  const std::string longest = "a." + std::string(kResourceIdBytesMax - 2, 'b');
  CHECK(IsResourceId(AsView(longest)));
  CHECK_FALSE(IsResourceId(AsView(longest + "b")));
}

}  // namespace
}  // namespace sluice::records
