// The `sluice-adapter` process: one department's adapter on Kafka.
#ifndef SLUICE_SERVICES_ADAPTER_ADAPTER_PROCESS_H_
#define SLUICE_SERVICES_ADAPTER_ADAPTER_PROCESS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/bus/kafka_log.h"
#include "libs/crypto/ed25519.h"
#include "services/process/genesis_file.h"
#include "services/process/program.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::adapter {

// A configuration with all files it names, read and checked.
struct AdapterFiles {
  config::v1::AdapterProcessConfig config;
  process::Trust trust;
  crypto::SigningKey signing_key;
  bus::KafkaLogOptions kafka;
};

// Reads the configuration at `path`, whose paths are relative to its folder.
// Every error says what to mend.
absl::StatusOr<AdapterFiles> ReadAdapterFiles(const std::string& path);

// Connects to Kafka, applies the registry's log, and publishes once the signing
// key is enrolled; until then it waits. STORAGE_FAILED if Kafka cannot be
// reached within kafka.request_timeout_ms: whoever supervises the process
// starts it again.
absl::StatusOr<std::unique_ptr<process::Service>> StartAdapterProcess(
    AdapterFiles files);

}  // namespace sluice::adapter

#endif  // SLUICE_SERVICES_ADAPTER_ADAPTER_PROCESS_H_
