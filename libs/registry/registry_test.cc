#include "libs/registry/registry.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/status.h"
#include "libs/base/string_view.h"
#include "libs/registry/command.h"
#include "libs/registry/test_bus.h"
#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

template <typename T>
std::string ReasonOfResult(const absl::StatusOr<T>& result) {
  return std::string(ReasonName(ReasonOf(result.status())));
}

TEST_CASE("an empty log takes the genesis that is pinned and no other") {
  TestBus bus;
  CHECK(ReasonOfResult(Registry::Open(bus.OptionsFor("a"))) == "NOT_FOUND");
  const TestDomain other;
  CHECK(ReasonOfResult(Registry::Open(bus.OptionsFor("a"), &other.genesis)) ==
        "WRONG_TRUST_DOMAIN");
  CHECK(bus.End() == 0);
  {
    const auto registry = bus.Open("a");
    CHECK(registry->genesis_content().trust_domain() == "county.example");
    CHECK(CommandDigest(registry->genesis()) == bus.domain.genesis_digest);
    CHECK(registry->status().applied_offset == 0);
    CHECK(registry->status().rules_version == 1);
  }
  CHECK(Registry::Open(bus.OptionsFor("a")).ok());
  CHECK(bus.End() == 1);
}

TEST_CASE("a log or a folder of another trust domain is refused") {
  TestBus bus;
  bus.Open("a").reset();
  RegistryOptions options = bus.OptionsFor("a");
  options.genesis_digest = TestDomain().genesis_digest;
  CHECK(ReasonOfResult(Registry::Open(options)) == "WRONG_TRUST_DOMAIN");
  options.path = bus.OptionsFor("b").path;
  CHECK(ReasonOfResult(Registry::Open(options)) == "WRONG_TRUST_DOMAIN");
}

TEST_CASE("a log that begins with something else is refused") {
  TestBus bus;
  bus::TopicSpec spec;
  spec.name = kRegistryTopic;
  spec.cleanup = bus::Cleanup::kCompact;
  REQUIRE(bus.log->CreateTopic(spec).ok());
  bus.Append("key", "garbage");
  CHECK(ReasonOfResult(Registry::Open(
            bus.OptionsFor("a"), &bus.domain.genesis)) == "WRONG_TRUST_DOMAIN");
}

TEST_CASE("an accepted command shows in reads when Submit returns") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  const auto put = TestBus::MustSubmit(
      *registry,
      bus.domain.Sign(PutCommand(PeopleResource()), bus.domain.provider));
  CHECK(put.offset == static_cast<uint64_t>(bus.End() - 1));
  CHECK(put.log_time == TestTime());
  const auto resource = registry->GetResource("civil-affairs.people");
  REQUIRE(resource.ok());
  CHECK((*resource)->schema_version() == 1);
  CHECK(registry->GetResourceWithSchema("civil-affairs.people", 1).ok());
  CHECK(ReasonOfResult(registry->GetResourceWithSchema("civil-affairs.people",
                                                       2)) == "NOT_FOUND");
  CHECK(ReasonOfResult(registry->GetResource("civil-affairs.x")) ==
        "NOT_FOUND");
  CHECK(registry->ListResources("", "", 10).size() == 1);

  CHECK(registry->GetKey(AsView(bus.domain.provider.id())).ok());
  CHECK(ReasonOfResult(registry->GetKey("0123456789abcdef")) == "NOT_FOUND");
  CHECK(registry->ListKeys("grid", "", 10).size() == 3);
  CHECK(registry->GetDepartment("grid").ok());
  CHECK(ReasonOfResult(registry->GetDepartment("tax")) == "NOT_FOUND");
  CHECK(registry->ListDepartments("", 10).size() == 4);
  CHECK(registry->status().applied_offset == put.offset);
}

TEST_CASE("the effective agreement is the approved one, else the newest") {
  TestBus bus;
  const TestDomain& domain = bus.domain;
  const auto registry = bus.OpenWithAll("a");
  const auto send = [&](const v1::Command& command,
                        const crypto::SigningKey& key) {
    TestBus::MustSubmit(*registry, domain.Sign(command, key));
  };
  const auto effective = [&] {
    return (*registry->GetEffectiveAgreement("health-people"))
        ->agreement()
        .version();
  };
  CHECK(ReasonOfResult(registry->GetEffectiveAgreement("health-people")) ==
        "NO_AGREEMENT");
  CHECK(ReasonOfResult(registry->GetAgreement("health-people", 0)) ==
        "NOT_FOUND");
  send(PutCommand(PeopleResource()), domain.provider);
  agreement::v1::Agreement agreement = PeopleAgreement();
  send(RequestCommand(agreement), domain.consumer);
  CHECK(effective() == 1);
  send(ApproveCommand(**registry->GetAgreement("health-people", 1)),
       domain.approver);
  agreement.set_version(2);
  send(RequestCommand(agreement), domain.consumer);
  CHECK(effective() == 1);
  CHECK((*registry->GetAgreement("health-people", 0))->agreement().version() ==
        2);
  CHECK(ReasonOfResult(registry->GetAgreement("health-people", 3)) ==
        "NOT_FOUND");
  send(RevokeCommand("health-people", 1), domain.approver);
  CHECK(effective() == 2);

  const auto listed = registry->ListAgreements(
      "", 0, 10, [](const agreement::v1::AgreementRecord& record) {
        return record.state() == agreement::v1::AGREEMENT_STATE_REVOKED;
      });
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]->agreement().version() == 1);
}

TEST_CASE("a refusal by the rules is a verdict and stands in the log") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  const int64_t end = bus.End();
  const auto refused = registry->Submit(
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.approver));
  REQUIRE(refused.ok());
  CHECK(refused->verdict.reason() == status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  CHECK(bus.End() == end + 1);
  CHECK(registry->status().refused_commands == 1);
}

TEST_CASE("what could never be accepted is not appended") {
  TestBus bus;
  const TestDomain& domain = bus.domain;
  const auto registry = bus.OpenWithAll("a");
  TestBus::MustSubmit(
      *registry,
      domain.Sign(RevokeKeyCommand(domain.adapter.id()), domain.officer));
  const int64_t end = bus.End();
  const auto submit = [&](const v1::SignedCommand& command) {
    return ReasonOfResult(registry->Submit(command));
  };
  const v1::Command command = EnrolDepartmentCommand("tax");
  v1::SignedCommand signed_command;
  CHECK(submit(signed_command) == "MALFORMED");
  signed_command.set_command(std::string(kCommandBytesMax + 1, 'x'));
  CHECK(submit(signed_command) == "TOO_LARGE");
  CHECK(submit(domain.Sign(EnrolDepartmentCommand("Tax"), domain.officer)) ==
        "OUT_OF_BOUNDS");
  CHECK(submit(SignCommand(command, domain.officer)) == "WRONG_TRUST_DOMAIN");
  CHECK(submit(domain.Sign(command, crypto::SigningKey::Generate())) ==
        "UNKNOWN_KEY");
  signed_command = domain.Sign(command, domain.officer);
  signed_command.mutable_signature()->front() ^= 1;
  CHECK(submit(signed_command) == "SIGNATURE_INVALID");
  CHECK(submit(domain.Sign(PutCommand(PeopleResource()), domain.adapter)) ==
        "KEY_REVOKED");
  CHECK(bus.End() == end);
}

TEST_CASE("the same bytes again get the first answer and are not appended") {
  TestBus bus;
  const TestDomain& domain = bus.domain;
  auto registry = bus.OpenWithAll("a");
  const auto command = domain.Sign(
      RotateKeyCommand(domain.provider.id(), crypto::SigningKey::Generate()),
      domain.provider);
  const Submitted first = TestBus::MustSubmit(*registry, command);
  bus.clock.Advance(absl::Hours(1));
  const int64_t end = bus.End();
  // The key that signed is retired by now.
  const Submitted again = TestBus::MustSubmit(*registry, command);
  CHECK(again.offset == first.offset);
  CHECK(again.log_time == first.log_time);
  registry.reset();
  registry = bus.Open("a");
  CHECK(TestBus::MustSubmit(*registry, command).offset == first.offset);
  CHECK(TestBus::MustSubmit(*registry, domain.genesis).offset == 0);
  CHECK(bus.End() == end);
}

TEST_CASE("another command under an accepted id is a duplicate") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  v1::Command command = EnrolDepartmentCommand("tax");
  command.set_id("the-same-id");
  TestBus::MustSubmit(*registry, bus.domain.Sign(command, bus.domain.officer));
  command = EnrolDepartmentCommand("water");
  command.set_id("the-same-id");
  const auto second =
      registry->Submit(bus.domain.Sign(command, bus.domain.officer));
  REQUIRE(second.ok());
  CHECK(second->verdict.reason() == status::v1::REASON_CODE_DUPLICATE_COMMAND);
  CHECK_FALSE(registry->GetDepartment("water").ok());
}

TEST_CASE(
    "a command appended but not yet applied in a crash is applied at start") {
  TestBus bus;
  bus.OpenWithAll("a").reset();
  const auto command =
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer);
  const int64_t offset = bus.Append(command);
  const auto registry = bus.Open("a");
  CHECK(registry->GetDepartment("tax").ok());
  CHECK(TestBus::MustSubmit(*registry, command).offset ==
        static_cast<uint64_t>(offset));
}

TEST_CASE("threads submit at the same time and each gets its own verdict") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<std::vector<Submitted>> results(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        // Every third one is refused.
        const auto& key = i % 3 == 2 ? bus.domain.approver : bus.domain.officer;
        const std::string id =
            "d" + std::to_string(t) + "-" + std::to_string(i);
        const auto submitted =
            registry->Submit(bus.domain.Sign(EnrolDepartmentCommand(id), key));
        if (submitted.ok()) results[t].push_back(*submitted);
        static_cast<void>(registry->GetDepartment(AsView(id)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<uint64_t> offsets;
  for (const auto& of_thread : results) {
    REQUIRE(of_thread.size() == kEach);
    for (int i = 0; i < kEach; ++i) {
      CHECK(of_thread[i].verdict.accepted() == (i % 3 != 2));
      offsets.push_back(of_thread[i].offset);
    }
  }
  std::sort(offsets.begin(), offsets.end());
  CHECK(std::adjacent_find(offsets.begin(), offsets.end()) == offsets.end());
}

TEST_CASE("the same bytes submitted at the same time get one answer") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  for (int round = 0; round < 10; ++round) {
    const auto command =
        bus.domain.Sign(EnrolDepartmentCommand("d" + std::to_string(round)),
                        bus.domain.officer);
    std::vector<Submitted> results(4);
    std::vector<std::thread> threads;
    for (Submitted& result : results) {
      threads.emplace_back([&] {
        auto submitted = registry->Submit(command);
        if (submitted.ok()) result = *submitted;
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Submitted& result : results) {
      CHECK(result.verdict.accepted());
      CHECK(result.offset == results[0].offset);
    }
  }
}

TEST_CASE("listeners hear of accepted commands in order, behind the reads") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  std::vector<std::string> heard;
  const uint64_t id =
      registry->AddListener([&](uint64_t offset, const v1::Command& command) {
        const auto& name = command.enrol_department().department().id();
        if (!registry->GetDepartment(AsView(name)).ok()) return;
        if (registry->status().applied_offset != offset) return;
        heard.push_back(name);
      });
  for (const char* name : {"one", "two", "three"}) {
    TestBus::MustSubmit(*registry, bus.domain.Sign(EnrolDepartmentCommand(name),
                                                   bus.domain.officer));
    CHECK(registry
              ->Submit(bus.domain.Sign(EnrolDepartmentCommand("refused"),
                                       bus.domain.approver))
              .ok());
  }
  registry->RemoveListener(id);
  TestBus::MustSubmit(*registry, bus.domain.Sign(EnrolDepartmentCommand("four"),
                                                 bus.domain.officer));
  CHECK(heard == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("now is the later of the local clock and the log's time") {
  TestBus bus;
  const auto registry = bus.Open("a");
  CHECK(registry->Now() == TestTime());
  bus.clock.Advance(absl::Hours(1));
  CHECK(registry->Now() == TestTime() + absl::Hours(1));
  // A clock alone does not move the log's.
  CHECK(registry->LogTime() == TestTime());
  bus.clock.Set(TestTime() - absl::Hours(1));
  CHECK(registry->Now() == TestTime());
}

TEST_CASE("rules that this program does not know halt it for good") {
  TestBus bus;
  {
    const auto registry = bus.OpenWithAll("a");
    const Submitted set = TestBus::MustSubmit(
        *registry, bus.domain.Sign(SetRulesCommand(2), bus.domain.officer));
    CHECK(ReasonOf(registry->health()) ==
          status::v1::REASON_CODE_RULES_VERSION);
    const auto behind =
        bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer);
    CHECK(ReasonOfResult(registry->Submit(behind)) == "RULES_VERSION");
    const int64_t offset = bus.Append(behind);
    CHECK_FALSE(registry->WaitForOffset(static_cast<uint64_t>(offset),
                                        absl::Seconds(20)));
    CHECK(registry->status().applied_offset == set.offset);
    CHECK(registry->status().rules_version == 2);
  }
  CHECK(ReasonOfResult(Registry::Open(bus.OptionsFor("a"))) == "RULES_VERSION");
  CHECK(ReasonOfResult(Registry::Open(bus.OptionsFor("b"))) == "RULES_VERSION");
}

TEST_CASE("nothing is submitted to a registry that was stopped") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  registry->Stop();
  registry->Stop();
  CHECK(ReasonOfResult(registry->Submit(bus.domain.Sign(
            EnrolDepartmentCommand("tax"), bus.domain.officer))) ==
        "SHUTTING_DOWN");
  CHECK_FALSE(registry->WaitForOffset(1000, absl::Seconds(20)));
  CHECK(registry->GetDepartment("grid").ok());
}

}  // namespace
}  // namespace sluice::registry
