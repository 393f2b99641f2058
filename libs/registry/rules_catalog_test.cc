#include <catch2/catch.hpp>

#include "libs/base/reason.h"
#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

using catalog::v1::Resource;

// People as version 2.
Resource NextPeople() {
  Resource resource = PeopleResource();
  resource.set_version(2);
  return resource;
}

catalog::v1::Field ExtraField(uint32_t id, const std::string& name) {
  catalog::v1::Field field;
  field.set_id(id);
  field.set_name(name);
  field.set_type(records::v1::DATA_TYPE_INT64);
  field.set_sensitivity(catalog::v1::SENSITIVITY_L1_PUBLIC);
  return field;
}

// The verdict on `resource` behind the first version of people.
v1::Verdict PutBehindPeople(const Resource& resource) {
  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  return rules.Apply(PutCommand(resource), rules.domain.provider);
}

TEST_CASE("a provider and an adapter put entries of their department") {
  RulesHarness rules;
  rules.MustApply(PutCommand(PeopleResource()), rules.domain.provider);
  const Resource& put =
      *rules.state.FindResource("civil-affairs.people")->newest();
  CHECK(put.version() == 1);
  CHECK(put.schema_version() == 1);
  rules.MustApply(PutCommand(NextPeople()), rules.domain.adapter);
}

TEST_CASE("nobody else puts an entry") {
  RulesHarness rules;
  const v1::Verdict other =
      rules.Apply(PutCommand(PeopleResource()), rules.domain.grid_provider);
  CHECK(other.reason() == status::v1::REASON_CODE_WRONG_DEPARTMENT);
  CHECK(other.field() == "id");
  for (const auto* key : {&rules.domain.approver, &rules.domain.officer}) {
    CHECK(rules.Apply(PutCommand(PeopleResource()), *key).reason() ==
          status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  }
}

TEST_CASE("an entry replaces exactly the version it expects") {
  RulesHarness rules;
  const auto put = [&](uint32_t version, uint32_t expected) {
    Resource resource = PeopleResource();
    resource.set_version(version);
    v1::Command command = PutCommand(resource);
    command.mutable_put_resource()->set_expected_version(expected);
    return rules.Apply(command, rules.domain.provider);
  };
  CHECK(put(2, 1).field() == "expected_version");
  CHECK(put(2, 0).field() == "version");
  CHECK(put(1, 0).accepted());
  CHECK(put(1, 0).reason() == status::v1::REASON_CODE_VERSION_CONFLICT);
  CHECK(put(3, 2).reason() == status::v1::REASON_CODE_VERSION_CONFLICT);
  CHECK(put(2, 1).accepted());
}

TEST_CASE(
    "the registry assigns the schema version, which grows with the fields") {
  RulesHarness rules;
  const auto& key = rules.domain.provider;
  Resource resource = PeopleResource();
  resource.set_schema_version(1);
  CHECK(rules.Apply(PutCommand(resource), key).field() == "schema_version");

  resource.set_schema_version(0);
  rules.MustApply(PutCommand(resource), key);
  resource.set_version(2);
  resource.set_title("residents");
  rules.MustApply(PutCommand(resource), key);
  const ResourceHistory& history =
      *rules.state.FindResource("civil-affairs.people");
  CHECK(history.newest()->schema_version() == 1);
  CHECK(history.newest()->title() == "residents");

  resource.set_version(3);
  *resource.add_fields() = ExtraField(9, "height");
  rules.MustApply(PutCommand(resource), key);
  CHECK(history.newest()->schema_version() == 2);
  CHECK(history.by_schema.at(1)->version() == 2);
}

TEST_CASE("field ids and names are unique") {
  Resource resource = PeopleResource();
  *resource.add_fields() = ExtraField(2, "height");
  RulesHarness rules;
  const v1::Verdict same_id =
      rules.Apply(PutCommand(resource), rules.domain.provider);
  CHECK(same_id.reason() == status::v1::REASON_CODE_MALFORMED);
  CHECK(same_id.field() == "fields[5].id");
  *resource.mutable_fields(5) = ExtraField(9, "name");
  CHECK(rules.Apply(PutCommand(resource), rules.domain.provider).field() ==
        "fields[5].name");
}

TEST_CASE("the key is made of required fields, and a STATE resource has one") {
  RulesHarness rules;
  const auto put = [&](const Resource& resource) {
    return rules.Apply(PutCommand(resource), rules.domain.provider);
  };
  Resource resource = PeopleResource();
  resource.clear_key();
  CHECK(put(resource).field() == "key");
  resource.add_key("id_number");
  resource.add_key("surname");
  CHECK(put(resource).reason() == status::v1::REASON_CODE_UNKNOWN_FIELD);
  CHECK(put(resource).field() == "key[1]");
  resource.set_key(1, "id_number");
  CHECK(put(resource).reason() == status::v1::REASON_CODE_MALFORMED);
  resource.set_key(1, "name");
  CHECK(put(resource).field() == "key[1]");
  resource.mutable_fields(1)->set_required(true);
  CHECK(put(resource).accepted());

  Resource events = PeopleResource();
  events.set_id("civil-affairs.events");
  events.set_kind(catalog::v1::RESOURCE_KIND_EVENTS);
  events.clear_key();
  CHECK(put(events).accepted());
}

TEST_CASE("kind, partitions and key never change") {
  Resource resource = NextPeople();
  resource.set_kind(catalog::v1::RESOURCE_KIND_EVENTS);
  const v1::Verdict kind = PutBehindPeople(resource);
  CHECK(kind.reason() == status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE);
  CHECK(kind.field() == "kind");

  resource = NextPeople();
  resource.set_partitions(1);
  CHECK(PutBehindPeople(resource).accepted());
  resource.set_partitions(2);
  CHECK(PutBehindPeople(resource).field() == "partitions");

  resource = NextPeople();
  resource.mutable_fields(1)->set_required(true);
  resource.add_key("name");
  CHECK(PutBehindPeople(resource).field() == "key");
}

TEST_CASE("a key field cannot be replaced by another of its name") {
  Resource resource = NextPeople();
  resource.mutable_fields(0)->set_id(9);
  CHECK(PutBehindPeople(resource).field() == "key");
}

TEST_CASE("a field keeps its name, type and scale") {
  Resource resource = NextPeople();
  resource.mutable_fields(1)->set_name("surname");
  CHECK(PutBehindPeople(resource).field() == "fields[1].name");
  resource = NextPeople();
  resource.mutable_fields(1)->set_type(records::v1::DATA_TYPE_BYTES);
  const v1::Verdict type = PutBehindPeople(resource);
  CHECK(type.field() == "fields[1].type");
  CHECK(type.reason() == status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE);
  resource = NextPeople();
  resource.mutable_fields(1)->set_scale(2);
  CHECK(PutBehindPeople(resource).field() == "fields[1].scale");
}

TEST_CASE("title, length, meaning and sensitivity of a field may change") {
  Resource resource = NextPeople();
  catalog::v1::Field* field = resource.mutable_fields(1);
  field->set_title("姓名");
  field->set_length_max(64);
  field->set_semantic_type(catalog::v1::SEMANTIC_TYPE_UNSPECIFIED);
  field->set_sensitivity(catalog::v1::SENSITIVITY_L4_HIGHLY_SENSITIVE);
  CHECK(PutBehindPeople(resource).accepted());
}

TEST_CASE("the id of a removed field is never used again, its name may be") {
  RulesHarness rules;
  const auto& key = rules.domain.provider;
  rules.MustApply(PutCommand(PeopleResource()), key);
  Resource resource = PeopleResource();
  const catalog::v1::Field removed = resource.fields(3);
  resource.mutable_fields()->DeleteSubrange(3, 1);
  resource.set_version(2);
  rules.MustApply(PutCommand(resource), key);
  resource.set_version(3);
  rules.MustApply(PutCommand(resource), key);

  resource.set_version(4);
  *resource.add_fields() = removed;
  const v1::Verdict verdict = rules.Apply(PutCommand(resource), key);
  CHECK(verdict.reason() == status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE);
  CHECK(verdict.field() == "fields[4].id");
  resource.mutable_fields(4)->set_id(40);
  CHECK(rules.Apply(PutCommand(resource), key).accepted());
}

TEST_CASE("entries and schemas are bounded in number") {
  Limits limits;
  limits.resources_max = 1;
  limits.schemas_max = 1;
  RulesHarness rules(limits);
  const auto& key = rules.domain.provider;
  rules.MustApply(PutCommand(PeopleResource()), key);
  Resource second = PeopleResource();
  second.set_id("civil-affairs.houses");
  CHECK(rules.Apply(PutCommand(second), key).reason() ==
        status::v1::REASON_CODE_TOO_MANY);

  Resource resource = NextPeople();
  resource.set_title("residents");
  rules.MustApply(PutCommand(resource), key);
  resource.set_version(3);
  *resource.add_fields() = ExtraField(9, "height");
  CHECK(rules.Apply(PutCommand(resource), key).reason() ==
        status::v1::REASON_CODE_TOO_MANY);
}

}  // namespace
}  // namespace sluice::registry
