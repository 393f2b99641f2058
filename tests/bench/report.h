// What comes out of alternating runs of two sides: medians, spread, ratio.
#ifndef SLUICE_TESTS_BENCH_REPORT_H_
#define SLUICE_TESTS_BENCH_REPORT_H_

#include <ostream>
#include <string>
#include <vector>

#include "libs/cli/terminal.h"
#include "tests/bench/consumer_run.h"

namespace sluice::bench {

// A relay's run and a broker's, one right behind the other.
struct RunPair {
  ConsumerRun relay;
  ConsumerRun policy;

  double ratio() const {
    return policy.records_per_second() / relay.records_per_second();
  }
};

struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

// Of at least one value; between two middle values it is their mean.
Spread SpreadOf(std::vector<double> values);

// A table of the runs and what follows from them, for people.
void PrintReport(const std::vector<RunPair>& pairs,
                 const cli::Terminal& terminal, std::ostream* out);

// The same for programs, with the machine's processors and its load average
// when the runs began.
std::string JsonReport(const std::vector<RunPair>& pairs, double load_before);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_REPORT_H_
