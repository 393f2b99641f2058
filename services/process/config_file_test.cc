#include "services/process/config_file.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/storage/test_folder.h"

namespace sluice::process {
namespace {

TEST_CASE("paths are relative to the file they stand in, at every level") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/sluice-broker.yaml";
  REQUIRE(WriteFileAtomically(path, R"(
data_dir: data
trust:
  genesis_sha256: "0000000000000000000000000000000000000000000000000000000000000000"
ca_file: /etc/sluice/ca.pem
kafka:
  bootstrap_servers: [127.0.0.1:9092]
  sasl: {mechanism: SCRAM-SHA-256, user: b1, password_file: kafka.password}
broker:
  listen: 127.0.0.1:0
  tls: {cert_file: certs/b1.pem, key_file: certs/b1.key}
signing_key_file: b1.pem
keys_dir: keys
)",
                              0600)
              .ok());
  const auto config = ReadConfigFile<config::v1::BrokerProcessConfig>(path);
  INFO(config.status().message());
  REQUIRE(config.ok());
  CHECK(config->data_dir() == folder.path() + "/data");
  CHECK(config->ca_file() == "/etc/sluice/ca.pem");
  CHECK(config->trust().genesis_file().empty());
  CHECK(config->kafka().sasl().password_file() ==
        folder.path() + "/kafka.password");
  CHECK(config->kafka().bootstrap_servers(0) == "127.0.0.1:9092");
  CHECK(config->broker().tls().key_file() == folder.path() + "/certs/b1.key");
}

TEST_CASE("paths in lists are resolved too") {
  config::v1::StandaloneConfig config;
  config.add_adapters()->set_resource_dir("a");
  config.add_adapters()->set_resource_dir("/b");
  ResolvePaths("/etc/sluice/sluice.yaml", &config);
  CHECK(config.adapters(0).resource_dir() == "/etc/sluice/a");
  CHECK(config.adapters(1).resource_dir() == "/b");
}

TEST_CASE("a configuration that is wrong is told with file, line and field") {
  const storage::TestFolder folder;
  const std::string path = folder.path() + "/sluice-adapter.yaml";
  REQUIRE(WriteFileAtomically(path, "data_dir: data\nkafkq: {}\n", 0600).ok());
  const absl::Status refused =
      ReadConfigFile<config::v1::AdapterProcessConfig>(path).status();
  CHECK(ReasonOf(refused) == status::v1::REASON_CODE_UNKNOWN_FIELD);
  CHECK_THAT(std::string(refused.message()),
             Catch::Matchers::StartsWith(path + ":2:1: kafkq"));
}

}  // namespace
}  // namespace sluice::process
