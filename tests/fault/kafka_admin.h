// What a test does to Kafka as its operator would, and what it looks at there.
#ifndef SLUICE_TESTS_FAULT_KAFKA_ADMIN_H_
#define SLUICE_TESTS_FAULT_KAFKA_ADMIN_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

typedef struct rd_kafka_s rd_kafka_t;

namespace sluice::fault {

struct KafkaMessage {
  int64_t offset = 0;
  std::string key;
  std::string value;
};

// Not thread-safe. Errors are UNKNOWN with what Kafka said.
class KafkaAdmin {
 public:
  static absl::StatusOr<std::unique_ptr<KafkaAdmin>> Open(
      const std::string& bootstrap);
  ~KafkaAdmin();
  KafkaAdmin(const KafkaAdmin&) = delete;
  KafkaAdmin& operator=(const KafkaAdmin&) = delete;

  // The node that leads partition 0.
  absl::StatusOr<int> LeaderOf(const std::string& topic);

  absl::Status DeleteTopic(const std::string& topic);

  // Sets these settings of a topic and leaves its others as they are.
  absl::Status SetTopic(const std::string& topic,
                        const std::map<std::string, std::string>& settings);
  // Takes back one that was set, so that the nodes' default counts.
  absl::Status ResetTopic(const std::string& topic, const std::string& setting);

  // All messages of partition 0, up to its present end.
  absl::StatusOr<std::vector<KafkaMessage>> ReadAll(const std::string& topic);

 private:
  KafkaAdmin(std::string bootstrap, rd_kafka_t* handle)
      : bootstrap_(std::move(bootstrap)), handle_(handle) {}

  absl::StatusOr<std::map<std::string, std::string>> SettingsOf(
      const std::string& topic);
  absl::Status Replace(const std::string& topic,
                       const std::map<std::string, std::string>& settings);

  const std::string bootstrap_;
  rd_kafka_t* const handle_;
};

}  // namespace sluice::fault

#endif  // SLUICE_TESTS_FAULT_KAFKA_ADMIN_H_
