// Kafka as a configuration file names it.
#ifndef SLUICE_SERVICES_PROCESS_KAFKA_H_
#define SLUICE_SERVICES_PROCESS_KAFKA_H_

#include <string>

#include "absl/status/statusor.h"
#include "libs/bus/kafka_log.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::process {

// `config` with its defaults, and the password read from its file. Errors name
// the field: a password file that is missing, that others may read or that
// holds more than one line; a certificate without its key; fewer copies than
// must have a message.
absl::StatusOr<bus::KafkaLogOptions> KafkaOptionsOf(
    const config::v1::KafkaConfig& config, const std::string& client_id);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_KAFKA_H_
