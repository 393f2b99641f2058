#include "libs/identity/spiffe_id.h"

#include <catch2/catch.hpp>
#include <string>

#include "absl/strings/ascii.h"
#include "libs/base/status.h"

namespace sluice::identity {
namespace {

TEST_CASE("An id is taken apart and put together again") {
  const Identity identity =
      ParseSpiffeId("spiffe://county.example/civil-affairs/adapter").value();
  CHECK(identity.trust_domain == "county.example");
  CHECK(identity.department == "civil-affairs");
  CHECK(identity.role == registry::v1::ROLE_ADAPTER);
  CHECK(identity.instance.empty());
  CHECK(FormatSpiffeId(identity) ==
        "spiffe://county.example/civil-affairs/adapter");

  const Identity with_instance =
      ParseSpiffeId("spiffe://x/d/broker/b-1.rack2").value();
  CHECK(with_instance.instance == "b-1.rack2");
  CHECK(FormatSpiffeId(with_instance) == "spiffe://x/d/broker/b-1.rack2");
  CHECK_FALSE(with_instance == identity);
}

TEST_CASE("Every role of the registry has a name that leads back to it") {
  const auto* roles = registry::v1::Role_descriptor();
  for (int i = 0; i < roles->value_count(); ++i) {
    const auto role = static_cast<Role>(roles->value(i)->number());
    CAPTURE(roles->value(i)->name());
    CHECK("ROLE_" + absl::AsciiStrToUpper(RoleName(role)) ==
          roles->value(i)->name());
    CHECK(RoleFromName(RoleName(role)) == role);
    if (role == registry::v1::ROLE_UNSPECIFIED) continue;
    CHECK(ParseSpiffeId("spiffe://x/d/" + std::string(RoleName(role)))->role ==
          role);
  }
  CHECK(RoleName(static_cast<Role>(99)) == "unspecified");
  CHECK(RoleFromName("Broker") == registry::v1::ROLE_UNSPECIFIED);
  CHECK(RoleNames() ==
        "provider, consumer, approver, operator, officer, auditor, broker, "
        "adapter, "
        "witness");
}

TEST_CASE("Anything but exactly such an id is UNKNOWN_IDENTITY") {
  for (const std::string& bad : {
           std::string(),
           std::string("spiffe://"),
           std::string("https://x/d/broker"),
           std::string("SPIFFE://x/d/broker"),
           std::string("spiffe:/x/d/broker"),
           std::string("x/d/broker"),
           std::string("spiffe://x"),
           std::string("spiffe://x/d"),
           std::string("spiffe://x/d/"),
           std::string("spiffe://x/d/broker/"),
           std::string("spiffe://x/d/broker/a/b"),
           std::string("spiffe://x//broker"),
           std::string("spiffe:///d/broker"),
           std::string("spiffe://X/d/broker"),
           std::string("spiffe://x_y/d/broker"),
           std::string("spiffe://.x/d/broker"),
           std::string("spiffe://x:443/d/broker"),
           std::string("spiffe://user@x/d/broker"),
           std::string("spiffe://x/D/broker"),
           std::string("spiffe://x/1d/broker"),
           std::string("spiffe://x/-d/broker"),
           std::string("spiffe://x/d.e/broker"),
           std::string("spiffe://x/%64/broker"),
           std::string("spiffe://x/../broker"),
           std::string("spiffe://x/d/Broker"),
           std::string("spiffe://x/d/brokers"),
           std::string("spiffe://x/d/unspecified"),
           std::string("spiffe://x/d/broker?a"),
           std::string("spiffe://x/d/broker#a"),
           std::string("spiffe://x/d/broker/.."),
           std::string("spiffe://x/d/broker/A"),
           std::string("spiffe://x/d/broker\n"),
           std::string(" spiffe://x/d/broker"),
           std::string("spiffe://x/d/broker\0", 20),
           std::string("spiffe://x/d\0/broker", 20),
           "spiffe://" + std::string(256, 'x') + "/d/broker",
           "spiffe://x/" + std::string(64, 'd') + "/broker",
           "spiffe://x/d/broker/" + std::string(64, 'i'),
       }) {
    CAPTURE(bad);
    CHECK(ReasonOf(ParseSpiffeId(bad).status()) ==
          status::v1::REASON_CODE_UNKNOWN_IDENTITY);
  }
}

TEST_CASE("Parts may be as long as stated") {
  CHECK(ParseSpiffeId("spiffe://" + std::string(255, 'x') + "/" +
                      std::string(63, 'd') + "/broker/" + std::string(63, 'i'))
            .ok());
}

TEST_CASE(
    "An error shows the id, cut and escaped, and the form it should have") {
  CHECK(ParseSpiffeId("spiffe://x/d/king").status().message() ==
        "\"spiffe://x/d/king\" has none of the roles provider, consumer, "
        "approver, "
        "operator, officer, auditor, broker, adapter, witness: use a "
        "certificate for "
        "spiffe://<trust domain>/<department>/<role>[/<instance>]");
  const std::string message(
      ParseSpiffeId("\x1b" + std::string(1000, 'x')).status().message());
  CHECK(message.rfind("\"\\x1bxxx", 0) == 0);
  CHECK(message.size() < 300);
}

}  // namespace
}  // namespace sluice::identity
