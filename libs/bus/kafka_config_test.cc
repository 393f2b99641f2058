#include "libs/bus/kafka_config.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "libs/base/status.h"

namespace sluice::bus {
namespace {

KafkaLogOptions Good() {
  KafkaLogOptions options;
  options.bootstrap_servers = {"127.0.0.1:9092", "[::1]:9092"};
  return options;
}

std::string Value(const KafkaSettings& settings, const std::string& name) {
  std::string value = "(none)";
  for (const auto& [key, set] : settings) {
    if (key == name) value = set;
  }
  return value;
}

TEST_CASE("Options outside their bounds are refused, with the field") {
  CHECK(ValidateKafkaOptions(Good()).ok());
  const auto refused = [](const std::function<void(KafkaLogOptions*)>& spoil) {
    KafkaLogOptions options = Good();
    spoil(&options);
    const absl::Status status = ValidateKafkaOptions(options);
    CHECK(ReasonOf(status) == status::v1::REASON_CODE_OUT_OF_BOUNDS);
    return FieldOf(status);
  };
  CHECK(refused([](auto* o) { o->bootstrap_servers.clear(); }) ==
        "bootstrap_servers");
  for (const char* server : {"", "host", "host:", ":9092", "a:1,b:2"}) {
    CHECK(refused([&](auto* o) { o->bootstrap_servers = {server}; }) ==
          "bootstrap_servers");
  }
  CHECK(refused([](auto* o) { o->name_prefix = "a/"; }) == "name_prefix");
  CHECK(refused([](auto* o) { o->name_prefix.assign(101, 'a'); }) ==
        "name_prefix");
  CHECK(refused([](auto* o) { o->replication_factor = 0; }) ==
        "replication_factor");
  CHECK(refused([](auto* o) { o->min_insync_replicas = 4; }) ==
        "min_insync_replicas");
  CHECK(refused([](auto* o) {
          o->request_timeout = absl::Milliseconds(999);
        }) == "request_timeout");
  CHECK(refused([](auto* o) { o->session_timeout = absl::Hours(1); }) ==
        "session_timeout");
  CHECK(refused([](auto* o) { o->prefetch_bytes_max = 1; }) ==
        "prefetch_bytes_max");
  CHECK(refused([](auto* o) { o->cert_file = "c"; }) == "key_file");
  CHECK(refused([](auto* o) { o->cert_file = o->key_file = "c"; }) ==
        "ca_file");
  CHECK(refused([](auto* o) {
          o->sasl_user = "u";
          o->sasl_mechanism = "PLAIN";
        }) == "sasl_mechanism");
  CHECK(refused([](auto* o) { o->sasl_password = "p"; }) == "sasl_user");
}

TEST_CASE("Settings that promises rest on are not free to choose") {
  for (const char* name :
       {"enable.idempotence", "acks", "isolation.level", "auto.offset.reset",
        "enable.auto.commit", "transactional.id", "message.timeout.ms",
        "delivery.timeout.ms", "group.id", "security.protocol",
        "enable.ssl.certificate.verification", "bootstrap.servers",
        "partition.assignment.strategy", "allow.auto.create.topics"}) {
    KafkaLogOptions options = Good();
    options.properties = {{"socket.nagle.disable", "true"}, {name, "x"}};
    CHECK(ReasonOf(ValidateKafkaOptions(options)) ==
          status::v1::REASON_CODE_OUT_OF_BOUNDS);
  }
  KafkaLogOptions options = Good();
  options.properties = {{"broker.address.family", "v4"}};
  CHECK(ValidateKafkaOptions(options).ok());
}

TEST_CASE("The protocol follows from what is given") {
  KafkaLogOptions options = Good();
  CHECK(Value(ConnectionSettings(options), "security.protocol") == "PLAINTEXT");
  CHECK(Value(ConnectionSettings(options), "bootstrap.servers") ==
        "127.0.0.1:9092,[::1]:9092");
  options.ca_file = "ca.pem";
  CHECK(Value(ConnectionSettings(options), "security.protocol") == "SSL");
  options.sasl_user = "u";
  options.sasl_mechanism = "SCRAM-SHA-512";
  CHECK(Value(ConnectionSettings(options), "security.protocol") == "SASL_SSL");
  CHECK(Value(ConnectionSettings(options), "ssl.ca.location") == "ca.pem");
  options.ca_file.clear();
  CHECK(Value(ConnectionSettings(options), "security.protocol") ==
        "SASL_PLAINTEXT");
}

TEST_CASE("What a member fetches ahead is shared by its partitions") {
  KafkaLogOptions options = Good();
  options.prefetch_bytes_max = size_t{8} << 20;
  CHECK(MemberPrefetchBytes(options, 1) == size_t{8} << 20);
  CHECK(MemberPrefetchBytes(options, 4) == size_t{2} << 20);
  CHECK(MemberPrefetchBytes(options, 1'024) == size_t{512} << 10);
  options.prefetch_bytes_max = size_t{64} << 10;
  CHECK(MemberPrefetchBytes(options, 8) == size_t{64} << 10);
}

TEST_CASE("A transaction outlasts the append that waits for it") {
  KafkaLogOptions options = Good();
  options.request_timeout = absl::Seconds(7);
  const KafkaSettings settings = TransactionalSettings(options, "id");
  CHECK(Value(settings, "message.timeout.ms") == "7000");
  CHECK(Value(settings, "transaction.timeout.ms") == "17000");
}

}  // namespace
}  // namespace sluice::bus
