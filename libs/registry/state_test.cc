#include "libs/registry/state.h"

#include <catch2/catch.hpp>
#include <limits>

#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

constexpr size_t kNoBound = std::numeric_limits<size_t>::max();

State MakeState() {
  State state;
  Changes changes;
  for (const char* id : {"tax.a", "tax.b", "tax-office.c", "grid.d"}) {
    auto resource = std::make_shared<catalog::v1::Resource>();
    resource->set_id(id);
    resource->set_schema_version(1);
    changes.resources.push_back(std::move(resource));
  }
  for (const char* id : {"one", "two", "zeta"}) {
    for (uint32_t version = 1; version <= 3; ++version) {
      auto record = std::make_shared<agreement::v1::AgreementRecord>();
      record->mutable_agreement()->set_id(id);
      record->mutable_agreement()->set_version(version);
      changes.agreements.push_back(std::move(record));
    }
  }
  state.Commit(changes);
  return state;
}

std::string Names(const std::vector<ResourcePtr>& resources) {
  std::string names;
  for (const auto& resource : resources) names += resource->id() + " ";
  return names;
}

std::string Names(const std::vector<AgreementPtr>& records) {
  std::string names;
  for (const auto& record : records) {
    names += record->agreement().id() +
             std::to_string(record->agreement().version()) + " ";
  }
  return names;
}

TEST_CASE("resources are listed in order, of one department or of all") {
  const State state = MakeState();
  CHECK(Names(state.ListResources("", "", kNoBound)) ==
        "grid.d tax-office.c tax.a tax.b ");
  CHECK(Names(state.ListResources("", "grid.d", 2)) == "tax-office.c tax.a ");
  CHECK(Names(state.ListResources("tax", "", kNoBound)) == "tax.a tax.b ");
  CHECK(Names(state.ListResources("tax", "tax.a", kNoBound)) == "tax.b ");
  CHECK(Names(state.ListResources("tax", "zzz", kNoBound)).empty());
  CHECK(Names(state.ListResources("ta", "", kNoBound)).empty());
}

TEST_CASE("agreements are listed by id and version behind a cursor") {
  const State state = MakeState();
  CHECK(Names(state.ListAgreements("", 0, 4)) == "one1 one2 one3 two1 ");
  CHECK(Names(state.ListAgreements("one", 2, 2)) == "one3 two1 ");
  CHECK(Names(state.ListAgreements("one", 9, 1)) == "two1 ");
  CHECK(Names(state.ListAgreements("three", 2, 1)) == "two1 ");
  CHECK(Names(state.ListAgreements("two", 3, kNoBound)) ==
        "zeta1 zeta2 zeta3 ");
  CHECK(Names(state.ListAgreements("zeta", 3, kNoBound)).empty());
}

TEST_CASE("keys and departments are listed in order behind a cursor") {
  const RulesHarness rules;
  CHECK(rules.state.ListKeys("", "", kNoBound).size() == 9);
  CHECK(rules.state.ListKeys("grid", "", kNoBound).size() == 3);
  const auto first = rules.state.ListKeys("", "", 1);
  REQUIRE(first.size() == 1);
  CHECK(rules.state.ListKeys("", first[0]->info.id(), kNoBound).size() == 8);
  const auto departments = rules.state.ListDepartments("civil-affairs", 2);
  REQUIRE(departments.size() == 2);
  CHECK(departments[0].id() == "data-bureau");
  CHECK(departments[1].id() == "grid");
}

}  // namespace
}  // namespace sluice::registry
