// How to reach an Apache Kafka, and what to make of it.
#ifndef SLUICE_LIBS_BUS_KAFKA_OPTIONS_H_
#define SLUICE_LIBS_BUS_KAFKA_OPTIONS_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace sluice::bus {

struct KafkaLogOptions {
  // `host:port` of some nodes; Kafka tells the others. At least one.
  std::vector<std::string> bootstrap_servers;
  // Stands before the name of every topic, group and transactional id, so that
  // several trust domains can share a Kafka. Letters, digits, '.', '_' and '-',
  // at most 100; counts towards the 249 characters of a name. May be empty.
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

  // Longest wait for Kafka before a call gives up with STORAGE_FAILED. 1 s to
  // 10 min.
  absl::Duration request_timeout = absl::Seconds(30);
  // Bytes that librdkafka fetches ahead for one group member; it may hold up to
  // twice as much, and 512 KiB for each partition at least. 64 KiB to 1 GiB.
  size_t prefetch_bytes_max = size_t{8} << 20;
  // A member whose process does not answer for so long loses its partitions.
  // 1 s to 30 min, and within the bounds that Kafka's nodes are configured with
  // (6 s to 30 min unless changed).
  absl::Duration session_timeout = absl::Seconds(10);

  // Further settings of librdkafka, applied last; those that Sluice's promises
  // rest on are refused (OUT_OF_BOUNDS).
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace sluice::bus

#endif  // SLUICE_LIBS_BUS_KAFKA_OPTIONS_H_
