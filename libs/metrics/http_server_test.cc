#include "libs/metrics/http_server.h"

#include <httplib.h>

#include <catch2/catch.hpp>

#include "libs/base/status.h"

namespace sluice::metrics {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("metrics, liveness and readiness are served on a free port") {
  Metrics metrics;
  metrics.AddGauge("sluice_answer", "The answer.", [] { return 42.0; });
  absl::Status ready = absl::OkStatus();
  const auto server =
      HttpServer::Start("127.0.0.1:0", &metrics, [&] { return ready; });
  REQUIRE(server.ok());
  httplib::Client client((*server)->url());

  const auto scraped = client.Get("/metrics");
  REQUIRE(scraped);
  CHECK(scraped->status == 200);
  CHECK_THAT(scraped->body, Contains("sluice_answer 42"));
  CHECK(client.Get("/livez")->status == 200);
  CHECK(client.Get("/readyz")->status == 200);

  ready = absl::UnavailableError("the registry has halted");
  const auto unready = client.Get("/readyz");
  CHECK(unready->status == 503);
  CHECK(unready->body == "the registry has halted\n");
}

TEST_CASE("an address that is not loopback is refused") {
  Metrics metrics;
  const auto server =
      HttpServer::Start("0.0.0.0:0", &metrics, [] { return absl::OkStatus(); });
  REQUIRE_FALSE(server.ok());
  CHECK_THAT(std::string(server.status().message()),
             Contains("metrics.listen: \"0.0.0.0:0\" is no loopback"));
}

TEST_CASE("a port in use is said to be, with what to do") {
  Metrics metrics;
  const auto ready = [] { return absl::OkStatus(); };
  const auto first = HttpServer::Start("127.0.0.1:0", &metrics, ready);
  REQUIRE(first.ok());
  const std::string taken =
      (*first)->url().substr(std::string("http://").size());
  const auto second = HttpServer::Start(taken, &metrics, ready);
  REQUIRE_FALSE(second.ok());
  CHECK_THAT(std::string(second.status().message()),
             Contains("another process has the port"));
}

}  // namespace
}  // namespace sluice::metrics
