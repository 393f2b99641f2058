// One log, several registries: all must agree, whenever and from whatever they
// start.
#include <catch2/catch.hpp>
#include <string>

#include "libs/base/endian.h"
#include "libs/base/status.h"
#include "libs/registry/command.h"
#include "libs/registry/faulty_log.h"
#include "libs/registry/registry.h"
#include "libs/registry/test_bus.h"
#include "libs/registry/test_domain.h"

namespace sluice::registry {
namespace {

void CheckEqual(const Registry& a, const Registry& b) {
  const RegistryStatus first = a.status();
  const RegistryStatus second = b.status();
  CHECK(first.applied_offset == second.applied_offset);
  CHECK(first.state_digest == second.state_digest);
  CHECK(first.log_time == second.log_time);
  CHECK(first.rules_version == second.rules_version);
  CHECK(first.accepted_commands == second.accepted_commands);
  CHECK(first.refused_commands == second.refused_commands);
  const auto all = [](const agreement::v1::AgreementRecord&) { return true; };
  const auto records = a.ListAgreements("", 0, 1000, all);
  const auto others = b.ListAgreements("", 0, 1000, all);
  REQUIRE(records.size() == others.size());
  for (size_t i = 0; i < records.size(); ++i) {
    CHECK(records[i]->SerializeAsString() == others[i]->SerializeAsString());
  }
  const auto keys = a.ListKeys("", "", 1000);
  const auto other_keys = b.ListKeys("", "", 1000);
  REQUIRE(keys.size() == other_keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    CHECK(keys[i]->info.SerializeAsString() ==
          other_keys[i]->info.SerializeAsString());
  }
  const auto resources = a.ListResources("", "", 1000);
  const auto other_resources = b.ListResources("", "", 1000);
  REQUIRE(resources.size() == other_resources.size());
  for (size_t i = 0; i < resources.size(); ++i) {
    CHECK(resources[i]->SerializeAsString() ==
          other_resources[i]->SerializeAsString());
  }
}

// Requests, approves and revokes `id`, with some refusals in between.
void RunAgreement(TestBus& bus, Registry& registry, const std::string& id) {
  const TestDomain& domain = bus.domain;
  agreement::v1::Agreement agreement = PeopleAgreement();
  agreement.set_id(id);
  const auto request = domain.Sign(RequestCommand(agreement), domain.consumer);
  TestBus::MustSubmit(registry, request);
  CHECK(
      registry.Submit(domain.Sign(RequestCommand(agreement), domain.consumer))
          ->verdict.reason() == status::v1::REASON_CODE_VERSION_CONFLICT);
  const auto record = *registry.GetAgreement(id, 1);
  CHECK(registry.Submit(domain.Sign(ApproveCommand(*record), domain.officer))
            ->verdict.reason() == status::v1::REASON_CODE_ROLE_NOT_ALLOWED);
  TestBus::MustSubmit(registry,
                      domain.Sign(ApproveCommand(*record), domain.approver));
  bus.clock.Advance(absl::Seconds(1));
  agreement.set_version(2);
  TestBus::MustSubmit(registry,
                      domain.Sign(RequestCommand(agreement), domain.consumer));
  TestBus::MustSubmit(registry,
                      domain.Sign(RevokeCommand(id, 1), domain.officer));
  // The same command once more, as a broker does that has not seen the first.
  bus.Append(request);
  bus.Append("nobody's", "garbage");
}

TEST_CASE(
    "registries on one log agree, restarted with or without their state") {
  TestBus bus;
  const auto first = bus.OpenWithAll("first");
  const auto second = bus.Open("second");
  auto restarted = bus.Open("restarted");
  auto rebuilt = bus.Open("rebuilt");
  TestBus::MustSubmit(*first, bus.domain.Sign(PutCommand(PeopleResource()),
                                              bus.domain.provider));
  RunAgreement(bus, *first, "one");
  restarted.reset();
  rebuilt.reset();
  RunAgreement(bus, *second, "two");
  restarted = bus.Open("restarted");
  RunAgreement(bus, *first, "three");
  catalog::v1::Resource people = PeopleResource();
  people.set_version(2);
  people.mutable_fields()->DeleteSubrange(3, 1);
  TestBus::MustSubmit(*restarted,
                      bus.domain.Sign(PutCommand(people), bus.domain.adapter));
  rebuilt = bus.Open("rebuilt-in-another-folder");
  REQUIRE(bus.log->RunRetention().ok());
  const auto late = bus.Open("late");

  const auto last = static_cast<uint64_t>(bus.End() - 1);
  for (Registry* registry : {first.get(), second.get(), restarted.get(),
                             rebuilt.get(), late.get()}) {
    REQUIRE(registry->WaitForOffset(last, absl::Seconds(30)));
    CheckEqual(*first, *registry);
  }
  // Compaction has taken the first two before the last registry came.
  CHECK(first->status().foreign_messages == 3);
  CHECK(late->status().foreign_messages == 1);
}

TEST_CASE("a restart keeps removed fields, counts and old schemas in mind") {
  TestBus bus;
  auto registry = bus.OpenWithAll("a");
  catalog::v1::Resource people = PeopleResource();
  const auto put = [&] {
    return registry
        ->Submit(bus.domain.Sign(PutCommand(people), bus.domain.provider))
        ->verdict;
  };
  REQUIRE(put().accepted());
  const catalog::v1::Field removed = people.fields(3);
  people.set_version(2);
  people.mutable_fields()->DeleteSubrange(3, 1);
  REQUIRE(put().accepted());
  const RegistryStatus before = registry->status();
  registry.reset();
  registry = bus.Open("a");
  CHECK(registry->status().accepted_commands == before.accepted_commands);
  CHECK(registry->status().state_digest == before.state_digest);
  CHECK((*registry->GetResource(people.id()))->version() == 2);
  CHECK((*registry->GetResourceWithSchema(people.id(), 1))->version() == 1);
  people.set_version(3);
  *people.add_fields() = removed;
  CHECK(put().reason() == status::v1::REASON_CODE_SCHEMA_INCOMPATIBLE);
}

TEST_CASE("what is no command changes nothing and is counted") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  const RegistryStatus before = registry->status();
  const auto command =
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer);
  v1::Command parsed;
  REQUIRE(parsed.ParseFromString(command.command()));
  const std::string bytes = command.SerializeAsString();

  bus.Append("", "");
  bus.Append("key", "");
  // Every key once: in a compacted topic a later message takes an earlier one
  // away, perhaps before it is read.
  bus.Append("key2", std::string(100'000, '\xff'));
  bus.Append(parsed.id(), bytes);
  bus.Append("another-id/0123456789abcdef", bytes);
  bus.Append(parsed.id() + "/0123456789ABCDEF", bytes);
  v1::SignedCommand hollow;
  hollow.set_command("\xff\xff\xff");
  bus.Append("/0123456789abcdef", hollow.SerializeAsString());
  const auto last = static_cast<uint64_t>(bus.End() - 1);
  REQUIRE(registry->WaitForOffset(last, absl::Seconds(30)));
  CHECK(registry->status().foreign_messages == 7);
  CHECK(registry->status().state_digest == before.state_digest);
  CHECK(registry->status().refused_commands == before.refused_commands);
  CHECK(registry->health().ok());
  CHECK_FALSE(registry->GetDepartment("tax").ok());
}

TEST_CASE("a forged command in the log is refused like any other") {
  TestBus bus;
  const auto registry = bus.OpenWithAll("a");
  const RegistryStatus before = registry->status();
  v1::SignedCommand forged =
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.provider);
  forged.set_key_id(bus.domain.officer.id());
  bus.Append(forged);
  v1::SignedCommand bare;
  bus.Append("/0123456789abcdef", bare.SerializeAsString() + std::string(2, 0));
  bare.set_command("");
  bare.set_key_id(bus.domain.officer.id());
  const auto last = bus.Append("/0123456789abcdee", bare.SerializeAsString());
  REQUIRE(
      registry->WaitForOffset(static_cast<uint64_t>(last), absl::Seconds(30)));
  CHECK(registry->status().refused_commands == before.refused_commands + 2);
  CHECK(registry->status().foreign_messages == 1);
  CHECK(registry->status().state_digest != before.state_digest);
  CHECK_FALSE(registry->GetDepartment("tax").ok());
}

// docs/formats/registry.md: another program can compute it.
TEST_CASE("the state digest is the chain that the format states") {
  TestBus bus;
  const auto registry = bus.Open("a");
  const auto command =
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.provider);
  bus.Append(command);
  REQUIRE(registry->WaitForOffset(1, absl::Seconds(30)));
  const auto link = [](const crypto::Digest& before, uint64_t offset,
                       const v1::SignedCommand& signed_command, char accepted,
                       uint32_t reason) {
    std::string input(crypto::DigestView(before));
    AppendBig64(offset, &input);
    input += std::string(crypto::DigestView(CommandDigest(signed_command)));
    input.push_back(accepted);
    AppendBig32(reason, &input);
    return crypto::Sha256(absl::string_view(input));
  };
  const crypto::Digest first = link({}, 0, bus.domain.genesis, 1, 0);
  CHECK(registry->status().state_digest ==
        link(first, 1, command, 0, status::v1::REASON_CODE_UNKNOWN_KEY));
}

TEST_CASE("a folder that has applied what the log does not hold is refused") {
  TestBus bus;
  bus.OpenWithAll("a").reset();

  TestBus replaced;
  RegistryOptions options = bus.OptionsFor("a");
  options.log = replaced.log.get();
  CHECK(ReasonOf(Registry::Open(options, &bus.domain.genesis).status()) ==
        status::v1::REASON_CODE_CORRUPT);
  // The log goes on, from the same genesis, to the same length.
  RegistryOptions fresh = options;
  fresh.path = replaced.OptionsFor("fresh").path;
  {
    const auto registry = Registry::Open(fresh, &bus.domain.genesis);
    REQUIRE(registry.ok());
    CHECK(ReasonOf(Registry::Open(options).status()) ==
          status::v1::REASON_CODE_CORRUPT);
    for (const auto& command : bus.domain.Enrolments()) {
      TestBus::MustSubmit(**registry, command);
    }
  }
  CHECK(ReasonOf(Registry::Open(options).status()) ==
        status::v1::REASON_CODE_CORRUPT);
}

// A key per agreement instead of one per command would let compaction keep the
// approval, which was refused, and drop the revocation.
TEST_CASE(
    "a late approval that was refused never brings back what is revoked") {
  TestBus bus;
  const auto live = bus.OpenWithAll("live");
  const TestDomain& domain = bus.domain;
  TestBus::MustSubmit(
      *live, domain.Sign(PutCommand(PeopleResource()), domain.provider));
  TestBus::MustSubmit(
      *live, domain.Sign(RequestCommand(PeopleAgreement()), domain.consumer));
  const auto record = *live->GetAgreement("health-people", 1);
  TestBus::MustSubmit(*live,
                      domain.Sign(ApproveCommand(*record), domain.approver));
  TestBus::MustSubmit(
      *live, domain.Sign(RevokeCommand("health-people", 1), domain.officer));
  const auto late =
      live->Submit(domain.Sign(ApproveCommand(*record), domain.approver));
  REQUIRE(late.ok());
  CHECK(late->verdict.reason() == status::v1::REASON_CODE_WRONG_STATE);

  REQUIRE(bus.log->RunRetention().ok());
  const auto messages = bus.log->Read({kRegistryTopic, 0}, 0, 1'000,
                                      size_t{1} << 24, absl::ZeroDuration());
  REQUIRE(messages.ok());
  const RegistryStatus status = live->status();
  CHECK(messages->size() == status.accepted_commands + status.refused_commands);
  const auto replayed = bus.Open("replayed");
  CheckEqual(*live, *replayed);
  CHECK((*replayed->GetAgreement("health-people", 1))->state() ==
        agreement::v1::AGREEMENT_STATE_REVOKED);
}

// Heartbeats are compacted away: what time they came at must not show in what
// the commands behind them come to.
TEST_CASE("verdicts do not depend on the times of messages that are gone") {
  TestBus bus;
  bus.OpenWithAll("outside").reset();
  FaultyLog log(bus.log.get());
  RegistryOptions options = bus.OptionsFor("live");
  options.log = &log;
  const auto live = Registry::Open(options);
  REQUIRE(live.ok());
  const absl::Time before = bus.clock.Now();
  bus.clock.Advance(absl::Hours(1));
  const int64_t ahead = bus.Append("broker/nobody", "no heartbeat");
  REQUIRE(
      (*live)->WaitForOffset(static_cast<uint64_t>(ahead), absl::Seconds(30)));
  log.SetBackFrom(ahead + 1, absl::Hours(1));
  bus.clock.Set(before);
  // Nobody's view of now falls.
  CHECK((*live)->Now() == before + absl::Hours(1));
  bus.Append("broker/nobody", "nor this");
  const auto submitted = TestBus::MustSubmit(
      **live,
      bus.domain.Sign(EnrolDepartmentCommand("tax"), bus.domain.officer));
  CHECK(submitted.log_time == before);
  options.path = bus.OptionsFor("replayed").path;
  const auto replayed = Registry::Open(options);
  REQUIRE(replayed.ok());
  CHECK((*replayed)->Now() == before);
  CheckEqual(**live, **replayed);
}

}  // namespace
}  // namespace sluice::registry
