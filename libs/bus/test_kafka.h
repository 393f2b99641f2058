// Apache Kafka for a test, in processes of its own: tools/kafka starts it below
// TEST_TMPDIR, and it ends with the test, however that ends.
//
// Belongs into targets tagged "kafka", which tools/test leaves out, by name,
// where Kafka cannot be had.
#ifndef SLUICE_LIBS_BUS_TEST_KAFKA_H_
#define SLUICE_LIBS_BUS_TEST_KAFKA_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::bus {

struct TestKafkaOptions {
  // 1 or 3.
  int nodes = 1;
  // TLS, SCRAM and access rules: see Grant.
  bool secure = false;
  // 3.9, 4, or an exact version that tools/kafka knows.
  std::string version = "3.9";
  // More broker settings, "name=value".
  std::vector<std::string> settings;
  // If not 0, each node's data lies on a tmpfs of this size, which only root
  // may mount.
  uint64_t disk_bytes = 0;
};

// Not thread-safe. Every call waits until it has happened: a node that starts
// answers, one that is killed is gone. Errors are UNKNOWN with all that
// tools/kafka said.
class TestKafka {
 public:
  static absl::StatusOr<std::unique_ptr<TestKafka>> Start(
      const TestKafkaOptions& options = {});

  // Kills what runs and removes the data.
  ~TestKafka();
  TestKafka(const TestKafka&) = delete;
  TestKafka& operator=(const TestKafka&) = delete;

  // "127.0.0.1:P1,127.0.0.1:P2". Stays the same while this object lives.
  const std::string& bootstrap() const { return bootstrap_; }
  // Where tools/kafka keeps it: for its --dir, and for its logs.
  const std::string& folder() const { return folder_; }
  // Where the data of a node lies; with disk_bytes, the root of its tmpfs.
  std::string DataFolder(int node) const;

  // Nodes are numbered from 1; 0 means all of them.
  absl::Status StopNode(int node = 0);
  absl::Status KillNode(int node = 0);
  // With the data and the ports it had.
  absl::Status StartNode(int node = 0);
  absl::Status PauseNode(int node = 0);
  absl::Status ResumeNode(int node = 0);

  // Settings of a topic, "name=value", as Kafka spells them.
  absl::Status SetTopic(const std::string& topic,
                        const std::vector<std::string>& settings) const;
  absl::Status DeleteTopic(const std::string& topic) const;

  // librdkafka's settings for a client: bootstrap.servers and, on a secure
  // Kafka, how to log in. The super user's; Grant's are another's.
  absl::StatusOr<std::map<std::string, std::string>> AdminSettings() const;

  // Makes `user` on a secure Kafka, with the access that an adapter of
  // `department` or a broker (empty department) needs and no more, as
  // docs/operations/kafka.md has it; returns librdkafka's settings when all
  // nodes that run go by them.
  // `topic_prefix` is what the Sluice configuration puts before topic names.
  absl::StatusOr<std::map<std::string, std::string>> Grant(
      const std::string& role, const std::string& user,
      const std::string& department = "",
      const std::string& topic_prefix = "") const;

 private:
  TestKafka(std::string folder, std::string bootstrap)
      : folder_(std::move(folder)), bootstrap_(std::move(bootstrap)) {}

  absl::Status OnNode(const std::string& command, int node) const;

  const std::string folder_;
  const std::string bootstrap_;
};

// One plain node for all test cases of this process, started at the first call
// and ended with the process, of the version that the environment variable
// SLUICE_TEST_KAFKA_VERSION asks for, else of TestKafkaOptions'. Ends the
// process with a message if it does not start. Choose topic and group names of
// your own.
TestKafka& SharedTestKafka();

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_TEST_KAFKA_H_
