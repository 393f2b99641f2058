// One run of the consumer program.
#ifndef SLUICE_TESTS_BENCH_CONSUMER_RUN_H_
#define SLUICE_TESTS_BENCH_CONSUMER_RUN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::bench {

struct ConsumerRun {
  uint64_t records = 0;
  // Of the columns that arrived.
  uint64_t bytes = 0;
  // From the request to the last record.
  double seconds = 0;
  // Of processor time meanwhile: the consumer's, and this process'.
  double consumer_cpu_seconds = 0;
  double server_cpu_seconds = 0;

  double records_per_second() const {
    return static_cast<double>(records) / seconds;
  }
};

// Starts `program` with the client configuration at `config` and the group
// `group`, and waits for it. An error if it fails; what it says about that is
// on standard error.
absl::StatusOr<ConsumerRun> RunConsumer(const std::string& program,
                                        const std::string& config,
                                        const std::string& group);

}  // namespace sluice::bench

#endif  // SLUICE_TESTS_BENCH_CONSUMER_RUN_H_
