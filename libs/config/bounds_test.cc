#include "libs/config/bounds.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "libs/base/status.h"
#include "sluice/config/v1/config.pb.h"
#include "sluice/registry/v1/command.pb.h"

namespace sluice::config {
namespace {

v1::StandaloneConfig GoodConfig() {
  v1::StandaloneConfig config;
  config.set_data_dir("data");
  config.mutable_trust()->set_trust_domain("county.example");
  config.mutable_trust()->set_ca_file("ca.pem");
  config.mutable_broker()->set_listen("127.0.0.1:0");
  config.mutable_broker()->mutable_tls()->set_cert_file("broker.pem");
  config.mutable_broker()->mutable_tls()->set_key_file("broker.key");
  return config;
}

v1::AgreementFile GoodAgreement() {
  v1::AgreementFile file;
  file.set_id("grid-people");
  file.set_resource("civil-affairs.people");
  file.set_purpose("relief");
  file.set_legal_basis("decision 12");
  (*file.mutable_fields())["name"].mutable_mask();
  return file;
}

std::string Message(const google::protobuf::Message& message) {
  return std::string(CheckBounds(message).message());
}

TEST_CASE("A message within its bounds is OK, with optional parts left out") {
  CHECK(CheckBounds(GoodConfig()).ok());
  CHECK(CheckBounds(GoodAgreement()).ok());
}

TEST_CASE("Required fields of every kind must be there") {
  v1::StandaloneConfig config = GoodConfig();
  config.clear_data_dir();
  CHECK(Message(config) == "data_dir: is missing; give it a value");
  CHECK(ReasonOf(CheckBounds(config)) == status::v1::REASON_CODE_MALFORMED);
  CHECK(FieldOf(CheckBounds(config)) == "data_dir");

  config = GoodConfig();
  config.clear_trust();
  CHECK(Message(config) == "trust: is missing; add it");

  v1::AgreementFile file = GoodAgreement();
  file.clear_fields();
  CHECK(Message(file) == "fields: is empty; give at least one entry");

  agreement::v1::DatePart part;
  CHECK(Message(part) == "unit: is missing; choose a value");

  registry::v1::SetRulesVersion rules;
  CHECK(Message(rules) == "rules_version: is missing or 0; give it a value");
}

TEST_CASE(
    "A required message may be empty, and what it requires is asked for then") {
  v1::StandaloneConfig config = GoodConfig();
  config.mutable_broker()->mutable_tls()->Clear();
  CHECK(Message(config) == "broker.tls.cert_file: is missing; give it a value");
}

TEST_CASE("Numbers are held to both ends, with their unit") {
  v1::StandaloneConfig config = GoodConfig();
  config.mutable_broker()->set_drain_ms(600'000);
  CHECK(CheckBounds(config).ok());
  config.mutable_broker()->set_drain_ms(600'001);
  CHECK(Message(config) ==
        "broker.drain_ms: is too large; use at most 600000 ms");
  CHECK(ReasonOf(CheckBounds(config)) == status::v1::REASON_CODE_OUT_OF_BOUNDS);

  registry::v1::Genesis genesis;
  genesis.set_trust_domain("county.example");
  genesis.set_ca_bundle_pem("pem");
  genesis.set_officer_department("data-bureau");
  genesis.set_officer_public_key(std::string(32, 'k'));
  genesis.set_rules_version(1);
  CHECK(CheckBounds(genesis).ok());
  genesis.set_rules_version(2);
  CHECK(Message(genesis) == "rules_version: is too large; use at most 1");
}

TEST_CASE("Zero means not set, also below the smallest value") {
  // No field of ours has a smallest value and may be zero but through
  // `required`.
  v1::StandaloneConfig config = GoodConfig();
  config.mutable_broker()->set_streams_max(0);
  CHECK(CheckBounds(config).ok());
}

TEST_CASE("Texts and bytes are held to their lengths, in bytes") {
  v1::StandaloneConfig config = GoodConfig();
  config.set_data_dir(std::string(4096, 'd'));
  CHECK(CheckBounds(config).ok());
  config.set_data_dir(std::string(4097, 'd'));
  CHECK(Message(config) == "data_dir: has 4097 bytes; use at most 4096");

  registry::v1::EnrolKey enrol;
  enrol.set_department("health");
  enrol.set_role(registry::v1::ROLE_CONSUMER);
  enrol.set_public_key(std::string(31, 'k'));
  CHECK(Message(enrol) == "public_key: has 31 bytes; use at least 32");
  enrol.set_public_key(std::string(33, 'k'));
  CHECK(Message(enrol) == "public_key: has 33 bytes; use at most 32");
  enrol.set_public_key(std::string(32, 'k'));
  CHECK(CheckBounds(enrol).ok());
}

TEST_CASE("A pattern must match the whole text and errors say it in words") {
  v1::StandaloneConfig config = GoodConfig();
  for (const char* bad : {"County.example", "county.example/x",
                          " county.example", "county.example\n", "-county"}) {
    CAPTURE(bad);
    config.mutable_trust()->set_trust_domain(bad);
    CHECK(Message(config) ==
          "trust.trust_domain: does not have the right form; write a DNS-like "
          "name "
          "such as county.example");
  }
  config = GoodConfig();
  config.mutable_trust()->set_genesis_sha256(std::string(63, 'a'));
  CHECK_FALSE(CheckBounds(config).ok());
  config.mutable_trust()->set_genesis_sha256(std::string(64, 'a'));
  CHECK(CheckBounds(config).ok());
}

TEST_CASE("An error never shows the text of a field") {
  v1::StandaloneConfig config = GoodConfig();
  config.mutable_trust()->set_trust_domain("SECRET");
  config.mutable_trust()->set_genesis_sha256("SECRET");
  for (const Violation& violation : FindViolations(config, 10)) {
    CHECK(violation.problem.find("SECRET") == std::string::npos);
  }
}

TEST_CASE(
    "Lists and maps are held to their sizes and their elements to the bounds") {
  v1::StandaloneConfig config = GoodConfig();
  for (int i = 0; i < 65; ++i) {
    v1::AdapterConfig* adapter = config.add_adapters();
    adapter->set_department("health");
    adapter->set_resource_dir("resources");
  }
  CHECK(Message(config) == "adapters: has 65 entries; use at most 64");
  config.mutable_adapters()->RemoveLast();
  CHECK(CheckBounds(config).ok());
  config.mutable_adapters(3)->clear_resource_dir();
  CHECK(Message(config) ==
        "adapters[3].resource_dir: is missing; give it a value");

  v1::AgreementFile file = GoodAgreement();
  for (int i = 0; i < 512; ++i) {
    (*file.mutable_fields())["field" + std::to_string(i)].mutable_keep();
  }
  CHECK(Message(file) == "fields: has 513 entries; use at most 512");
}

TEST_CASE("Elements of a required list may not be zero") {
  agreement::v1::Agreement agreement;
  agreement.set_id("grid-people");
  agreement.set_version(1);
  agreement.set_resource("civil-affairs.people");
  agreement.set_consumer("health");
  agreement.set_purpose("relief");
  agreement.set_legal_basis("decision 12");
  auto* grant = agreement.add_fields();
  grant->set_field_id(1);
  grant->set_field_name("name");
  grant->mutable_treatment()->mutable_keep();
  agreement.add_modes(agreement::v1::DELIVERY_MODE_SUBSCRIBE);
  CHECK(CheckBounds(agreement).ok());
  agreement.add_modes(agreement::v1::DELIVERY_MODE_UNSPECIFIED);
  CHECK(Message(agreement) == "modes[1]: is missing; choose a value");
}

TEST_CASE("Entries of a map are named by their key, in the order of the keys") {
  v1::AgreementFile file = GoodAgreement();
  for (const char* key : {"z", "a\"b", "id_number"}) {
    (*file.mutable_fields())[key].mutable_pseudonym()->set_length(65);
  }
  std::vector<std::string> fields;
  for (const Violation& violation : FindViolations(file, 10)) {
    fields.push_back(violation.field);
    CHECK(violation.problem == "is too large; use at most 64 characters");
  }
  CHECK(fields ==
        std::vector<std::string>{"fields[\"a\\\"b\"].pseudonym.length",
                                 "fields[\"id_number\"].pseudonym.length",
                                 "fields[\"z\"].pseudonym.length"});
}

TEST_CASE("Messages in a oneof are checked, those not set are not") {
  registry::v1::Command command;
  command.set_id("0123456789abcdef");
  CHECK(CheckBounds(command).ok());
  command.mutable_revoke_key();
  CHECK(Message(command) == "revoke_key.key_id: is missing; give it a value");
}

TEST_CASE("An enum number that no one knows is refused") {
  v1::AgreementFile file = GoodAgreement();
  file.add_modes(static_cast<agreement::v1::DeliveryMode>(99));
  CHECK(Message(file) ==
        "modes[0]: is 99, which DeliveryMode does not have; use a known value");
  CHECK(ReasonOf(CheckBounds(file)) == status::v1::REASON_CODE_OUT_OF_BOUNDS);
}

TEST_CASE(
    "Violations come in the order of the fields and end at the number asked "
    "for") {
  v1::StandaloneConfig config;
  const auto fields = [&config](size_t most) {
    std::vector<std::string> paths;
    for (const Violation& violation : FindViolations(config, most)) {
      paths.push_back(violation.field);
    }
    return paths;
  };
  CHECK(fields(10) == std::vector<std::string>{"data_dir", "trust", "broker"});
  CHECK(fields(2) == std::vector<std::string>{"data_dir", "trust"});
  CHECK(fields(0).empty());
}

}  // namespace
}  // namespace sluice::config
