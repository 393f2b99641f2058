#include "libs/metrics/metrics.h"

#include <catch2/catch.hpp>

namespace sluice::metrics {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("a counter is exposed with its help, type and current value") {
  Metrics metrics;
  double value = 1;
  metrics.AddCounter("sluice_things_total", "Things seen.",
                     [&] { return value; });
  value = 41;
  const std::string text = metrics.Expose();
  CHECK_THAT(text, Contains("# HELP sluice_things_total Things seen.\n"));
  CHECK_THAT(text, Contains("# TYPE sluice_things_total counter\n"));
  CHECK_THAT(text, Contains("sluice_things_total 41\n"));
}

TEST_CASE("samples of one family differ by their labels") {
  Metrics metrics;
  metrics.AddGauges("sluice_sources", "Sources by state.", [] {
    return std::vector<Sample>{{{{"state", "done"}}, 2},
                               {{{"state", "failed"}}, 1}};
  });
  const std::string text = metrics.Expose();
  CHECK_THAT(text, Contains("# TYPE sluice_sources gauge\n"));
  CHECK_THAT(text, Contains("sluice_sources{state=\"done\"} 2\n"));
  CHECK_THAT(text, Contains("sluice_sources{state=\"failed\"} 1\n"));
}

}  // namespace
}  // namespace sluice::metrics
