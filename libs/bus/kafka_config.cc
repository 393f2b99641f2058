#include "libs/bus/kafka_config.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"

namespace sluice::bus {
namespace {

constexpr size_t kPrefixCharactersMax = 100;
constexpr size_t kPartitionPrefetchBytesMin = size_t{512} << 10;

// Settings that the promises of event_log.h rest on, and those that have an
// option of their own.
constexpr std::array<absl::string_view, 42> kReserved = {
    "acks",
    "allow.auto.create.topics",
    "auto.commit.enable",
    "auto.offset.reset",
    "bootstrap.servers",
    "client.id",
    "compression.codec",
    "compression.type",
    "delivery.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "enable.ssl.certificate.verification",
    "enabled_events",
    "fetch.max.bytes",
    "fetch.message.max.bytes",
    "group.id",
    "group.instance.id",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "message.max.bytes",
    "message.send.max.retries",
    "message.timeout.ms",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "queue.buffering.max.kbytes",
    "queue.buffering.max.messages",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "request.required.acks",
    "retries",
    "sasl.password",
    "sasl.username",
    "security.protocol",
    "session.timeout.ms",
    "transaction.timeout.ms",
    "transactional.id",
};

std::string Milliseconds(absl::Duration duration) {
  return absl::StrCat(absl::ToInt64Milliseconds(duration));
}

absl::Status OutOfBounds(absl::string_view field, absl::string_view why) {
  return FieldError(status::v1::REASON_CODE_OUT_OF_BOUNDS, field, why);
}

absl::Status ValidateNames(const KafkaLogOptions& options) {
  if (options.bootstrap_servers.empty()) {
    return OutOfBounds("bootstrap_servers",
                       "name at least one node of Kafka as host:port");
  }
  for (const std::string& server : options.bootstrap_servers) {
    const size_t colon = server.rfind(':');
    if (colon == std::string::npos || colon == 0 ||
        colon + 1 == server.size() || absl::StrContains(server, ",")) {
      return OutOfBounds("bootstrap_servers",
                         absl::StrCat("'", server.substr(0, 300),
                                      "' is not of the form host:port"));
    }
  }
  const auto fits = [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
           c == '_' || c == '-';
  };
  if (options.name_prefix.size() > kPrefixCharactersMax ||
      !std::all_of(options.name_prefix.begin(), options.name_prefix.end(),
                   fits)) {
    return OutOfBounds("name_prefix",
                       "a prefix is at most 100 letters, digits, '.', '_' or "
                       "'-'");
  }
  return absl::OkStatus();
}

absl::Status ValidateSecurity(const KafkaLogOptions& options) {
  if (options.cert_file.empty() != options.key_file.empty()) {
    return OutOfBounds(options.key_file.empty() ? "key_file" : "cert_file",
                       "a certificate and its key are given together");
  }
  if (!options.cert_file.empty() && options.ca_file.empty()) {
    return OutOfBounds("ca_file",
                       "a certificate is for TLS, which also needs the CA that "
                       "signed Kafka's own");
  }
  if (!options.sasl_user.empty() && options.sasl_mechanism != "SCRAM-SHA-256" &&
      options.sasl_mechanism != "SCRAM-SHA-512") {
    return OutOfBounds("sasl_mechanism", "SCRAM-SHA-256 or SCRAM-SHA-512");
  }
  if (options.sasl_user.empty() && !options.sasl_password.empty()) {
    return OutOfBounds("sasl_user", "a password is given, but no user");
  }
  return absl::OkStatus();
}

}  // namespace

bool IsReservedKafkaProperty(absl::string_view name) {
  return std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end();
}

absl::Status ValidateKafkaOptions(const KafkaLogOptions& options) {
  RETURN_IF_ERROR(ValidateNames(options));
  RETURN_IF_ERROR(ValidateSecurity(options));
  if (options.replication_factor < 1 || options.replication_factor > 100) {
    return OutOfBounds("replication_factor", "1 to 100 copies");
  }
  if (options.min_insync_replicas < 1 ||
      options.min_insync_replicas > options.replication_factor) {
    return OutOfBounds("min_insync_replicas",
                       "at least 1 and at most replication_factor");
  }
  if (options.request_timeout < absl::Seconds(1) ||
      options.request_timeout > absl::Minutes(10)) {
    return OutOfBounds("request_timeout", "1 s to 10 min");
  }
  if (options.session_timeout < absl::Seconds(1) ||
      options.session_timeout > absl::Minutes(30)) {
    return OutOfBounds("session_timeout", "1 s to 30 min");
  }
  if (options.prefetch_bytes_max < (size_t{64} << 10) ||
      options.prefetch_bytes_max > (size_t{1} << 30)) {
    return OutOfBounds("prefetch_bytes_max", "64 KiB to 1 GiB");
  }
  for (const auto& [name, value] : options.properties) {
    if (IsReservedKafkaProperty(name)) {
      return OutOfBounds(
          "properties",
          absl::StrCat(name,
                       " is not free to choose: what Sluice promises rests on "
                       "its value, or it has an option of its own; leave it "
                       "out"));
    }
  }
  return absl::OkStatus();
}

KafkaSettings ConnectionSettings(const KafkaLogOptions& options) {
  const bool tls = !options.ca_file.empty();
  const bool sasl = !options.sasl_user.empty();
  KafkaSettings settings = {
      {"bootstrap.servers", absl::StrJoin(options.bootstrap_servers, ",")},
      {"client.id", options.client_id},
      {"allow.auto.create.topics", "false"},
      {"security.protocol", tls ? (sasl ? "SASL_SSL" : "SSL")
                                : (sasl ? "SASL_PLAINTEXT" : "PLAINTEXT")},
      // A node that was away is tried again within this time.
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.connection.setup.timeout.ms", "10000"},
      // A request on a connection that went silent.
      {"socket.timeout.ms",
       Milliseconds(std::min(options.request_timeout, absl::Seconds(20)))},
      {"socket.keepalive.enable", "true"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      // How long a topic that is not known yet, or not any more, is waited for.
      {"topic.metadata.propagation.max.ms", "5000"},
      {"log.connection.close", "false"},
      {"isolation.level", "read_committed"},
  };
  if (tls) {
    settings.emplace_back("ssl.ca.location", options.ca_file);
    if (!options.cert_file.empty()) {
      settings.emplace_back("ssl.certificate.location", options.cert_file);
      settings.emplace_back("ssl.key.location", options.key_file);
    }
  }
  if (sasl) {
    settings.emplace_back("sasl.mechanism", options.sasl_mechanism);
    settings.emplace_back("sasl.username", options.sasl_user);
    settings.emplace_back("sasl.password", options.sasl_password);
  }
  return settings;
}

KafkaSettings TransactionalSettings(const KafkaLogOptions& options,
                                    const std::string& transactional_id) {
  return {
      {"transactional.id", transactional_id},
      // Append has given up before Kafka does, so that a transaction that Kafka
      // ended is never taken for a newer producer's doing.
      {"transaction.timeout.ms",
       Milliseconds(options.request_timeout + absl::Seconds(10))},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"message.timeout.ms", Milliseconds(options.request_timeout)},
      {"message.max.bytes", absl::StrCat(kKafkaBatchBytesMax)},
      {"batch.size", absl::StrCat(kKafkaBatchBytesMax)},
      {"batch.num.messages", "100000"},
      // A commit flushes at once; until then batches may grow.
      {"linger.ms", "5"},
      // Above kAppendBytesMax, so that one call always fits.
      {"queue.buffering.max.kbytes", "131072"},
      {"queue.buffering.max.messages", "1000000"},
      {"compression.type", "none"},
  };
}

KafkaSettings AppenderSettings(const KafkaLogOptions& options) {
  return {
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"message.timeout.ms", Milliseconds(options.request_timeout)},
      {"message.max.bytes", absl::StrCat(kKafkaBatchBytesMax)},
      {"batch.size", absl::StrCat(kKafkaBatchBytesMax)},
      {"linger.ms", "0"},
      {"queue.buffering.max.kbytes", "131072"},
      {"compression.type", "none"},
  };
}

KafkaSettings CursorSettings(bool tail) {
  return {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"fetch.min.bytes", "1"},
      // The end of a partition is only told by a fetch that comes back empty,
      // so a read to the end takes as long as this.
      {"fetch.wait.max.ms", tail ? "100" : "10"},
      {"fetch.error.backoff.ms", "100"},
      {"fetch.message.max.bytes", "1048576"},
      {"queued.max.messages.kbytes",
       absl::StrCat(kCursorPrefetchBytes / 1'024)},
      {"queued.min.messages", "10000"},
  };
}

size_t MemberPrefetchBytes(const KafkaLogOptions& options, int partitions) {
  return std::max(
      options.prefetch_bytes_max / static_cast<size_t>(partitions),
      std::min(options.prefetch_bytes_max, kPartitionPrefetchBytesMin));
}

KafkaSettings MemberSettings(const KafkaLogOptions& options,
                             const std::string& group_id, int partitions) {
  const size_t bytes = MemberPrefetchBytes(options, partitions);
  return {
      {"group.id", group_id},
      // Who joins or leaves moves only what an even share asks for.
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"session.timeout.ms", Milliseconds(options.session_timeout)},
      // Members learn of a rebalance by their heartbeats.
      {"heartbeat.interval.ms",
       Milliseconds(std::min(options.session_timeout / 3, absl::Seconds(1)))},
      {"max.poll.interval.ms",
       Milliseconds(std::max(kKafkaPollInterval, options.session_timeout))},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "error"},
      {"enable.partition.eof", "true"},
      {"fetch.min.bytes", "1"},
      // A partition that is gained waits for the fetch of the others to return.
      {"fetch.wait.max.ms", "200"},
      {"fetch.error.backoff.ms", "100"},
      {"fetch.message.max.bytes",
       absl::StrCat(std::min(bytes, size_t{1} << 20))},
      {"queued.max.messages.kbytes", absl::StrCat(bytes / 1'024)},
      {"queued.min.messages", "10000"},
  };
}

}  // namespace sluice::bus
