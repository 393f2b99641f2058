#include "services/process/kafka.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/storage/test_folder.h"

namespace sluice::process {
namespace {

config::v1::KafkaConfig OneServer() {
  config::v1::KafkaConfig config;
  config.add_bootstrap_servers("127.0.0.1:9092");
  return config;
}

TEST_CASE("what a configuration leaves out has its default") {
  const auto options = KafkaOptionsOf(OneServer(), "sluice-broker");
  REQUIRE(options.ok());
  CHECK(options->client_id == "sluice-broker");
  CHECK(options->replication_factor == 3);
  CHECK(options->min_insync_replicas == 2);
  CHECK(options->request_timeout == absl::Seconds(30));
  CHECK(options->sasl_user.empty());
}

TEST_CASE("a password is one line of a private file") {
  const storage::TestFolder folder;
  config::v1::KafkaConfig config = OneServer();
  config.mutable_sasl()->set_mechanism("SCRAM-SHA-256");
  config.mutable_sasl()->set_user("b1");
  config.mutable_sasl()->set_password_file(folder.path() + "/password");
  const auto with = [&](const std::string& content, int mode) {
    REQUIRE(
        WriteFileAtomically(config.sasl().password_file(), content, mode).ok());
    return KafkaOptionsOf(config, "c");
  };
  CHECK(with("a secret\n", 0600)->sasl_password == "a secret");
  CHECK(with("a secret", 0400)->sasl_password == "a secret");
  for (const char* bad : {"", "\n", "a\nb\n"}) {
    const absl::Status refused = with(bad, 0600).status();
    CHECK(ReasonOf(refused) == status::v1::REASON_CODE_MALFORMED);
    CHECK(FieldOf(refused) == "kafka.sasl.password_file");
  }
  CHECK(FieldOf(with("a secret\n", 0644).status()) ==
        "kafka.sasl.password_file");
}

TEST_CASE("what does not go together is refused with its field") {
  config::v1::KafkaConfig config = OneServer();
  config.set_replication_factor(1);
  CHECK(FieldOf(KafkaOptionsOf(config, "c").status()) ==
        "kafka.min_insync_replicas");
  config = OneServer();
  config.set_ca_file("ca.pem");
  config.set_cert_file("c.pem");
  CHECK(FieldOf(KafkaOptionsOf(config, "c").status()) == "kafka.key_file");
  config.set_key_file("c.key");
  CHECK(KafkaOptionsOf(config, "c").ok());
  config.clear_ca_file();
  CHECK(FieldOf(KafkaOptionsOf(config, "c").status()) == "kafka.ca_file");
}

}  // namespace
}  // namespace sluice::process
