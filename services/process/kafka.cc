#include "services/process/kafka.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"

namespace sluice::process {
namespace {

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  auto text = ReadPrivateFile(path);
  if (!text.ok()) {
    return FieldError(ReasonOf(text.status()), "kafka.sasl.password_file",
                      text.status().message());
  }
  const absl::string_view password = absl::StripSuffix(AsView(*text), "\n");
  if (!password.empty() && password.find('\n') == absl::string_view::npos) {
    return std::string(password);
  }
  return FieldError(
      status::v1::REASON_CODE_MALFORMED, "kafka.sasl.password_file",
      absl::StrCat(path, " does not hold the password in one line"));
}

absl::Status CheckTls(const config::v1::KafkaConfig& config) {
  if (config.cert_file().empty() != config.key_file().empty()) {
    return FieldError(
        status::v1::REASON_CODE_MALFORMED,
        config.cert_file().empty() ? "kafka.cert_file" : "kafka.key_file",
        "missing: a certificate and its key go together");
  }
  if (config.ca_file().empty() && !config.cert_file().empty()) {
    return FieldError(status::v1::REASON_CODE_MALFORMED, "kafka.ca_file",
                      "missing: without the CA of Kafka's certificates there "
                      "is no TLS for cert_file to be used in");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bus::KafkaLogOptions> KafkaOptionsOf(
    const config::v1::KafkaConfig& config, const std::string& client_id) {
  RETURN_IF_ERROR(CheckTls(config));
  bus::KafkaLogOptions options;
  options.bootstrap_servers.assign(config.bootstrap_servers().begin(),
                                   config.bootstrap_servers().end());
  options.name_prefix = config.name_prefix();
  options.client_id = client_id;
  if (config.replication_factor() != 0) {
    options.replication_factor = static_cast<int>(config.replication_factor());
  }
  if (config.min_insync_replicas() != 0) {
    options.min_insync_replicas =
        static_cast<int>(config.min_insync_replicas());
  }
  if (options.min_insync_replicas > options.replication_factor) {
    return FieldError(
        status::v1::REASON_CODE_OUT_OF_BOUNDS, "kafka.min_insync_replicas",
        absl::StrCat(options.min_insync_replicas, " of ",
                     options.replication_factor,
                     " copies (replication_factor) cannot be had: nothing "
                     "could be written"));
  }
  options.ca_file = config.ca_file();
  options.cert_file = config.cert_file();
  options.key_file = config.key_file();
  if (config.has_sasl()) {
    options.sasl_mechanism = config.sasl().mechanism();
    options.sasl_user = config.sasl().user();
    ASSIGN_OR_RETURN(options.sasl_password,
                     ReadPassword(config.sasl().password_file()));
  }
  if (config.request_timeout_ms() != 0) {
    options.request_timeout = absl::Milliseconds(config.request_timeout_ms());
  }
  if (config.session_timeout_ms() != 0) {
    options.session_timeout = absl::Milliseconds(config.session_timeout_ms());
  }
  for (const config::v1::KafkaProperty& property : config.properties()) {
    options.properties.emplace_back(property.name(), property.value());
  }
  return options;
}

}  // namespace sluice::process
