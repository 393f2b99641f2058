#include "services/process/genesis_file.h"

#include <catch2/catch.hpp>
#include <string>

#include "libs/base/encoding.h"
#include "libs/base/file.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/crypto/ed25519.h"
#include "libs/registry/command.h"
#include "libs/storage/test_folder.h"

namespace sluice::process {
namespace {

std::string HexDigestOf(const registry::v1::SignedCommand& genesis) {
  return HexEncode(crypto::DigestView(registry::CommandDigest(genesis)));
}

TEST_CASE("a genesis is taken if it is the one that is pinned") {
  const storage::TestFolder folder;
  const registry::v1::SignedCommand genesis = registry::MakeGenesis(
      "county.example", "ca", "data-bureau", crypto::SigningKey::Generate());
  config::v1::PinnedTrust config;
  config.set_genesis_sha256(HexDigestOf(genesis));
  SECTION("with its file") {
    config.set_genesis_file(folder.path() + "/genesis.bin");
    REQUIRE(WriteFileAtomically(config.genesis_file(),
                                AsView(genesis.SerializeAsString()), 0644)
                .ok());
    const auto trust = ReadTrust(config);
    REQUIRE(trust.ok());
    REQUIRE(trust->genesis.has_value());
    CHECK(trust->genesis->command() == genesis.command());
    CHECK(trust->genesis_digest == registry::CommandDigest(genesis));

    config.set_genesis_sha256(std::string(64, '0'));
    const absl::Status refused = ReadTrust(config).status();
    CHECK(ReasonOf(refused) == status::v1::REASON_CODE_WRONG_TRUST_DOMAIN);
    CHECK(FieldOf(refused) == "trust.genesis_file");
  }
  SECTION("without one, the registry must have it") {
    const auto trust = ReadTrust(config);
    REQUIRE(trust.ok());
    CHECK_FALSE(trust->genesis.has_value());
  }
  SECTION("a file that is missing is named") {
    config.set_genesis_file(folder.path() + "/nowhere.bin");
    const absl::Status refused = ReadTrust(config).status();
    CHECK(ReasonOf(refused) == status::v1::REASON_CODE_NOT_FOUND);
    CHECK_THAT(std::string(refused.message()),
               Catch::Matchers::Contains("nowhere.bin"));
  }
}

}  // namespace
}  // namespace sluice::process
