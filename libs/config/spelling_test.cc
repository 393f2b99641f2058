#include "libs/config/spelling.h"

#include <catch2/catch.hpp>

namespace sluice::config {
namespace {

TEST_CASE("The nearest name is the one with the fewest changes") {
  CHECK(NearestName("lisen", {"tls", "listen", "listener"}) == "listen");
  CHECK(NearestName("trustDomain", {"trust_domain", "ca_file"}) ==
        "trust_domain");
  CHECK(NearestName("TRUST-DOMAIN", {"trust_domain"}) == "trust_domain");
  CHECK(NearestName("recource", {"resource", "source"}) == "resource");
}

TEST_CASE("Of equally near names the first is taken") {
  CHECK(NearestName("ab", {"ac", "ad"}) == "ac");
}

TEST_CASE("What resembles nothing gets no suggestion") {
  CHECK(NearestName("zebra", {"listen", "tls"}).empty());
  CHECK(NearestName("xy", {"ab", "id"}).empty());
  CHECK(NearestName("", {"id"}).empty());
  CHECK(NearestName("listen", {}).empty());
  CHECK(NearestName(std::string(65, 'a'), {std::string(65, 'a')}).empty());
}

}  // namespace
}  // namespace sluice::config
