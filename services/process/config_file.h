// A process' configuration file, as it goes to work with it.
#ifndef SLUICE_SERVICES_PROCESS_CONFIG_FILE_H_
#define SLUICE_SERVICES_PROCESS_CONFIG_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "libs/config/yaml.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::process {

// Makes relative paths in `config` relative to the folder that `config_file`
// stands in: texts of fields whose name ends with "_file" or "_dir", in every
// message. Empty ones stay empty.
void ResolvePaths(const std::string& config_file,
                  google::protobuf::Message* config);

// The file at `path`, with its paths resolved. The errors of ReadYamlConfig.
template <typename T>
absl::StatusOr<T> ReadConfigFile(const std::string& path) {
  absl::StatusOr<T> config = config::ReadYamlConfig<T>(path);
  if (config.ok()) ResolvePaths(path, &*config);
  return config;
}

// Has the process log as the configuration says.
void ApplyLogConfig(const config::v1::LogConfig& config);

}  // namespace sluice::process

#endif  // SLUICE_SERVICES_PROCESS_CONFIG_FILE_H_
