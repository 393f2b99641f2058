// What a test looks at in Kafka, past everything of Sluice.
#ifndef SLUICE_TESTS_FAULT_KAFKA_TOPIC_H_
#define SLUICE_TESTS_FAULT_KAFKA_TOPIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace sluice::fault {

struct KafkaMessage {
  int64_t offset = 0;
  std::string key;
  std::string value;
};

// Of partition 0 of a topic. Errors are UNKNOWN with what Kafka said.

// The node that leads it.
absl::StatusOr<int> LeaderOf(const std::string& bootstrap,
                             const std::string& topic);

// All committed messages up to its present end.
absl::StatusOr<std::vector<KafkaMessage>> ReadAll(const std::string& bootstrap,
                                                  const std::string& topic);

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_KAFKA_TOPIC_H_
