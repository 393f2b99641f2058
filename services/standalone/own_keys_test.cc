#include "services/standalone/own_keys.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/bus/embedded_log.h"
#include "libs/registry/command.h"
#include "libs/storage/test_folder.h"

namespace sluice::standalone {
namespace {

using Catch::Matchers::Contains;
using config::v1::StandaloneConfig;

std::string ReasonOfStatus(const absl::Status& status) {
  return std::string(ReasonName(ReasonOf(status)));
}

// A data folder, and the registry of the process that has it.
struct Process {
  Process() {
    REQUIRE(WriteFileAtomically(Path("ca.pem"), "a CA", 0644).ok());
    config.set_data_dir(Path("data"));
    config.mutable_trust()->set_trust_domain("county.example");
    config.mutable_trust()->set_ca_file(Path("ca.pem"));
    config.mutable_trust()->set_officer_department("data-bureau");
    auto* department = config.mutable_trust()->add_departments();
    department->set_id("civil-affairs");
    department->set_name("民政局");
    config.add_adapters()->set_department("civil-affairs");
  }

  std::string Path(const std::string& name) const {
    return folder.path() + "/" + name;
  }
  std::string Signing(const std::string& name) const {
    return Path("data/keys/signing/" + name);
  }
  bool Exists(const std::string& path) const {
    return std::filesystem::exists(path);
  }

  OwnKeys MustLoad() const {
    auto keys = LoadOrMakeKeys(config);
    INFO(keys.status().message());
    REQUIRE(keys.ok());
    return *std::move(keys);
  }

  void OpenRegistry(const OwnKeys& keys) {
    bus::EmbeddedLogOptions log_options;
    log_options.path = Path("data/bus");
    auto opened = bus::OpenEmbeddedLog(log_options);
    REQUIRE(opened.ok());
    log = *std::move(opened);
    registry::RegistryOptions options;
    options.path = Path("data/registry");
    options.log = log.get();
    options.genesis_digest = keys.genesis_digest;
    auto made = registry::Registry::Open(options, &*keys.genesis);
    INFO(made.status().message());
    REQUIRE(made.ok());
    registry = *std::move(made);
  }

  storage::TestFolder folder;
  StandaloneConfig config;
  std::unique_ptr<bus::EmbeddedLog> log;
  std::unique_ptr<registry::Registry> registry;
};

TEST_CASE("a first start makes keys and a genesis for no one else to read") {
  const Process process;
  const OwnKeys keys = process.MustLoad();
  REQUIRE(keys.officer.has_value());
  REQUIRE(keys.genesis.has_value());
  CHECK(keys.adapters.count("civil-affairs") == 1);
  CHECK(registry::CommandDigest(*keys.genesis) == keys.genesis_digest);
  const auto command = registry::ParseCommand(*keys.genesis);
  REQUIRE(command.ok());
  CHECK(command->genesis().trust_domain() == "county.example");
  CHECK(command->genesis().ca_bundle_pem() == "a CA");
  CHECK(command->genesis().officer_department() == "data-bureau");
  CHECK(command->genesis().officer_public_key() ==
        keys.officer->public_key().bytes());
  for (const char* name :
       {"officer.pem", "broker.pem", "adapter-civil-affairs.pem"}) {
    struct stat file = {};
    REQUIRE(::stat(process.Signing(name).c_str(), &file) == 0);
    CHECK((file.st_mode & 0777) == 0600);
  }
}

TEST_CASE("a second start takes what the first one made") {
  Process process;
  const OwnKeys first = process.MustLoad();
  // Of no use any more: the genesis is made.
  process.config.mutable_trust()->clear_officer_department();
  OwnKeys second = process.MustLoad();
  CHECK(second.officer->id() == first.officer->id());
  CHECK(second.broker.id() == first.broker.id());
  CHECK(second.adapters.at("civil-affairs").id() ==
        first.adapters.at("civil-affairs").id());
  CHECK(second.genesis_digest == first.genesis_digest);

  process.config.mutable_trust()->set_genesis_sha256(
      HexEncode(crypto::DigestView(first.genesis_digest)));
  CHECK(process.MustLoad().genesis_digest == first.genesis_digest);
}

TEST_CASE("a start that was cut off before its genesis is gone on with") {
  const Process process;
  const OwnKeys first = process.MustLoad();
  REQUIRE(std::remove(process.Path("data/genesis.bin").c_str()) == 0);
  const OwnKeys second = process.MustLoad();
  CHECK(second.officer->id() == first.officer->id());
  const auto command = registry::ParseCommand(*second.genesis);
  REQUIRE(command.ok());
  CHECK(command->genesis().officer_public_key() ==
        first.officer->public_key().bytes());
}

TEST_CASE("an officer's key that was moved away is not replaced") {
  Process process;
  const OwnKeys first = process.MustLoad();
  process.OpenRegistry(first);
  REQUIRE(EnrolOwnKeys(process.config, first, process.registry.get()).ok());
  REQUIRE(std::remove(process.Signing("officer.pem").c_str()) == 0);

  const OwnKeys second = process.MustLoad();
  CHECK_FALSE(second.officer.has_value());
  CHECK_FALSE(process.Exists(process.Signing("officer.pem")));
  CHECK(second.genesis_digest == first.genesis_digest);
  // Departments that came later are an officer's to enrol.
  auto* later = process.config.mutable_trust()->add_departments();
  later->set_id("health");
  later->set_name("卫健局");
  CHECK(EnrolOwnKeys(process.config, second, process.registry.get()).ok());
  CHECK_FALSE(process.registry->GetDepartment("health").ok());

  process.config.add_adapters()->set_department("health");
  const OwnKeys third = process.MustLoad();
  const absl::Status refused =
      EnrolOwnKeys(process.config, third, process.registry.get());
  CHECK(ReasonOfStatus(refused) == "WRONG_STATE");
  CHECK_THAT(std::string(refused.message()),
             Contains("officer.pem") && Contains("--role adapter") &&
                 Contains("--department health") &&
                 Contains(HexEncode(AsView(
                     third.adapters.at("health").public_key().bytes()))));
}

TEST_CASE("another genesis than the one that is pinned is refused") {
  Process process;
  process.MustLoad();
  process.config.mutable_trust()->set_genesis_sha256(std::string(64, '0'));
  const auto refused = LoadOrMakeKeys(process.config);
  CHECK(ReasonOfStatus(refused.status()) == "WRONG_TRUST_DOMAIN");
  CHECK(FieldOf(refused.status()) == "trust.genesis_sha256");
}

TEST_CASE("where a genesis is pinned none is made, and no officer") {
  Process process;
  process.config.mutable_trust()->set_genesis_sha256(std::string(64, '0'));
  const OwnKeys keys = process.MustLoad();
  CHECK_FALSE(keys.officer.has_value());
  CHECK_FALSE(keys.genesis.has_value());
  CHECK(HexEncode(crypto::DigestView(keys.genesis_digest)) ==
        std::string(64, '0'));
  CHECK_FALSE(process.Exists(process.Signing("officer.pem")));
}

TEST_CASE("what no genesis can be made of leaves none behind") {
  Process process;
  auto* trust = process.config.mutable_trust();
  trust->clear_officer_department();
  auto refused = LoadOrMakeKeys(process.config);
  CHECK(ReasonOfStatus(refused.status()) == "MALFORMED");
  CHECK(FieldOf(refused.status()) == "trust.officer_department");

  trust->set_officer_department("Data Bureau");
  refused = LoadOrMakeKeys(process.config);
  CHECK_FALSE(refused.ok());
  CHECK_THAT(std::string(refused.status().message()),
             Contains("officer_department"));
  CHECK_FALSE(process.Exists(process.Path("data/genesis.bin")));

  // Mended, the next start is like a first one.
  trust->set_officer_department("data-bureau");
  CHECK(process.MustLoad().genesis.has_value());
}

TEST_CASE("a damaged genesis is said to be damaged, and stays as it is") {
  const Process process;
  process.MustLoad();
  const std::string path = process.Path("data/genesis.bin");
  REQUIRE(WriteFileAtomically(path, "\xFF\xFF", 0600).ok());
  const auto refused = LoadOrMakeKeys(process.config);
  CHECK(ReasonOfStatus(refused.status()) == "CORRUPT");
  CHECK(*ReadFile(path) == "\xFF\xFF");
}

TEST_CASE("own keys and departments are enrolled once") {
  Process process;
  const OwnKeys keys = process.MustLoad();
  process.OpenRegistry(keys);
  const absl::Status enrolled =
      EnrolOwnKeys(process.config, keys, process.registry.get());
  INFO(enrolled.message());
  REQUIRE(enrolled.ok());
  CHECK(process.registry->GetDepartment("civil-affairs")->name() == "民政局");
  const auto broker = process.registry->GetKey(AsView(keys.broker.id()));
  REQUIRE(broker.ok());
  CHECK((*broker)->info.role() == registry::v1::ROLE_BROKER);
  CHECK((*broker)->info.department() == "data-bureau");
  const auto adapter =
      process.registry->GetKey(AsView(keys.adapters.at("civil-affairs").id()));
  REQUIRE(adapter.ok());
  CHECK((*adapter)->info.role() == registry::v1::ROLE_ADAPTER);
  CHECK((*adapter)->info.department() == "civil-affairs");

  const uint64_t commands = process.registry->status().accepted_commands;
  CHECK(EnrolOwnKeys(process.config, keys, process.registry.get()).ok());
  CHECK(process.registry->status().accepted_commands == commands);
  CHECK(process.registry->status().refused_commands == 0);
}

}  // namespace
}  // namespace sluice::standalone
