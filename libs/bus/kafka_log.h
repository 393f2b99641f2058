// The event log on Apache Kafka, through librdkafka: the production bus.
//
// What runs where:
// - A producer is a transactional producer of Kafka; its id is the
//   transactional id, so that Kafka itself fences the older of two.
// - An appender is an idempotent producer; one serves the whole log.
// - A group member is an ordinary member of an ordinary consumer group, so
//   that Kafka's own tools show its lag. It reads committed messages only.
// - Read and Offsets go through a few consumers without a group that are kept
//   open between calls.
// Threads are librdkafka's: about three for a handle and one more for each
// node of Kafka.
#ifndef SLUICE_LIBS_BUS_KAFKA_LOG_H_
#define SLUICE_LIBS_BUS_KAFKA_LOG_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/bus/event_log.h"

namespace sluice::bus {

struct KafkaLogOptions {
  // `host:port` of some nodes; Kafka tells the others. At least one.
  std::vector<std::string> bootstrap_servers;
  // Stands before the name of every topic, group and transactional id, so that
  // several trust domains can share a Kafka. At most 100 of a topic's
  // characters; may be empty.
  std::string name_prefix;
  // Names this process in Kafka's logs and quotas.
  std::string client_id = "sluice";
  // Of topics that are created: copies, and how many of them must have a
  // message before it is acknowledged. 3 and 2 survive the loss of a node.
  int replication_factor = 3;
  int min_insync_replicas = 2;

  // TLS, if a CA file is given; with certificate and key also as the client's
  // identity. PEM files.
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  // SASL, if a user is given. "SCRAM-SHA-256" or "SCRAM-SHA-512".
  std::string sasl_mechanism;
  std::string sasl_user;
  std::string sasl_password;

  // Longest wait for Kafka before a call gives up with STORAGE_FAILED.
  absl::Duration request_timeout = absl::Seconds(30);
  // Bytes that librdkafka may fetch ahead for one group member.
  size_t prefetch_bytes_max = size_t{8} << 20;
  // A member that does not answer for so long loses its partitions.
  absl::Duration session_timeout = absl::Seconds(10);

  // Further settings of librdkafka, applied last; those that Sluice's promises
  // rest on are refused (OUT_OF_BOUNDS).
  std::vector<std::pair<std::string, std::string>> properties;
};

// Connects, and answers when a node did: STORAGE_FAILED saying which nodes were
// tried and what each said (refused, TLS, credentials). Producers, appenders
// and members must be gone before the log.
absl::StatusOr<std::unique_ptr<EventLog>> OpenKafkaLog(
    const KafkaLogOptions& options);

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_LOG_H_
