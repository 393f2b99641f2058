// The `sluice-broker` process: one broker of any number on the same Kafka.
#ifndef SLUICE_SERVICES_BROKER_BROKER_PROCESS_H_
#define SLUICE_SERVICES_BROKER_BROKER_PROCESS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/bus/kafka_log.h"
#include "libs/crypto/ed25519.h"
#include "libs/crypto/key_provider.h"
#include "libs/identity/certificate.h"
#include "services/process/genesis_file.h"
#include "services/process/program.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::broker {

// A configuration with all files it names, read and checked.
struct BrokerFiles {
  config::v1::BrokerProcessConfig config;
  process::Trust trust;
  identity::CheckedCertificate certificate;
  crypto::SigningKey signing_key;
  std::shared_ptr<crypto::KeyProvider> keys;
  bus::KafkaLogOptions kafka;
};

// Reads the configuration at `path`, whose paths are relative to its folder.
// Every error says what to mend.
absl::StatusOr<BrokerFiles> ReadBrokerFiles(const std::string& path);

// Connects to Kafka, applies the registry's log, and serves. A broker whose
// signing key is not enrolled serves the registry, so that the key can be
// enrolled through it, and delivers nothing until it is. STORAGE_FAILED if
// Kafka cannot be reached within kafka.request_timeout_ms: whoever supervises
// the process starts it again.
absl::StatusOr<std::unique_ptr<process::Service>> StartBrokerProcess(
    BrokerFiles files);

}  // namespace sluice::broker

#endif  // SLUICE_SERVICES_BROKER_BROKER_PROCESS_H_
