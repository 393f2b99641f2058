#include "tools/audit_query/trail.h"

#include <catch2/catch.hpp>

#include "libs/base/status.h"
#include "libs/crypto/ed25519.h"

namespace sluice::audit_query {
namespace {

struct Fixture {
  crypto::SigningKey key = crypto::SigningKey::Generate();
  audit::NoteVerifier verifier{"county.example/data-bureau/b1",
                               key.public_key()};
  registry::v1::SigningKey enrolled;

  Fixture() {
    enrolled.set_id(key.id());
    enrolled.set_department("data-bureau");
    enrolled.set_role(registry::v1::ROLE_BROKER);
    enrolled.set_public_key(key.public_key().bytes());
    enrolled.set_state(registry::v1::KEY_STATE_ACTIVE);
  }

  ReasonCode Check(absl::string_view trust_domain = "county.example") const {
    return ReasonOf(CheckKeyOfOrigin(enrolled, verifier, trust_domain));
  }
};

TEST_CASE("a broker's key may sign its own trail's checkpoints") {
  Fixture fixture;
  CHECK(CheckKeyOfOrigin(fixture.enrolled, fixture.verifier, "county.example")
            .ok());
  fixture.enrolled.set_state(registry::v1::KEY_STATE_RETIRED);
  CHECK(CheckKeyOfOrigin(fixture.enrolled, fixture.verifier, "county.example")
            .ok());
}

TEST_CASE("a revoked key is not believed") {
  Fixture fixture;
  fixture.enrolled.set_state(registry::v1::KEY_STATE_REVOKED);
  CHECK(fixture.Check() == status::v1::REASON_CODE_KEY_REVOKED);
}

TEST_CASE("only a broker's key counts") {
  Fixture fixture;
  fixture.enrolled.set_role(registry::v1::ROLE_OPERATOR);
  CHECK(fixture.Check() == status::v1::REASON_CODE_UNKNOWN_KEY);
}

TEST_CASE("a key signs for its own department and trust domain alone") {
  Fixture fixture;
  CHECK(fixture.Check("city.example") ==
        status::v1::REASON_CODE_WRONG_DEPARTMENT);
  fixture.enrolled.set_department("data");
  CHECK(fixture.Check() == status::v1::REASON_CODE_WRONG_DEPARTMENT);
}

TEST_CASE("an id alone does not make a key the registry's") {
  Fixture fixture;
  fixture.enrolled.set_public_key(
      crypto::SigningKey::Generate().public_key().bytes());
  CHECK(fixture.Check() == status::v1::REASON_CODE_UNKNOWN_KEY);
}

}  // namespace
}  // namespace sluice::audit_query
