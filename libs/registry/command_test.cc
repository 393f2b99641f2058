#include "libs/registry/command.h"

#include <catch2/catch.hpp>

#include "google/protobuf/unknown_field_set.h"
#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

TEST_CASE("a signed command verifies and gets an id and a time") {
  const auto key = crypto::SigningKey::Generate();
  const auto signed_command = SignCommand(EnrolDepartmentCommand("grid"), key);
  CHECK(signed_command.key_id() == key.id());
  CHECK(key.public_key().Verify(crypto::kCommandDomain,
                                AsView(signed_command.command()),
                                AsView(signed_command.signature())));
  const auto command = ParseCommand(signed_command);
  REQUIRE(command.ok());
  CHECK(command->id().size() == 32);
  CHECK(command->has_issued_at());
  CHECK(NewCommandId() != NewCommandId());
}

TEST_CASE("an id that the author chose is kept") {
  v1::Command command = EnrolDepartmentCommand("grid");
  command.set_id("my-own-id");
  const auto parsed =
      ParseCommand(SignCommand(command, crypto::SigningKey::Generate()));
  REQUIRE(parsed.ok());
  CHECK(parsed->id() == "my-own-id");
}

TEST_CASE("what is signed must be a command of bounded size with a body") {
  const auto key = crypto::SigningKey::Generate();
  v1::SignedCommand broken;
  broken.set_command("\xff\xff");
  CHECK(ReasonOf(ParseCommand(broken).status()) ==
        status::v1::REASON_CODE_MALFORMED);
  CHECK(ReasonOf(ParseCommand(SignCommand({}, key)).status()) ==
        status::v1::REASON_CODE_MALFORMED);
  broken.set_command(std::string(kCommandBytesMax + 1, 'x'));
  CHECK(ReasonOf(ParseCommand(broken).status()) ==
        status::v1::REASON_CODE_TOO_LARGE);
}

TEST_CASE("a bound is named as it stands in the file the person wrote") {
  catalog::v1::Resource resource = PeopleResource();
  resource.mutable_fields(1)->set_name("Not A Slug");
  const auto parsed = ParseCommand(
      SignCommand(PutCommand(resource), crypto::SigningKey::Generate()));
  CHECK(ReasonOf(parsed.status()) == status::v1::REASON_CODE_OUT_OF_BOUNDS);
  CHECK(FieldOf(parsed.status()) == "fields[1].name");
}

TEST_CASE("a field without a sensitivity is refused") {
  catalog::v1::Resource resource = PeopleResource();
  resource.mutable_fields(2)->clear_sensitivity();
  const auto parsed = ParseCommand(
      SignCommand(PutCommand(resource), crypto::SigningKey::Generate()));
  CHECK(ReasonOf(parsed.status()) == status::v1::REASON_CODE_MALFORMED);
  CHECK(FieldOf(parsed.status()) == "fields[2].sensitivity");
}

TEST_CASE("a field that a newer program added is refused, however deep") {
  agreement::v1::Agreement agreement = PeopleAgreement();
  auto* mask = agreement.mutable_fields(1)->mutable_treatment()->mutable_mask();
  mask->GetReflection()->MutableUnknownFields(mask)->AddVarint(99, 1);
  const auto parsed = ParseCommand(
      SignCommand(RequestCommand(agreement), crypto::SigningKey::Generate()));
  CHECK(ReasonOf(parsed.status()) == status::v1::REASON_CODE_MALFORMED);
  INFO(parsed.status().message());
  CHECK(FieldOf(parsed.status()) == "fields[1].treatment.mask");
}

TEST_CASE("a rotation proof is by the new key over the old key's id") {
  const auto key = crypto::SigningKey::Generate();
  const std::string proof = MakeRotationProof("0123456789abcdef", key);
  CHECK(key.public_key().Verify(crypto::kRotationDomain, "0123456789abcdef",
                                AsView(proof)));
}

TEST_CASE("what replaces nothing takes nothing away") {
  catalog::v1::Resource people = PeopleResource();
  CHECK_FALSE(TakesSomethingAway(PutCommand(people)));
  people.set_version(2);
  CHECK(TakesSomethingAway(PutCommand(people)));
  agreement::v1::AgreementRecord record;
  *record.mutable_agreement() = PeopleAgreement();
  CHECK_FALSE(TakesSomethingAway(ApproveCommand(record)));
  record.mutable_agreement()->set_version(2);
  CHECK(TakesSomethingAway(ApproveCommand(record)));
  CHECK(TakesSomethingAway(RevokeCommand("a", 1)));
  CHECK(TakesSomethingAway(SuspendCommand("a", 1)));
  CHECK(TakesSomethingAway(RevokeKeyCommand("0123456789abcdef")));
  CHECK(TakesSomethingAway(SetRulesCommand(2)));
  CHECK_FALSE(TakesSomethingAway(ResumeCommand("a", 1)));
  CHECK_FALSE(TakesSomethingAway(RequestCommand(PeopleAgreement())));
  CHECK_FALSE(TakesSomethingAway(EnrolDepartmentCommand("tax")));
  CHECK_FALSE(TakesSomethingAway(v1::Command()));
}

}  // namespace
}  // namespace sluice::registry
